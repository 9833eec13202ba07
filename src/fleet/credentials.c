/* SPDX-License-Identifier: MIT */
#include "fleet/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include <sshoal/secret.h>

#include "auth/secret.h"
#include "base/error.h"
#include "base/user.h"
#include "fleet/key_lists.h"
#include "ssh/login_options.h"

/* Everything is loaded on the calling thread and kept under the name of its
 * file; a failure of what was asked for ends the run before it began. */

/* Values of the maps; each owns its key, which stands in it. */
struct named_agent {
	struct agent_keys agent;
	const char *where; /* NULL: the usual one */
	char name[];
};

struct secret {
	char *value;
	char name[];
};

struct trust_file {
	struct trust *trust;
	char name[];
};

/* size bytes of zeros with a copy of a name behind them, NULL without memory.
 */
static void *make_named(size_t size, const char *name)
{
	size_t n = strlen(name) + 1;
	char *made = calloc(1, size + n);
	if (made)
		memcpy(made + size, name, n);
	return made;
}

static void note(const struct credentials *credentials, int level,
		 const char *text)
{
	if (credentials->note)
		(void)credentials->note(NULL, level, text,
					credentials->note_data);
}

static void on_skipped(void *data, int code, const char *text)
{
	note(data, code == SSHOAL_EPASSPHRASE ? 1 : 0, text);
}

static void on_profile_note(void *data, int level, const char *text)
{
	note(data, level, text);
}

int sshoal__credentials_init(struct credentials *credentials,
			     const sshoal_client_options *defaults,
			     sshoal_note_cb *note_cb, void *note_data)
{
	*credentials = (struct credentials){
		.note = note_cb,
		.note_data = note_data,
		.cancel_fd = -1,
		.book = { .note = on_profile_note, .data = credentials },
	};
	if (defaults->passphrase)
		credentials->passphrase = strdup(defaults->passphrase);
	if (defaults->passphrase && !credentials->passphrase)
		return SSHOAL_ENOMEM;
	/* Perhaps nobody needs it. */
	int rc = sshoal__user_name(&credentials->login_name);
	return rc == SSHOAL_ENOENT ? 0 : rc;
}

void sshoal__credentials_fini(struct credentials *credentials)
{
	size_t at = 0;
	struct named_agent *agent = sshoal__map_next(&credentials->agents, &at);
	for (; agent; agent = sshoal__map_next(&credentials->agents, &at)) {
		sshoal__agent_keys_fini(&agent->agent);
		free(agent);
	}
	at = 0;
	struct secret *secret = sshoal__map_next(&credentials->secrets, &at);
	for (; secret; secret = sshoal__map_next(&credentials->secrets, &at)) {
		sshoal_secret_free(secret->value);
		free(secret);
	}
	at = 0;
	struct trust_file *file = sshoal__map_next(&credentials->trusts, &at);
	for (; file; file = sshoal__map_next(&credentials->trusts, &at)) {
		sshoal__trust_free(file->trust);
		free(file);
	}
	sshoal__key_lists_fini(&credentials->key_lists);
	sshoal__map_fini(&credentials->secrets);
	sshoal__map_fini(&credentials->trusts);
	sshoal__map_fini(&credentials->agents);
	sshoal__profile_book_fini(&credentials->book);
	sshoal__default_keys_fini(&credentials->default_keys);
	sshoal_secret_free(credentials->passphrase);
	free(credentials->login_name);
}

static int load_secret(struct credentials *credentials, const char *path,
		       const char **value, sshoal_error *error)
{
	struct secret *secret = sshoal__map_get(&credentials->secrets, path);
	if (secret) {
		*value = secret->value;
		return 0;
	}
	secret = make_named(sizeof *secret, path);
	if (!secret)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = sshoal__secret_load(&secret->value, path,
				     credentials->cancel_fd, error);
	if (rc == 0) {
		rc = sshoal__map_put(&credentials->secrets, secret->name,
				     secret);
		if (rc)
			(void)sshoal__error_code(error, rc);
	}
	if (rc) {
		sshoal_secret_free(secret->value);
		free(secret);
		return rc;
	}
	*value = secret->value;
	return 0;
}

