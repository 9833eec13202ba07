/* SPDX-License-Identifier: MIT */
#include "ssh/agent_keys.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "auth/key.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/path.h"

#define LIST_MS 5000

static int list(struct agent_keys *agent, int cancel_fd, sshoal_error *error)
{
	struct agent *link = NULL;
	int64_t deadline_ms = sshoal__deadline_in(LIST_MS);
	int rc = sshoal__agent_open(&link, agent->path, deadline_ms, cancel_fd,
				    error);
	if (rc == 0)
		rc = sshoal__agent_keys(link, &agent->keys, &agent->count,
					deadline_ms, cancel_fd, error);
	sshoal__agent_close(link);
	return rc;
}

/* The path of the socket; NULL where there is no agent. Workers must not look
 * at the environment, which may change. */
static int find_path(char **path, const char *where)
{
	if (!where || strcmp(where, "SSH_AUTH_SOCK") == 0)
		where = getenv("SSH_AUTH_SOCK");
	else if (strcasecmp(where, "none") == 0)
		where = NULL;
	else if (*where == '$')
		where = getenv(where + 1);
	*path = NULL;
	return where && *where ? sshoal__path_expand(path, where) : 0;
}

int sshoal__agent_keys_load(struct agent_keys *agent, const char *where,
			    int cancel_fd, sshoal_error *error)
{
	*agent = (struct agent_keys)AGENT_KEYS_INIT;
	int rc = find_path(&agent->path, where);
	if (rc)
		return sshoal__error_code(error, rc);
	if (!agent->path)
		return 0;
	rc = list(agent, cancel_fd, error);
	if (rc) {
		agent->keys = NULL;
		agent->count = 0;
		return rc;
	}
	agent->permits = eventfd(LOGIN_AGENT_MAX,
				 EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	if (agent->permits >= 0)
		return 0;
	sshoal__agent_keys_free(agent->keys, agent->count);
	agent->keys = NULL;
	agent->count = 0;
	return sshoal__error_set(error, SSHOAL_ELOCAL, "no descriptor is left");
}

bool sshoal__agent_keys_has(const struct agent_keys *agent,
			    const sshoal_key *key)
{
	size_t size;
	const unsigned char *blob = sshoal__key_blob(key, &size);
	for (size_t i = 0; i < agent->count; i++)
		if (agent->keys[i].blob_size == size &&
		    memcmp(agent->keys[i].blob, blob, size) == 0)
			return true;
	return false;
}

void sshoal__agent_keys_fini(struct agent_keys *agent)
{
	sshoal__agent_keys_free(agent->keys, agent->count);
	free(agent->path);
	if (agent->permits >= 0)
		(void)close(agent->permits);
	*agent = (struct agent_keys)AGENT_KEYS_INIT;
}
