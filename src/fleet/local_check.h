/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_LOCAL_CHECK_H
#define SSHOAL_FLEET_LOCAL_CHECK_H

#include <stdbool.h>

#include <sshoal/pool.h>

#include "fleet/events.h"

struct run;

/* How long after a check that failed the next try begins. */
#define CHECK_EVERY_MS 2000

/* How long a check may fail where nobody says. */
#define CHECK_MS 60000

/*
 * A command that is run here, on a thread of the pool, until it exits with 0 or
 * its time is over. The scheduler's, but for what its thread fills in
 * meanwhile.
 */
struct local_check {
	struct event over; /* EVENT_CHECKED; a place in the event queue */
	struct run *run;
	bool under_way;
	int code; /* 0, or why it has not passed */
	sshoal_error error;
};

/* Begins. The event `over` comes when it has ended. 0, SSHOAL_ELOCAL or
 * SSHOAL_ENOMEM. */
int sshoal__local_check_start(struct local_check *check, struct run *run,
			      sshoal_pool *pool);

#endif
