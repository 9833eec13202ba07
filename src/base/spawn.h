/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_SPAWN_H
#define SSHOAL_BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include <sshoal/error.h>

/* A command that the user's shell (SHELL, else /bin/sh) is to run. */
struct spawn {
	const char *command;
	int fds[3];      /* its standard streams; -1: /dev/null */
	bool in_session; /* of its own, without a terminal; else it has a
			    process group of its own */
};

/*
 * Begins it, with no other descriptor of ours, no signal blocked, and SIGPIPE
 * as usual. It leads its process group; the caller waits for its end.
 * 0, SSHOAL_ENOMEM, SSHOAL_ELOCAL, or SSHOAL_EIO: there is no such shell.
 */
int sshoal__spawn(pid_t *pid, const struct spawn *spawn, sshoal_error *error);

#endif
