/* SPDX-License-Identifier: MIT */
#include <sshoal/agent.h>

#include <stdlib.h>
#include <string.h>

#include "auth/agent_client.h"
#include "auth/key.h"
#include "auth/key_object.h"
#include "base/clock.h"
#include "base/error.h"

/* The agent's list twice: as it came, which is what the agent is asked with,
 * and as keys to look at. */

#define BARE_MAX 8192

struct key_list {
	struct agent_key *raw;
	sshoal_key **keys; /* as many, in the same order */
	size_t count;
};

struct sshoal_agent {
	struct agent *client;
	struct key_list list;
};

static void free_list(struct key_list *list)
{
	for (size_t i = 0; list->keys && i < list->count; i++)
		sshoal_key_free(list->keys[i]);
	free(list->keys);
	sshoal__agent_keys_free(list->raw, list->count);
}

/* What cannot be used can still be shown. */
static int make_key(sshoal_key **key, const struct agent_key *raw,
		    sshoal_error *error)
{
	int rc = sshoal_key_load_public_blob(key, raw->blob, raw->blob_size,
					     raw->comment, error);
	if (rc != SSHOAL_EFORMAT && rc != SSHOAL_EUNSUPPORTED)
		return rc;
	sshoal_key *made = NULL;
	rc = sshoal__key_new_other(&made, raw->blob, raw->blob_size, error);
	if (rc)
		return rc;
	if (sshoal__key_set_comment(made, raw->comment, strlen(raw->comment)) !=
	    0) {
		sshoal_key_free(made);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	*key = made;
	return 0;
}

static int make_keys(struct key_list *list, sshoal_error *error)
{
	list->keys = calloc(list->count ? list->count : 1, sizeof *list->keys);
	if (!list->keys)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	for (size_t i = 0; i < list->count; i++) {
		int rc = make_key(&list->keys[i], &list->raw[i], error);
		if (rc)
			return rc;
	}
	return 0;
}

static int read_list(struct key_list *list, struct agent *client,
		     int64_t deadline_ms, sshoal_error *error)
{
	struct key_list made = { .count = 0 };
	int rc = sshoal__agent_keys(client, &made.raw, &made.count, deadline_ms,
				    -1, error);
	if (rc)
		return rc;
	rc = make_keys(&made, error);
	if (rc) {
		free_list(&made);
		return rc;
	}
	*list = made;
	return 0;
}

int sshoal_agent_open(sshoal_agent **agent, const char *path,
		      int64_t timeout_ms, sshoal_error *error)
{
	if (!agent)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct sshoal_agent *made = malloc(sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	*made = (struct sshoal_agent){ .client = NULL };
	int64_t deadline_ms = sshoal__deadline_in(timeout_ms);
	int rc =
		sshoal__agent_open(&made->client, path, deadline_ms, -1, error);
	if (rc == 0)
		rc = read_list(&made->list, made->client, deadline_ms, error);
	if (rc) {
		sshoal_agent_close(made);
		return rc;
	}
	*agent = made;
	return 0;
}

int sshoal_agent_reload(sshoal_agent *agent, int64_t timeout_ms,
			sshoal_error *error)
{
	if (!agent)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct key_list list;
	int rc = read_list(&list, agent->client,
			   sshoal__deadline_in(timeout_ms), error);
	if (rc)
		return rc;
	free_list(&agent->list);
	agent->list = list;
	return 0;
}

size_t sshoal_agent_key_count(const sshoal_agent *agent)
{
	return agent ? agent->list.count : 0;
}

sshoal_key *sshoal_agent_key(const sshoal_agent *agent, size_t index)
{
	if (!agent || index >= agent->list.count)
		return NULL;
	return agent->list.keys[index];
}

/* *algorithm becomes the one to ask for. */
static int choose_algorithm(const char **algorithm, const sshoal_key *key,
			    sshoal_error *error)
{
	if (!*algorithm)
		*algorithm = sshoal__key_algorithm(key);
	if (*algorithm && sshoal__key_has_algorithm(key, *algorithm))
		return 0;
	return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
				 "ssh-agent: signing by %s with a key of type "
				 "%s is not supported",
				 *algorithm ? *algorithm : "default",
				 sshoal_key_type_name(key));
}

int sshoal_agent_sign(sshoal_agent *agent, size_t index, const char *algorithm,
		      const void *data, size_t size_bytes,
		      unsigned char **signature, size_t *signature_bytes,
		      int64_t timeout_ms, sshoal_error *error)
{
	const sshoal_key *key = sshoal_agent_key(agent, index);
	if (!key || !signature || !signature_bytes || (!data && size_bytes > 0))
		return sshoal__error_code(error, SSHOAL_EINVAL);
	int rc = choose_algorithm(&algorithm, key, error);
	if (rc)
		return rc;
	struct buffer bare = BUFFER_INIT(BARE_MAX);
	rc = sshoal__agent_sign(agent->client, &agent->list.raw[index],
				algorithm, data, size_bytes, &bare,
				sshoal__deadline_in(timeout_ms), -1, error);
	if (rc == 0)
		rc = sshoal__signature_blob(signature, signature_bytes,
					    algorithm, &bare, error);
	sshoal__buffer_fini(&bare);
	return rc;
}

void sshoal_agent_close(sshoal_agent *agent)
{
	if (!agent)
		return;
	free_list(&agent->list);
	sshoal__agent_close(agent->client);
	free(agent);
}
