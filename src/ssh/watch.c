/* SPDX-License-Identifier: MIT */
#include "ssh/watch.h"

#include <sys/socket.h>

#include "base/clock.h"

/* The lock keeps the descriptor from being closed, and given out again, between
 * the look at it and the shutdown. */

void sshoal__watch_init(struct watch *watch)
{
	atomic_init(&watch->deadline_ms, DEADLINE_NONE);
	atomic_init(&watch->dead, false);
	(void)pthread_mutex_init(&watch->lock, NULL);
	watch->fd = -1;
}

void sshoal__watch_set_fd(struct watch *watch, int fd)
{
	(void)pthread_mutex_lock(&watch->lock);
	watch->fd = fd;
	(void)pthread_mutex_unlock(&watch->lock);
}

void sshoal__watch_cut(struct watch *watch)
{
	atomic_store(&watch->dead, true);
	(void)pthread_mutex_lock(&watch->lock);
	if (watch->fd >= 0)
		(void)shutdown(watch->fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&watch->lock);
}

void sshoal__watch_fini(struct watch *watch)
{
	(void)pthread_mutex_destroy(&watch->lock);
}