static struct key_files config_files(const struct key_files *given,
				     const struct config_values *values)
{
	struct key_files files = *given;
	files.first = NULL;
	files.more = values->key_files;
	files.more_count = values->key_file_count;
	files.are_optional = true;
	return files;
}

static struct key_files key_files_of(const struct roster_entry *entry,
				     const struct plan_options *options,
				     const struct config_values *values)
{
	struct key_files files = {
		.keys = entry->keys,
		.key_count = entry->key_count,
		.more = (const char *const *)entry->target->key_files,
		.more_count = entry->target->key_file_count,
	};
	const sshoal_client_options *lists[] = { options->overrides,
						 options->defaults };
	for (size_t i = 0; i < 2; i++) {
		if (i == 1 && values &&
		    sshoal__plan_given(options, CONFIG_IDENTITY_FILE))
			return config_files(&files, values);
		if (i == 1 && (files.more_count || entry->is_own))
			break;
		if (!lists[i]->key_file && !lists[i]->key_file_count)
			continue;
		files.first = lists[i]->key_file;
		files.more = lists[i]->key_files;
		files.more_count = lists[i]->key_file_count;
		return files;
	}
	bool has_any = files.more_count > 0 || files.key_count > 0;
	return has_any || !values ? files : config_files(&files, values);
}

static void on_trust_warning(const char *text, void *data)
{
	note(data, 0, text);
}

/* Which files a target's key is looked up in. */
struct trust_files {
	const char *const *list; /* NULL: the usual ones */
	size_t count;
	bool hashes_names;
};

/* The name of a list of files in the map. */
static char *name_trust(const struct trust_files *files)
{
	size_t size = 3;
	for (size_t i = 0; i < files->count; i++)
		size += strlen(files->list[i]) + 1;
	char *name = malloc(size);
	if (!name)
		return NULL;
	char *end = stpcpy(name, files->hashes_names ? "#" : "");
	for (size_t i = 0; i < files->count; i++)
		end = stpcpy(stpcpy(end, files->list[i]), "\n");
	return name;
}

static int read_trust(struct credentials *credentials, const char *name,
		      const struct trust_files *files, struct trust **trust,
		      sshoal_error *error)
{
	size_t count = files->count;
	const char *const *list =
		files->list ? files->list : sshoal__trust_usual_files(&count);
	struct trust_file *file = make_named(sizeof *file, name);
	if (!file)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = sshoal__trust_load(&file->trust, list, count, on_trust_warning,
				    credentials, error);
	if (rc == 0) {
		rc = sshoal__map_put(&credentials->trusts, file->name, file);
		if (rc)
			(void)sshoal__error_code(error, rc);
	}
	if (rc) {
		sshoal__trust_free(file->trust);
		free(file);
		return rc;
	}
	sshoal__trust_set_cancel(file->trust, credentials->cancel_fd);
	if (files->hashes_names)
		sshoal__trust_set_hashing(file->trust);
	*trust = file->trust;
	return 0;
}

static int load_trust(struct credentials *credentials,
		      const struct trust_files *files, struct trust **trust,
		      sshoal_error *error)
{
	char *name = name_trust(files);
	if (!name)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	const struct trust_file *file =
		sshoal__map_get(&credentials->trusts, name);
	int rc = 0;
	if (file)
		*trust = file->trust;
	else
		rc = read_trust(credentials, name, files, trust, error);
	free(name);
	return rc;
}

/* The first limit that is set, -1 for none. */
static int64_t limit_of(int64_t stronger, int64_t own, int64_t weaker,
			int64_t built_in)
{
	int64_t limits[] = { stronger, own, weaker, built_in };
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i] != 0)
			return limits[i] < 0 ? -1 : limits[i];
	return -1;
}

