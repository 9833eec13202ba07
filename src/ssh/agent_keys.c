/* SPDX-License-Identifier: MIT */
#include "ssh/agent_keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

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

int sshoal__agent_keys_load(struct agent_keys *agent, int cancel_fd,
			    sshoal_error *error)
{
	*agent = (struct agent_keys)AGENT_KEYS_INIT;
	/* Workers must not look at the environment, which may change. */
	const char *path = getenv("SSH_AUTH_SOCK");
	if (!path)
		return 0;
	agent->path = strdup(path);
	if (!agent->path)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = list(agent, cancel_fd, error);
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

void sshoal__agent_keys_fini(struct agent_keys *agent)
{
	sshoal__agent_keys_free(agent->keys, agent->count);
	free(agent->path);
	if (agent->permits >= 0)
		(void)close(agent->permits);
	*agent = (struct agent_keys)AGENT_KEYS_INIT;
}
