/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_DROPBEAR_H
#define SERVERS_DROPBEAR_H

#include <stdint.h>

#include "servers/process.h"
#include "servers/scratch.h"

/* Dropbear with its own algorithms, as the current user on 127.0.0.1. */
struct dropbear {
	struct process *process; /* its log */
	uint16_t port;
};

/*
 * Starts one and returns when it listens.
 * host_key: made by dropbear_make_key(). authorized_keys: a file to copy.
 * 0 or -1 with a line on standard error.
 */
int dropbear_start(struct dropbear *dropbear, const struct scratch *scratch,
		   const char *host_key, const char *authorized_keys);

/* Makes a host key: path, and path.pub as ssh-keygen(1) writes it. */
int dropbear_make_key(const char *path, const char *type);

/* Ends the server and all its sessions. */
void dropbear_stop(struct dropbear *dropbear);

#endif