/* The agent at a place, whose keys are listed later. */
static int find_agent(struct credentials *credentials, const char *where,
		      const struct agent_keys **agent, sshoal_error *error)
{
	const char *name = where ? where : "";
	struct named_agent *named = sshoal__map_get(&credentials->agents, name);
	if (!named) {
		named = make_named(sizeof *named, name);
		if (!named)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		named->agent = (struct agent_keys)AGENT_KEYS_INIT;
		named->where = where ? named->name : NULL;
		if (sshoal__map_put(&credentials->agents, named->name, named)) {
			free(named);
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		}
	}
	*agent = &named->agent;
	return 0;
}

/* In which ways a target is logged in to, and what certificates there are. */
static int plan_ways(struct credentials *credentials,
		     const struct roster_entry *entry,
		     const struct plan_options *options,
		     const struct config_values *values, struct plan *plan,
		     sshoal_error *error)
{
	sshoal_client_options ways = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal__login_options_add(&ways, options->overrides);
	if (entry->is_own)
		sshoal__login_options_add(&ways, &entry->ways);
	bool has_files = ways.certificate_file_count > 0;
	if (values)
		sshoal__config_fill_login(&ways, values);
	bool are_optional = !has_files && ways.certificate_file_count > 0;
	if (!entry->is_own)
		sshoal__login_options_add(&ways, options->defaults);
	plan->ways = sshoal__login_ways_of(&ways);
	plan->asks = !ways.batch_mode;
	const struct key_files files = {
		.more = ways.certificate_files,
		.more_count = ways.certificate_file_count,
		.skipped = on_skipped,
		.data = credentials,
		.are_optional = are_optional,
	};
	int rc = sshoal__key_lists_load(&credentials->key_lists, &files,
					"certificates", &plan->certificates,
					error);
	if (rc == 0 &&
	    (entry->is_own ? entry->use_agent : options->defaults->use_agent))
		rc = find_agent(credentials, ways.agent_path, &plan->agent,
				error);
	return rc;
}

/* What sudo is told on the host. */
static int plan_sudo(struct credentials *credentials,
		     const struct sshoal_target *target,
		     const struct plan_options *options, struct plan *plan,
		     sshoal_error *error)
{
	if (!options->wants_sudo || options->is_hop)
		return 0;
	plan->sudo_password = options->sudo_password;
	if (!target->sudo_password_file)
		return 0;
	return load_secret(credentials, target->sudo_password_file,
			   &plan->sudo_password, error);
}

static int plan_secrets(struct credentials *credentials,
			const struct roster_entry *entry,
			const struct plan_options *options,
			const struct config_values *values, struct plan *plan,
			sshoal_error *error)
{
	const struct sshoal_target *target = entry->target;
	plan->password = target->password ? target->password :
			 entry->is_own    ? NULL :
					    options->defaults->password;
	if (!target->password && target->password_file) {
		int rc = load_secret(credentials, target->password_file,
				     &plan->password, error);
		if (rc)
			return rc;
	}
	const char *passphrase =
		entry->is_own ? entry->passphrase : credentials->passphrase;
	if (target->passphrase_file) {
		int rc = load_secret(credentials, target->passphrase_file,
				     &passphrase, error);
		if (rc)
			return rc;
	}
	/* One list for all that have the same files and the same secret. */
	char apart[TRUST_FINGERPRINT_SIZE + 24] = "keys";
	if (passphrase)
		(void)sshoal__trust_fingerprint(
			apart, (const unsigned char *)passphrase,
			strlen(passphrase));
	else if (plan->agent)
		(void)snprintf(apart, sizeof apart, "agent");
	if (entry->key_count)
		(void)snprintf(apart, sizeof apart, "#%zu", target->index);
	const struct login_key_plan how = {
		.passphrase = passphrase,
		.has_agent = plan->agent != NULL,
		.skipped = on_skipped,
		.data = credentials,
	};
	struct key_files files = key_files_of(entry, options, values);
	files.plan = &how;
	files.skipped = on_skipped;
	files.data = credentials;
	/* A list from which something may be missing is one of its own. */
	if (files.are_optional)
		(void)strncat(apart, "?", sizeof apart - strlen(apart) - 1);
	/* Where an ssh_config names any, ssh tries those alone. */
	if (values && sshoal__config_values_first(values, CONFIG_IDENTITY_FILE))
		plan->use_default_keys = false;
	return sshoal__key_lists_load(&credentials->key_lists, &files, apart,
				      &plan->keys, error);
}

