/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_AGENT_H
#define SERVERS_AGENT_H

#include "servers/process.h"
#include "servers/scratch.h"

/* An ssh-agent of OpenSSH without keys. */
struct agent_server {
	struct process *process;
	char socket[SCRATCH_PATH_MAX]; /* for $SSH_AUTH_SOCK */
};

/* 0 or -1 with a line on standard error. */
int agent_server_start(struct agent_server *agent,
		       const struct scratch *scratch);

/* Adds a private key without passphrase. 0 or -1. */
int agent_server_add(const struct agent_server *agent, const char *key_path);

void agent_server_stop(struct agent_server *agent);

#endif
