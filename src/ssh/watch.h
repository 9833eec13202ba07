/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_WATCH_H
#define SSHOAL_SSH_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What another thread may know of a session and do to it, in case a call into
 * libssh2 does not return: see its limit, and cut its connection.
 */
struct watch {
	_Atomic int64_t deadline_ms; /* of what it does at this moment */
	atomic_bool dead;            /* its callbacks fail from now on */
	pthread_mutex_t lock;        /* protects fd */
	int fd;                      /* -1 while there is no connection */
};

void sshoal__watch_init(struct watch *watch);

/* For the session: hands in its socket, takes it back (-1) before closing. */
void sshoal__watch_set_fd(struct watch *watch, int fd);

/* For the other thread: marks the session dead and shuts its socket down. */
void sshoal__watch_cut(struct watch *watch);

void sshoal__watch_fini(struct watch *watch);

#endif
