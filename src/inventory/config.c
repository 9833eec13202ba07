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

static int read_files(struct sshoal_config *config, const char *path,
		      sshoal_error *error)
{
	struct config_reader reader = {
		.store = &config->store,
		.error = error,
		.is_user = true,
	};
	struct config_file **last = &config->files;
	int rc = 0;
	if (path && *path) {
		rc = read_named(last, &reader, path);
	} else {
		rc = read_usual(&last, &reader, USER_FILE, true);
		reader.is_user = false;
		if (rc == 0)
			rc = read_usual(&last, &reader, SYSTEM_FILE, false);
	}
	if (rc == 0 && reader.unknown && !reader.has_ignore)
		return sshoal__config_line_wrong(
			reader.unknown, error,
			"%s: OpenSSH knows no such option",
			reader.unknown->name);
	return rc;
}

int sshoal_config_load(sshoal_config **config, const char *path,
		       sshoal_error *error)
{
	if (!config)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct sshoal_config *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (pthread_mutex_init(&made->lock, NULL) != 0) {
		free(made);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	int rc = sshoal__config_self_init(&made->self, error);
	if (rc == 0)
		rc = read_files(made, path, error);
	if (rc) {
		sshoal_config_free(made);
		return rc;
	}
	*config = made;
	return 0;
}

static void free_result(struct config_result *result)
{
	if (!result)
		return;
	sshoal__config_values_free(result->values);
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
	(void)snprintf(made->key, size, "%s\n%u\n%d%s", query->host,
		       query->port, query->user != NULL, user);
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

int sshoal__config_values(const struct config_values **values,
			  struct sshoal_config *config,
			  const struct config_query *query, sshoal_error *error)
{
	struct config_result *made = new_result(query);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct config_result *kept = find(config, made->key);
	int rc = 0;
	if (!kept) {
		rc = sshoal__config_work_out(made->values, config, query,
					     error);
		if (rc == 0) {
			rc = keep(config, made, &kept);
			if (rc)
				(void)sshoal__error_code(error, rc);
		}
	}
	if (kept != made)
		free_result(made);
	if (rc == 0)
		*values = kept->values;
	return rc;
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
	const struct config_query query = { .host = host };
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
	if (!config)
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
