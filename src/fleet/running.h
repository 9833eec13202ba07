/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_RUNNING_H
#define SSHOAL_FLEET_RUNNING_H

#include <pthread.h>

#include <sshoal/fleet.h>

struct attempt;

/*
 * The attempts under way, those that began first before others. It belongs to
 * the fleet, so that it can be asked for whether there is a run or not.
 */
struct running {
	pthread_mutex_t lock;  /* held by the scheduler to change what is
				  below, and by other threads to read it */
	struct attempt *first; /* linked by their next and previous */
	struct attempt *last;
	uint32_t count;
};

void sshoal__running_init(struct running *running);
void sshoal__running_fini(struct running *running);

/* For the scheduler. An attempt is freed only when it is not in the list. */
void sshoal__running_add(struct running *running, struct attempt *attempt);
void sshoal__running_remove(struct running *running, struct attempt *attempt);

/* For any thread, as sshoal_fleet_status(). */
size_t sshoal__running_tell(struct running *running, sshoal_fleet_running *list,
			    size_t room);

#endif
