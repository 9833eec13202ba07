/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_AGENT_KEYS_H
#define SSHOAL_SSH_AGENT_KEYS_H

#include <stddef.h>

#include <sshoal/error.h>

#include "auth/agent_client.h"

/* How many logins ask the agent at a time. */
#define LOGIN_AGENT_MAX 8

/* Keys that an ssh-agent signs with. Read-only but for the permits. */
struct agent_keys {
	char *path;             /* of its socket */
	struct agent_key *keys; /* NULL: there is no agent */
	size_t count;
	int permits; /* an eventfd semaphore of LOGIN_AGENT_MAX */
};

#define AGENT_KEYS_INIT \
	{ \
		.permits = -1 \
	}

/*
 * Lists the keys of $SSH_AUTH_SOCK's agent, if there is one. On failure there
 * are none. 0, or the codes of sshoal__agent_open() and _keys().
 */
int sshoal__agent_keys_load(struct agent_keys *agent, int cancel_fd,
			    sshoal_error *error);

void sshoal__agent_keys_fini(struct agent_keys *agent);

#endif
