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

/* Everything is loaded on the calling thread and kept under the name of its
 * file; a failure of what was asked for ends the run before it began. */

/* Values of the maps; each owns its key, which stands in it. */
struct named_keys {
	struct key_list list;
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
		.agent = AGENT_KEYS_INIT,
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

static void free_keys(sshoal_key **keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sshoal_key_free(keys[i]);
}

void sshoal__credentials_fini(struct credentials *credentials)
{
	size_t at = 0;
	struct named_keys *named =
		sshoal__map_next(&credentials->key_lists, &at);
	for (; named; named = sshoal__map_next(&credentials->key_lists, &at)) {
		free_keys(named->list.keys, named->list.count);
		free(named->list.keys);
		free(named);
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
	sshoal__profile_book_fini(&credentials->book);
	sshoal__default_keys_fini(&credentials->default_keys);
	sshoal__agent_keys_fini(&credentials->agent);
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
 * command line's, else its own, else the defaults', else ssh_config's. */
struct key_files {
	sshoal_key *const *keys;
	size_t key_count;
	const char *first;
	const char *const *more;
	size_t more_count;
	bool are_optional; /* what does not load is passed over, as by ssh */
};

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

/* Loads one file of a list, or passes over it. */
static int load_file(struct credentials *credentials, struct key_list *list,
		     const struct key_files *files, const char *path,
		     const char *passphrase, sshoal_error *error)
{
	sshoal_error why = { .code = 0 };
	int rc = sshoal_key_load_file(&list->keys[list->count], path,
				      passphrase, &why);
	if (rc == 0)
		list->count++;
	if (rc == 0 || rc == SSHOAL_ENOMEM || !files->are_optional)
		return rc ? sshoal__error_set(error, rc, "%s", why.text) : 0;
	on_skipped(credentials, rc, why.text);
	return 0;
}

static int load_list(struct credentials *credentials, struct key_list *list,
		     const struct key_files *files, const char *passphrase,
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
		rc = load_file(credentials, list, files, files->first,
			       passphrase, error);
	for (size_t i = 0; rc == 0 && i < files->more_count; i++)
		rc = load_file(credentials, list, files, files->more[i],
			       passphrase, error);
	return rc;
}

static int load_keys(struct credentials *credentials,
		     const struct key_files *files, const char *passphrase,
		     const char *apart, const struct key_list **list,
		     sshoal_error *error)
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
		rc = load_list(credentials, &named->list, files, passphrase,
			       error);
		if (rc == 0) {
			rc = sshoal__map_put(&credentials->key_lists,
					     named->name, named);
			if (rc)
				(void)sshoal__error_code(error, rc);
		}
		if (rc) {
			free_keys(named->list.keys, named->list.count);
			free(named->list.keys);
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
	char apart[TRUST_FINGERPRINT_SIZE + 24] = "";
	if (passphrase)
		(void)sshoal__trust_fingerprint(
			apart, (const unsigned char *)passphrase,
			strlen(passphrase));
	if (entry->key_count)
		(void)snprintf(apart, sizeof apart, "#%zu", target->index);
	struct key_files files = key_files_of(entry, options, values);
	/* Where an ssh_config names any, ssh tries those alone. */
	if (values && sshoal__config_values_first(values, CONFIG_IDENTITY_FILE))
		plan->use_default_keys = false;
	return load_keys(credentials, &files, passphrase, apart, &plan->keys,
			 error);
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
	if (entry->is_own ? entry->use_agent : weak->use_agent)
		plan->agent = &credentials->agent;
	plan->use_default_keys = entry->is_own ? entry->use_default_keys :
						 weak->use_default_keys;
	rc = plan_trust(credentials, plan, target, options, error);
	return rc ? rc :
		    plan_secrets(credentials, entry, options, values, plan,
				 error);
}

void sshoal__credentials_load_agent(struct credentials *credentials)
{
	sshoal_error error;
	int rc = sshoal__agent_keys_load(&credentials->agent,
					 credentials->cancel_fd, &error);
	if (rc == 0)
		return;
	(void)sshoal__error_prefix(&error, "ssh-agent not used");
	/* That there is none is usual; one that fails is not. */
	bool is_usual = rc == SSHOAL_ENOENT || rc == SSHOAL_ECANCELLED;
	note(credentials, is_usual ? 1 : 0, error.text);
}

void sshoal__credentials_load_default_keys(struct credentials *credentials)
{
	sshoal__default_keys_load(&credentials->default_keys,
				  credentials->passphrase, on_skipped,
				  credentials);
}
