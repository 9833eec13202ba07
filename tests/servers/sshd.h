/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_SSHD_H
#define SERVERS_SSHD_H

#include <stddef.h>
#include <stdint.h>

#include "servers/process.h"
#include "servers/scratch.h"

/* How OpenSSH's server is set up. Its algorithms are never touched: those
 * Debian ships are what must work. */
struct sshd_plan {
	const char *host_keys[4];    /* files, at least one */
	const char *authorized_keys; /* a file, or NULL */
	const char *log_level;       /* NULL: VERBOSE */
	const char *more;            /* further lines, each with its newline,
					stronger than ours; or NULL */
	unsigned max_startups;       /* 0: 1000 */
};

/* A server that runs as the current user and answers on every address of
 * 127.0.0.0/8, and from nowhere else. Everybody's home is the scratch folder:
 * what ~/.bashrc of whoever runs the tests does is not what is tested. */
struct sshd {
	struct process *process; /* its log */
	uint16_t port;
};

/* Starts one and returns when it listens. 0 or -1 with a line on standard
 * error. */
int sshd_start(struct sshd *sshd, const struct scratch *scratch,
	       const struct sshd_plan *plan);

/* Ends the server and all its sessions. */
void sshd_stop(struct sshd *sshd);

#endif
