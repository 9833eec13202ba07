/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_AGENT_KEYS_H
#define SSHOAL_SSH_AGENT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>
#include <sshoal/key.h>

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
 * Lists the keys of an agent, if there is one. where: its socket, or as
 * ssh_config's IdentityAgent has it "none", "SSH_AUTH_SOCK" or "$VARIABLE";
 * NULL: $SSH_AUTH_SOCK. On failure there are none. 0, or the codes of
 * sshoal__agent_open() and _keys().
 */
int sshoal__agent_keys_load(struct agent_keys *agent, const char *where,
			    int cancel_fd, sshoal_error *error);

/* Whether it can sign with a key. */
bool sshoal__agent_keys_has(const struct agent_keys *agent,
			    const sshoal_key *key);

void sshoal__agent_keys_fini(struct agent_keys *agent);

#endif
