/* SPDX-License-Identifier: MIT */
#include "inventory/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/path.h"

/*
 * The files of a config never change once they are read. What they say of a
 * host is worked out without the lock, since a command may be run for it, and
 * kept: of two threads that work out the same one's result is thrown away.
 */

#define USER_FILE "~/.ssh/config"
#define SYSTEM_FILE "/etc/ssh/ssh_config"

/* How many different questions a config remembers the answers to. */
#define RESULTS_MAX ((size_t)1 << 20)

/* What was worked out, and what was asked. */
struct config_result {
	struct config_values *values;
	sshoal_error *error; /* why there are none; NULL: there are */
	char key[];
};

/* Reads one of the usual files, which need not be there or be readable. */
static int read_usual(struct config_file ***last, struct config_reader *reader,
		      const char *path, bool is_checked)
{
	char *expanded = NULL;
	int rc = sshoal__path_expand(&expanded, path);
	if (rc == SSHOAL_ENOENT)
		return 0;
	if (rc)
		return sshoal__error_code(reader->error, rc);
	bool is_there = access(expanded, R_OK) == 0;
	if (is_there)
		rc = sshoal__config_file_read(*last, reader, expanded,
					      is_checked);
	free(expanded);
	if (rc == 0 && is_there)
		*last = &(**last)->next;
	return rc;
}

static int read_named(struct config_file **files, struct config_reader *reader,
		      const char *path)
{
	char *expanded = NULL;
	int rc = sshoal__path_expand(&expanded, path);
	if (rc == SSHOAL_ENOMEM)
		return sshoal__error_code(reader->error, rc);
	if (rc)
		return sshoal__error_set(reader->error, rc,
					 "%s: you have no home folder", path);
	rc = sshoal__config_file_read(files, reader, expanded, false);
	free(expanded);
	return rc;
}

static int read_path(struct config_file **last, struct config_reader *reader,
		     const char *path)
{
	if (path && *path)
		return read_named(last, reader, path);
	reader->is_user = true;
	int rc = read_usual(&last, reader, USER_FILE, true);
	reader->is_user = false;
	return rc ? rc : read_usual(&last, reader, SYSTEM_FILE, false);
}

/* What is to be read. */
struct request {
	const char *path; /* NULL or "": the usual ones */
	const char *const *words;
	size_t count;
	bool has_file;
};

static int read_all(struct sshoal_config *config, const struct request *request,
		    sshoal_error *error)
{
	struct config_reader reader = {
		.store = &config->store,
		.error = error,
		.is_user = true,
	};
	struct config_file **last = &config->files;
	int rc = 0;
	if (request->count > 0)
		rc = sshoal__config_file_given(&config->given, &reader,
					       request->words, request->count);
	if (rc == 0 && config->given) {
		*last = config->given;
		last = &config->given->next;
	}
	if (rc == 0 && request->has_file)
		rc = read_path(last, &reader, request->path);
	config->is_slow = reader.is_slow;
	if (rc == 0 && reader.unknown && !reader.has_ignore)
		return sshoal__config_line_wrong(
			reader.unknown, error,
			"%s: OpenSSH knows no such option",
			reader.unknown->name);
	return rc;
}