/* What ssh_config says of a keyword, where its command line does so or not. */
static const char *config_word(const struct plan_options *options,
			       const struct config_values *values,
			       enum config_id id, bool is_given)
{
	if (!values || (sshoal__plan_given(options, id) != NULL) != is_given)
		return NULL;
	return sshoal__config_values_first(values, id);
}

static uint32_t policy_of(const char *word)
{
	if (!word)
		return SSHOAL_HOST_KEY_DEFAULT;
	return strcmp(word, "yes") == 0 || strcmp(word, "ask") == 0 ?
		       SSHOAL_HOST_KEY_STRICT :
		       SSHOAL_HOST_KEY_ACCEPT_NEW;
}

/* "no" in an ssh_config takes keys that are new, and only those. */
static void warn_of(struct credentials *credentials, const char *word)
{
	if (!word || credentials->has_warned ||
	    (strcmp(word, "no") != 0 && strcmp(word, "off") != 0))
		return;
	credentials->has_warned = true;
	note(credentials, 0,
	     "StrictHostKeyChecking no: keys of unknown hosts are accepted and "
	     "added to the known hosts; changed keys are refused all the same");
}

static void plan_policy(struct credentials *credentials, struct plan *plan,
			const struct sshoal_target *target,
			const struct plan_options *options,
			const struct config_values *values)
{
	const enum config_id id = CONFIG_STRICT_HOST_KEY_CHECKING;
	const char *given = config_word(options, values, id, true);
	const char *word = config_word(options, values, id, false);
	const uint32_t policies[] = { options->overrides->host_key_policy,
				      policy_of(given),
				      target->host_key_policy,
				      options->defaults->host_key_policy,
				      policy_of(word),
				      SSHOAL_HOST_KEY_STRICT };
	size_t at = 0;
	while (policies[at] == SSHOAL_HOST_KEY_DEFAULT)
		at++;
	plan->policy = policies[at];
	if (at == 1 || at == 4)
		warn_of(credentials, at == 1 ? given : word);
}

/* Seconds of ssh_config in milliseconds: 0 where it says nothing, -1: none. */
static int64_t limit_ms_of(const char *seconds)
{
	int64_t ms = seconds ? strtoll(seconds, NULL, 10) * 1000 : 0;
	return seconds && ms == 0 ? -1 : ms;
}

static void plan_limits(struct plan *plan, const struct sshoal_target *target,
			const struct plan_options *options,
			const struct config_values *values)
{
	const sshoal_client_options *over = options->overrides;
	const sshoal_client_options *weak = options->defaults;
	const enum config_id id = CONFIG_CONNECT_TIMEOUT;
	int64_t given_ms = limit_ms_of(config_word(options, values, id, true));
	int64_t config_ms =
		limit_ms_of(config_word(options, values, id, false));
	plan->connect_timeout_ms = limit_of(
		over->connect_timeout_ms ? over->connect_timeout_ms : given_ms,
		target->connect_timeout_ms,
		weak->connect_timeout_ms ? weak->connect_timeout_ms : config_ms,
		10000);
	plan->login_timeout_ms =
		limit_of(over->login_timeout_ms, target->login_timeout_ms,
			 weak->login_timeout_ms, 60000);
	plan->timeout_ms =
		limit_of(options->timeout_ms, target->timeout_ms, 0, -1);
}

static int plan_trust(struct credentials *credentials, struct plan *plan,
		      const struct sshoal_target *target,
		      const struct plan_options *options, sshoal_error *error)
{
	const struct profile *profile = &plan->profile;
	const char *file = sshoal__plan_known_hosts_file(target, options);
	const struct trust_files files = {
		.list = file ? &file : profile->known_hosts,
		.count = file ? 1 : profile->known_hosts_count,
		.hashes_names = profile->hashes_names,
	};
	return load_trust(credentials, &files, &plan->trust, error);
}

