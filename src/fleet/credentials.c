/* SPDX-License-Identifier: MIT */
#include "fleet/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include <sshoal/secret.h>

#include "auth/login_key.h"
#include "auth/secret.h"
#include "base/error.h"
#include "base/user.h"
#include "ssh/login_options.h"

/* Everything is loaded on the calling thread and kept under the name of its
 * file; a failure of what was asked for ends the run before it began. */

/* Values of the maps; each owns its key, which stands in it. */
struct named_keys {
	struct key_list list;
	char name[];
};

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

int sshoal__credentials_init(struct credentials *credentials,
			     const sshoal_client_options *defaults,
			     sshoal_note_cb *note_cb, void *note_data)
{
	*credentials = (struct credentials){
		.note = note_cb,
		.note_data = note_data,
		.cancel_fd = -1,
	};
	if (defaults->passphrase)
		credentials->passphrase = strdup(defaults->passphrase);
	if (defaults->passphrase && !credentials->passphrase)
		return SSHOAL_ENOMEM;
	/* Perhaps nobody needs it. */
	int rc = sshoal__user_name(&credentials->login_name);
	return rc == SSHOAL_ENOENT ? 0 : rc;
}

static void free_keys(struct key_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		sshoal_key_free(list->keys[i]);
	free(list->keys);
	free(list->locked);
}

void sshoal__credentials_fini(struct credentials *credentials)
{
	size_t at = 0;
	struct named_keys *named =
		sshoal__map_next(&credentials->key_lists, &at);
	for (; named; named = sshoal__map_next(&credentials->key_lists, &at)) {
		free_keys(&named->list);
		free(named);
	}
	at = 0;
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
	sshoal__map_fini(&credentials->key_lists);
	sshoal__map_fini(&credentials->secrets);
	sshoal__map_fini(&credentials->trusts);
	sshoal__map_fini(&credentials->agents);
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

/* Which keys a target logs in with: objects given with it, then files: the
 * command line's, else its own, else the defaults'. Or, of certificates, which
 * files. */
struct key_files {
	const struct login_key_plan *plan; /* NULL: they are certificates */
	sshoal_key *const *keys;
	size_t key_count;
	const char *first;
	const char *const *more;
	size_t more_count;
};

static struct key_files key_files_of(const struct roster_entry *entry,
				     const struct plan_options *options)
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
		if (i == 1 && (files.more_count || entry->is_own))
			break;
		if (!lists[i]->key_file && !lists[i]->key_file_count)
			continue;
		files.first = lists[i]->key_file;
		files.more = lists[i]->key_files;
		files.more_count = lists[i]->key_file_count;
		break;
	}
	return files;
}

/* The name of a list of files in the map, with what tells it from others of
 * the same files. */
static char *name_of(const struct key_files *files, const char *apart)
{
	size_t n = 2;
	n += files->first ? strlen(files->first) + 1 : 0;
	n += strlen(apart);
	for (size_t i = 0; i < files->more_count; i++)
		n += strlen(files->more[i]) + 1;
	char *name = malloc(n);
	if (!name)
		return NULL;
	int used = snprintf(name, n, "%s", files->first ? files->first : "");
	for (size_t i = 0; i < files->more_count; i++)
		used += snprintf(name + used, n - (size_t)used, "\n%s",
				 files->more[i]);
	(void)snprintf(name + used, n - (size_t)used, "\n%s", apart);
	return name;
}

static int load_one(struct key_list *list, const struct key_files *files,
		    const char *path, sshoal_error *error)
{
	sshoal_key **key = &list->keys[list->count];
	int rc = files->plan ?
			 sshoal__login_key_load(key, path, files->plan, error) :
			 sshoal__login_key_load_certificate(key, path, error);
	if (rc)
		return rc;
	list->count++;
	if (!files->plan || sshoal_key_is_private(*key) || list->locked)
		return 0;
	list->locked = strdup(path);
	return list->locked ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
}

static int load_list(struct key_list *list, const struct key_files *files,
		     sshoal_error *error)
{
	list->keys = calloc(files->key_count + files->more_count + 1,
			    sizeof(sshoal_key *));
	if (!list->keys)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	for (; list->count < files->key_count; list->count++)
		list->keys[list->count] =
			sshoal_key_ref(files->keys[list->count]);
	int rc = 0;
	if (files->first)
		rc = load_one(list, files, files->first, error);
	for (size_t i = 0; rc == 0 && i < files->more_count; i++)
		rc = load_one(list, files, files->more[i], error);
	return rc;
}

