/* SPDX-License-Identifier: MIT */
#include "work/gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sshoal/error.h>

#include "base/error.h"
#include "work/condition.h"

/*
 * Who waits remembers how often the gate had been opened, so that none who
 * came before an opening misses it, however soon the gate is shut again.
 */

struct sshoal_gate {
	atomic_uint references;
	int fd;               /* its counter is 1 while the gate is open */
	pthread_mutex_t lock; /* protects all below, and what fd says */
	pthread_cond_t opened;
	uint64_t openings;
	bool is_open;
};

int sshoal_gate_new(sshoal_gate **gate)
{
	if (!gate)
		return SSHOAL_EINVAL;
	sshoal_gate *made = malloc(sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	*made = (sshoal_gate){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	if (made->fd < 0) {
		int rc = sshoal__error_from_errno(errno);
		free(made);
		return rc == SSHOAL_ENOMEM ? rc : SSHOAL_ELOCAL;
	}
	atomic_init(&made->references, 1);
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->opened);
	*gate = made;
	return 0;
}

/* Neither can block: the counter goes from 0 to 1 and back. */
static void say(int fd, bool is_open)
{
	uint64_t count = 1;
	ssize_t n = is_open ? write(fd, &count, sizeof count) :
			      read(fd, &count, sizeof count);
	(void)n;
}

int sshoal_gate_open(sshoal_gate *gate)
{
	if (!gate)
		return SSHOAL_EINVAL;
	(void)pthread_mutex_lock(&gate->lock);
	if (!gate->is_open) {
		gate->is_open = true;
		gate->openings++;
		say(gate->fd, true);
		(void)pthread_cond_broadcast(&gate->opened);
	}
	(void)pthread_mutex_unlock(&gate->lock);
	return 0;
}

int sshoal_gate_shut(sshoal_gate *gate)
{
	if (!gate)
		return SSHOAL_EINVAL;
	(void)pthread_mutex_lock(&gate->lock);
	if (gate->is_open) {
		gate->is_open = false;
		say(gate->fd, false);
	}
	(void)pthread_mutex_unlock(&gate->lock);
	return 0;
}

bool sshoal_gate_is_open(const sshoal_gate *gate)
{
	if (!gate)
		return false;
	/* const promises the caller that the gate does not move; the lock
	 * does. */
	pthread_mutex_t *lock = (pthread_mutex_t *)&gate->lock;
	(void)pthread_mutex_lock(lock);
	bool is_open = gate->is_open;
	(void)pthread_mutex_unlock(lock);
	return is_open;
}

int sshoal_gate_wait(sshoal_gate *gate, int64_t timeout_ms)
{
	if (!gate || !sshoal__timeout_is_valid(timeout_ms))
		return SSHOAL_EINVAL;
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	int waited = 0;
	(void)pthread_mutex_lock(&gate->lock);
	uint64_t openings = gate->openings;
	while (!gate->is_open && gate->openings == openings && waited == 0)
		waited = sshoal__condition_wait(&gate->opened, &gate->lock,
						limit_us);
	bool passed = gate->is_open || gate->openings != openings;
	(void)pthread_mutex_unlock(&gate->lock);
	return passed ? 0 : SSHOAL_ETIMEOUT;
}

sshoal_gate *sshoal__gate_ref(sshoal_gate *gate)
{
	if (gate)
		atomic_fetch_add(&gate->references, 1);
	return gate;
}

int sshoal__gate_fd(const sshoal_gate *gate)
{
	return gate->fd;
}

void sshoal_gate_free(sshoal_gate *gate)
{
	if (!gate || atomic_fetch_sub(&gate->references, 1) > 1)
		return;
	(void)pthread_cond_destroy(&gate->opened);
	(void)pthread_mutex_destroy(&gate->lock);
	(void)close(gate->fd);
	free(gate);
}