int sshoal__credentials_plan(struct credentials *credentials,
			     const struct roster_entry *entry,
			     const struct plan_options *options,
			     struct plan *plan, sshoal_error *error)
{
	const struct sshoal_target *target = entry->target;
	const sshoal_client_options *weak = options->defaults;
	const struct config_values *values;
	*plan = (struct plan){ .code = 0 };
	int rc = sshoal__plan_configure(plan, &values, &credentials->book,
					entry, options, error);
	if (rc || plan->code)
		return rc;
	if (!plan->user)
		plan->user = credentials->login_name;
	if (!plan->user && !options->without_login)
		return sshoal__error_set(error, SSHOAL_ENOENT,
					 "%s: no user to log in as, and who "
					 "runs this has no name either",
					 target->name);
	plan_policy(credentials, plan, target, options, values);
	plan_limits(plan, target, options, values);
	if (options->without_login)
		return 0;
	plan->use_default_keys = entry->is_own ? entry->use_default_keys :
						 weak->use_default_keys;
	rc = plan_trust(credentials, plan, target, options, error);
	if (rc == 0)
		rc = plan_ways(credentials, entry, options, values, plan,
			       error);
	if (rc == 0)
		rc = plan_sudo(credentials, entry->target, options, plan,
			       error);
	return rc ? rc :
		    plan_secrets(credentials, entry, options, values, plan,
				 error);
}

static void load_agent(struct credentials *credentials,
		       struct named_agent *named)
{
	sshoal_error error;
	int rc = sshoal__agent_keys_load(&named->agent, named->where,
					 credentials->cancel_fd, &error);
	if (rc == 0)
		return;
	(void)sshoal__error_prefix(&error, "ssh-agent not used");
	/* That there is none is usual; one that fails is not. */
	bool is_usual = rc == SSHOAL_ENOENT || rc == SSHOAL_ECANCELLED;
	note(credentials, is_usual ? 1 : 0, error.text);
}

void sshoal__credentials_load_agents(struct credentials *credentials)
{
	size_t at = 0;
	struct named_agent *named = sshoal__map_next(&credentials->agents, &at);
	for (; named; named = sshoal__map_next(&credentials->agents, &at))
		load_agent(credentials, named);
}

void sshoal__credentials_load_default_keys(struct credentials *credentials)
{
	const struct login_key_plan plan = {
		.passphrase = credentials->passphrase,
		.has_agent = credentials->agents.count > 0,
		.skipped = on_skipped,
		.data = credentials,
	};
	sshoal__default_keys_load(&credentials->default_keys, &plan);
}

int sshoal__credentials_check(const struct plan *plan, sshoal_error *error)
{
	const struct key_list *list = plan->keys;
	/* One that is not to be logged in to has none. */
	if (!list)
		return 0;
	for (size_t i = 0; list->locked && i < list->count; i++)
		if (!sshoal_key_is_private(list->keys[i]) &&
		    !sshoal__agent_keys_has(plan->agent, list->keys[i]))
			return sshoal__error_set(
				error, SSHOAL_EPASSPHRASE,
				"%s: it needs a passphrase "
				"(--ask-passphrase), and the ssh-agent does "
				"not have it",
				list->locked);
	return 0;
}

struct login sshoal__credentials_login(const struct credentials *credentials,
				       const struct plan *plan)
{
	const struct default_keys *keys = &credentials->default_keys;
	const struct key_list *certificates = plan->certificates;
	return (struct login){
		.user = plan->user,
		.password = plan->password,
		.keys = plan->keys ? plan->keys->keys : NULL,
		.key_count = plan->keys ? plan->keys->count : 0,
		.agent = plan->agent,
		.default_keys = keys->list,
		.default_key_count = plan->use_default_keys ? keys->count : 0,
		.certificates = certificates ? certificates->keys : NULL,
		.certificate_count = certificates ? certificates->count : 0,
		.ways = plan->ways,
	};
}
