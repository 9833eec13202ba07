/* SPDX-License-Identifier: MIT */
#include <sshoal/timer.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include <sshoal/error.h>

#include "work/condition.h"
#include "work/thread.h"

/*
 * One thread for each timer, which waits for its time or for being cancelled.
 * Whoever frees a timer joins its thread; the thread itself cannot, so a timer
 * freed by its own function is freed by its thread.
 */

enum state { WAITING, CANCELLED, CALLED };

struct sshoal_timer {
	sshoal_timer_cb *fn; /* this and the next two never change */
	void *argument;
	int64_t limit_us;
	pthread_mutex_t lock; /* protects all below */
	pthread_cond_t cancelled;
	pthread_t thread;
	enum state state;
	bool is_left; /* to its thread, to be freed */
};

static void destroy(sshoal_timer *timer)
{
	(void)pthread_cond_destroy(&timer->cancelled);
	(void)pthread_mutex_destroy(&timer->lock);
	free(timer);
}

static void *timer_main(void *argument)
{
	sshoal_timer *timer = argument;
	int waited = 0;
	(void)pthread_mutex_lock(&timer->lock);
	while (timer->state == WAITING && waited == 0)
		waited = sshoal__condition_wait(&timer->cancelled, &timer->lock,
						timer->limit_us);
	bool is_due = timer->state == WAITING;
	if (is_due)
		timer->state = CALLED;
	(void)pthread_mutex_unlock(&timer->lock);
	if (!is_due)
		return NULL;
	timer->fn(timer->argument);
	(void)pthread_mutex_lock(&timer->lock);
	bool is_left = timer->is_left;
	(void)pthread_mutex_unlock(&timer->lock);
	if (is_left)
		destroy(timer);
	return NULL;
}

int sshoal_timer_start(sshoal_timer **timer, int64_t delay_ms,
		       sshoal_timer_cb *fn, void *argument)
{
	if (!timer || !fn || delay_ms < 0)
		return SSHOAL_EINVAL;
	sshoal_timer *made = malloc(sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	*made = (sshoal_timer){ .fn = fn,
				.argument = argument,
				.limit_us =
					sshoal__condition_limit_us(delay_ms),
				.state = WAITING };
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->cancelled);
	/* The lock keeps the function from running, and perhaps freeing the
	 * timer, before the caller has it. */
	(void)pthread_mutex_lock(&made->lock);
	int number =
		sshoal__thread_start(&made->thread, NULL, timer_main, made);
	if (number == 0)
		*timer = made;
	(void)pthread_mutex_unlock(&made->lock);
	if (number == 0)
		return 0;
	destroy(made);
	return SSHOAL_ELOCAL;
}

int sshoal_timer_cancel(sshoal_timer *timer)
{
	if (!timer)
		return SSHOAL_EINVAL;
	(void)pthread_mutex_lock(&timer->lock);
	if (timer->state == WAITING) {
		timer->state = CANCELLED;
		(void)pthread_cond_signal(&timer->cancelled);
	}
	int rc = timer->state == CANCELLED ? 0 : SSHOAL_EINVAL;
	(void)pthread_mutex_unlock(&timer->lock);
	return rc;
}

/* Whether this is the timer's own thread, which becomes its owner then. */
static bool leave_to_itself(sshoal_timer *timer)
{
	(void)pthread_mutex_lock(&timer->lock);
	bool is_own = pthread_equal(timer->thread, pthread_self()) != 0;
	if (is_own) {
		timer->is_left = true;
		(void)pthread_detach(timer->thread);
	}
	(void)pthread_mutex_unlock(&timer->lock);
	return is_own;
}

void sshoal_timer_free(sshoal_timer *timer)
{
	if (!timer || leave_to_itself(timer))
		return;
	(void)sshoal_timer_cancel(timer);
	(void)pthread_join(timer->thread, NULL);
	destroy(timer);
}
