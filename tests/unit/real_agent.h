/* SPDX-License-Identifier: MIT */
#ifndef UNIT_REAL_AGENT_H
#define UNIT_REAL_AGENT_H

#include <sys/types.h>

#include "unit/scratch.h"

/* An ssh-agent of OpenSSH. */
struct real_agent {
	pid_t pid;
	char path[SCRATCH_PATH]; /* its socket */
};

/* Starts one whose socket is NAME in the scratch folder; it listens. */
struct real_agent real_agent_start(void *const *state, const char *name);
void real_agent_stop(const struct real_agent *real);

/* Runs ssh-add WHAT for it. */
void real_agent_add(const struct real_agent *real, const char *what);

#endif
