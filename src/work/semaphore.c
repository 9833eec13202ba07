/* SPDX-License-Identifier: MIT */
#include <sshoal/semaphore.h>

#include <pthread.h>
#include <stdlib.h>

#include <sshoal/error.h>

#include "work/condition.h"

/* There are never more permits free than there were at first. */

struct sshoal_semaphore {
	pthread_mutex_t lock; /* protects all below */
	pthread_cond_t not_none;
	size_t permits; /* how many there are in all */
	size_t left;    /* how many nobody holds */
};

int sshoal_semaphore_new(sshoal_semaphore **semaphore, size_t permits)
{
	if (!semaphore)
		return SSHOAL_EINVAL;
	sshoal_semaphore *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->not_none);
	made->permits = permits;
	made->left = permits;
	*semaphore = made;
	return 0;
}

int sshoal_semaphore_acquire(sshoal_semaphore *semaphore, int64_t timeout_ms)
{
	if (!semaphore || !sshoal__timeout_is_valid(timeout_ms))
		return SSHOAL_EINVAL;
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	int waited = 0;
	int rc = SSHOAL_ETIMEOUT;
	(void)pthread_mutex_lock(&semaphore->lock);
	while (semaphore->left == 0 && waited == 0)
		waited = sshoal__condition_wait(&semaphore->not_none,
						&semaphore->lock, limit_us);
	if (semaphore->left > 0) {
		semaphore->left--;
		rc = 0;
	}
	(void)pthread_mutex_unlock(&semaphore->lock);
	return rc;
}

int sshoal_semaphore_release(sshoal_semaphore *semaphore)
{
	if (!semaphore)
		return SSHOAL_EINVAL;
	int rc = SSHOAL_EINVAL;
	(void)pthread_mutex_lock(&semaphore->lock);
	if (semaphore->left < semaphore->permits) {
		semaphore->left++;
		(void)pthread_cond_signal(&semaphore->not_none);
		rc = 0;
	}
	(void)pthread_mutex_unlock(&semaphore->lock);
	return rc;
}

void sshoal_semaphore_free(sshoal_semaphore *semaphore)
{
	if (!semaphore)
		return;
	(void)pthread_cond_destroy(&semaphore->not_none);
	(void)pthread_mutex_destroy(&semaphore->lock);
	free(semaphore);
}
