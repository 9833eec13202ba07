/* SPDX-License-Identifier: MIT */
#include "fleet/running.h"

#include "base/clock.h"
#include "fleet/attempt.h"
#include "fleet/run.h"

/* What is told of a task does not change while its attempt is in the list; the
 * phase is the worker's, and atomic. */

void sshoal__running_init(struct running *running)
{
	*running = (struct running){ .first = NULL };
	(void)pthread_mutex_init(&running->lock, NULL);
}

void sshoal__running_fini(struct running *running)
{
	(void)pthread_mutex_destroy(&running->lock);
}

void sshoal__running_add(struct running *running, struct attempt *attempt)
{
	(void)pthread_mutex_lock(&running->lock);
	attempt->next = NULL;
	attempt->previous = running->last;
	if (running->last)
		running->last->next = attempt;
	else
		running->first = attempt;
	running->last = attempt;
	running->count++;
	(void)pthread_mutex_unlock(&running->lock);
}

void sshoal__running_remove(struct running *running, struct attempt *attempt)
{
	(void)pthread_mutex_lock(&running->lock);
	if (attempt->previous)
		attempt->previous->next = attempt->next;
	else
		running->first = attempt->next;
	if (attempt->next)
		attempt->next->previous = attempt->previous;
	else
		running->last = attempt->previous;
	running->count--;
	(void)pthread_mutex_unlock(&running->lock);
}

size_t sshoal__running_tell(struct running *running, sshoal_fleet_running *list,
			    size_t room)
{
	size_t told = 0;
	(void)pthread_mutex_lock(&running->lock);
	int64_t now_us = sshoal__clock_now_us();
	const struct attempt *attempt = running->first;
	for (; attempt && told < room; attempt = attempt->next) {
		const struct task *task = attempt->task;
		list[told++] = (sshoal_fleet_running){
			.target = task->target,
			.running_ms = (now_us - task->begun_us) / 1000,
			.phase = atomic_load(&attempt->phase),
			.attempt = task->tries,
		};
	}
	size_t count = running->count;
	(void)pthread_mutex_unlock(&running->lock);
	return count;
}