static int load_keys(struct credentials *credentials,
		     const struct key_files *files, const char *apart,
		     const struct key_list **list, sshoal_error *error)
{
	char *name = name_of(files, apart);
	if (!name)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct named_keys *named =
		sshoal__map_get(&credentials->key_lists, name);
	int rc = 0;
	if (!named) {
		named = make_named(sizeof *named, name);
		if (!named) {
			free(name);
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		}
		rc = load_list(&named->list, files, error);
		if (rc == 0) {
			rc = sshoal__map_put(&credentials->key_lists,
					     named->name, named);
			if (rc)
				(void)sshoal__error_code(error, rc);
		}
		if (rc) {
			free_keys(&named->list);
			free(named);
		}
	}
	free(name);
	if (rc == 0)
		*list = &named->list;
	return rc;
}

static void on_trust_warning(const char *text, void *data)
{
	note(data, 0, text);
}

static int load_trust(struct credentials *credentials, const char *path,
		      struct trust **trust, sshoal_error *error)
{
	const char *name = path ? path : "";
	struct trust_file *file = sshoal__map_get(&credentials->trusts, name);
	if (file) {
		*trust = file->trust;
		return 0;
	}
	file = make_named(sizeof *file, name);
	if (!file)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = sshoal__trust_load_usual(&file->trust, path, on_trust_warning,
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
	*trust = file->trust;
	return 0;
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

static const char *user_of(const struct credentials *credentials,
			   const struct sshoal_target *target,
			   const struct plan_options *options)
{
	if (options->overrides->user && !target->user_is_written)
		return options->overrides->user;
	if (target->user)
		return target->user;
	return options->defaults->user ? options->defaults->user :
					 credentials->login_name;
}

static uint16_t port_of(const struct sshoal_target *target,
			const struct plan_options *options)
{
	if (options->overrides->port && !target->port_is_written)
		return (uint16_t)options->overrides->port;
	if (target->port)
		return (uint16_t)target->port;
	return options->defaults->port ? (uint16_t)options->defaults->port : 22;
}

static void on_skipped(void *data, int code, const char *text)
{
	note(data, code == SSHOAL_EPASSPHRASE ? 1 : 0, text);
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
		     const struct plan_options *options, struct plan *plan,
		     sshoal_error *error)
{
	sshoal_client_options ways = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal__login_options_add(&ways, options->overrides);
	sshoal__login_options_add(&ways, entry->is_own ? &entry->ways :
							 options->defaults);
	plan->ways = sshoal__login_ways_of(&ways);
	plan->asks = !ways.batch_mode;
	const struct key_files files = {
		.more = ways.certificate_files,
		.more_count = ways.certificate_file_count,
	};
	int rc = load_keys(credentials, &files, "certificates",
			   &plan->certificates, error);
	if (rc == 0 &&
	    (entry->is_own ? entry->use_agent : options->defaults->use_agent))
		rc = find_agent(credentials, ways.agent_path, &plan->agent,
				error);
	return rc;
}

static int plan_secrets(struct credentials *credentials,
			const struct roster_entry *entry,
			const struct plan_options *options, struct plan *plan,
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
	struct key_files files = key_files_of(entry, options);
	files.plan = &how;
	return load_keys(credentials, &files, apart, &plan->keys, error);
}

int sshoal__credentials_plan(struct credentials *credentials,
			     const struct roster_entry *entry,
			     const struct plan_options *options,
			     struct plan *plan, sshoal_error *error)
{
	const struct sshoal_target *target = entry->target;
	const sshoal_client_options *over = options->overrides;
	const sshoal_client_options *weak = options->defaults;
	const uint32_t policies[] = { over->host_key_policy,
				      target->host_key_policy,
				      weak->host_key_policy,
				      SSHOAL_HOST_KEY_STRICT };
	size_t policy = 0;
	while (policies[policy] == SSHOAL_HOST_KEY_DEFAULT)
		policy++;
	*plan = (struct plan){
		.host = target->host,
		.user = user_of(credentials, target, options),
		.port = port_of(target, options),
		.policy = policies[policy],
		.connect_timeout_ms = limit_of(over->connect_timeout_ms,
					       target->connect_timeout_ms,
					       weak->connect_timeout_ms, 10000),
		.login_timeout_ms = limit_of(over->login_timeout_ms,
					     target->login_timeout_ms,
					     weak->login_timeout_ms, 60000),
		.timeout_ms = limit_of(options->timeout_ms, target->timeout_ms,
				       0, -1),
	};
	if (!plan->user)
		return sshoal__error_set(error, SSHOAL_ENOENT,
					 "%s: no user to log in as, and who "
					 "runs this has no name either",
					 target->name);
	plan->use_default_keys = entry->is_own ? entry->use_default_keys :
						 weak->use_default_keys;
	const char *known_hosts =
		over->known_hosts_file   ? over->known_hosts_file :
		target->known_hosts_file ? target->known_hosts_file :
					   weak->known_hosts_file;
	int rc = load_trust(credentials, known_hosts, &plan->trust, error);
	if (rc == 0)
		rc = plan_ways(credentials, entry, options, plan, error);
	return rc ? rc : plan_secrets(credentials, entry, options, plan, error);
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