static int load(sshoal_config **config, const struct request *request,
		sshoal_error *error)
{
	struct sshoal_config *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (pthread_mutex_init(&made->lock, NULL) != 0) {
		free(made);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	atomic_init(&made->refs, 1);
	int rc = sshoal__config_self_init(&made->self, error);
	if (rc == 0)
		rc = read_all(made, request, error);
	if (rc) {
		sshoal_config_free(made);
		return rc;
	}
	*config = made;
	return 0;
}

int sshoal_config_load(sshoal_config **config, const char *path,
		       sshoal_error *error)
{
	const struct request request = { .path = path, .has_file = true };
	if (!config)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	return load(config, &request, error);
}

int sshoal_config_load_with(sshoal_config **config, const char *path,
			    const char *const *words, size_t count,
			    sshoal_error *error)
{
	const struct request request = {
		.path = path,
		.words = words,
		.count = count,
		.has_file = !path || strcmp(path, "none") != 0,
	};
	if (!config || (count > 0 && !words))
		return sshoal__error_code(error, SSHOAL_EINVAL);
	for (size_t i = 0; i < count; i++)
		if (!words[i])
			return sshoal__error_code(error, SSHOAL_EINVAL);
	return load(config, &request, error);
}

sshoal_config *sshoal__config_ref(sshoal_config *config)
{
	if (config)
		(void)atomic_fetch_add(&config->refs, 1);
	return config;
}

const char *sshoal__config_given(const sshoal_config *config, enum config_id id)
{
	const struct config_line *line =
		config && config->given ? config->given->lines : NULL;
	for (; line; line = line->next)
		if (line->keyword && line->keyword->id == id && line->count > 0)
			return line->values[0];
	return NULL;
}

static void free_result(struct config_result *result)
{
	if (!result)
		return;
	sshoal__config_values_free(result->values);
	free(result->error);
	free(result);
}

/* A result without values; "\n" stands in no name. */
static struct config_result *new_result(const struct config_query *query)
{
	const char *user = query->user ? query->user : "";
	size_t size = strlen(query->host) + strlen(user) + 32;
	struct config_result *made = calloc(1, sizeof *made + size);
	if (!made)
		return NULL;
	(void)snprintf(made->key, size, "%s\n%u\n%d%d%s", query->host,
		       query->port, query->is_hop, query->user != NULL, user);
	if (sshoal__config_values_new(&made->values) == 0)
		return made;
	free(made);
	return NULL;
}

static struct config_result *find(struct sshoal_config *config, const char *key)
{
	(void)pthread_mutex_lock(&config->lock);
	struct config_result *found = sshoal__map_get(&config->results, key);
	(void)pthread_mutex_unlock(&config->lock);
	return found;
}

/* Adds a result, unless somebody was faster; *kept is the one that counts. */
static int keep(struct sshoal_config *config, struct config_result *made,
		struct config_result **kept)
{
	int rc = 0;
	(void)pthread_mutex_lock(&config->lock);
	struct config_result *found =
		sshoal__map_get(&config->results, made->key);
	if (!found && config->result_count == RESULTS_MAX)
		rc = SSHOAL_ELIMIT;
	else if (!found)
		rc = sshoal__map_put(&config->results, made->key, made);
	if (!found && rc == 0)
		config->result_count++;
	(void)pthread_mutex_unlock(&config->lock);
	if (rc == 0)
		*kept = found ? found : made;
	return rc;
}

/* Whether asking again could give something else. */
static bool is_passing(int code)
{
	return code == SSHOAL_ENOMEM || code == SSHOAL_ECANCELLED;
}

/* Works a result out and keeps it, as a failure too. */
static int work_out(struct config_result **kept, struct config_result *made,
		    struct sshoal_config *config,
		    const struct config_query *query, sshoal_error *error)
{
	sshoal_error why = { .code = 0 };
	int rc = sshoal__config_work_out(made->values, config, query, &why);
	if (is_passing(rc))
		return sshoal__error_set(error, rc, "%s", why.text);
	if (rc) {
		made->error = malloc(sizeof *made->error);
		if (!made->error)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		*made->error = why;
	}
	rc = keep(config, made, kept);
	return rc ? sshoal__error_code(error, rc) : 0;
}

int sshoal__config_values(const struct config_values **values,
			  struct sshoal_config *config,
			  const struct config_query *query, sshoal_error *error)
{
	struct config_result *made = new_result(query);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct config_result *kept = find(config, made->key);
	int rc = 0;
	if (!kept)
		rc = work_out(&kept, made, config, query, error);
	if (kept != made)
		free_result(made);
	if (rc || !kept)
		return rc;
	if (kept->error)
		return sshoal__error_set(error, kept->error->code, "%s",
					 kept->error->text);
	*values = kept->values;
	return 0;
}

/* The descriptor of a member that an older program's struct does not have. */
static int cancel_fd_of(const sshoal_client_options *options)
{
	size_t end = offsetof(sshoal_client_options, cancel) +
		     sizeof options->cancel;
	if (options->size < end || !options->cancel)
		return -1;
	return sshoal_cancel_fd(options->cancel, SSHOAL_CANCEL_END);
}

int sshoal_config_lookup(sshoal_config *config, const char *host,
			 sshoal_client_options *options, sshoal_error *error)
{
	if (!config || !host || !options)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	const struct config_query query = {
		.host = host,
		.user = options->user,
		.port = options->port,
		.cancel_fd = cancel_fd_of(options),
	};
	const struct config_values *values = NULL;
	int rc = sshoal__config_values(&values, config, &query, error);
	return rc ? rc : sshoal__config_fill(options, host, values, error);
}

const char *sshoal_config_get(sshoal_config *config, const char *host,
			      const char *keyword, size_t index)
{
	if (!config || !host || !keyword)
		return NULL;
	const struct config_keyword *found =
		sshoal__config_keyword_find(keyword);
	const struct config_query query = { .host = host, .cancel_fd = -1 };
	const struct config_values *values = NULL;
	if (!found ||
	    sshoal__config_values(&values, config, &query, NULL) != 0 ||
	    !values)
		return NULL;
	if (found->id == CONFIG_HOSTNAME)
		return index == 0 ? values->hostname : NULL;
	const struct config_value *value =
		sshoal__config_values_get(values, found, index);
	return value ? value->text : NULL;
}

void sshoal_config_free(sshoal_config *config)
{
	if (!config || atomic_fetch_sub(&config->refs, 1) != 1)
		return;
	size_t at = 0;
	struct config_result *result = sshoal__map_next(&config->results, &at);
	for (; result; result = sshoal__map_next(&config->results, &at))
		free_result(result);
	sshoal__map_fini(&config->results);
	sshoal__config_self_fini(&config->self);
	sshoal__store_fini(&config->store);
	(void)pthread_mutex_destroy(&config->lock);
	free(config);
}
