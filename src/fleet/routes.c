/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/error.h"
#include "fleet/result.h"
#include "fleet/route.h"
#include "fleet/scheduler.h"

/*
 * Targets behind jump hosts wait for the first connection to these before they
 * wait for a worker. What waits here keeps no place from hosts that are reached
 * in another way.
 */

static void fail(struct scheduler *scheduler, struct task *task,
		 const sshoal_error *error, int phase)
{
	sshoal__outcome_without(scheduler, task,
				sshoal__status_of(error->code, phase),
				error->code, SSHOAL_PHASE_CONNECT, error->text);
}

void sshoal__routes_feed(struct scheduler *scheduler, struct task *task)
{
	struct route *route = task->plan.route;
	sshoal_error error = { .code = 0 };
	int phase = 0;
	switch (sshoal__route_start(route, true)) {
	case ROUTE_OPEN:
		scheduler->near++;
		sshoal__scheduler_ready(scheduler, task);
		return;
	case ROUTE_OPENING:
		task->state = TASK_LOOKUP;
		task->next = NULL;
		*route->last = task;
		route->last = &task->next;
		scheduler->routed++;
		return;
	case ROUTE_CLOSED:
	case ROUTE_FAILED:
		(void)sshoal__route_look(route, &error, &phase);
		fail(scheduler, task, &error, phase);
		return;
	}
}

void sshoal__routes_opened(struct scheduler *scheduler, struct event *event)
{
	struct route *route = event->owner;
	struct task *task = route->first;
	route->first = NULL;
	route->last = &route->first;
	if (route->key_added) {
		char text[300];
		(void)snprintf(text, sizeof text,
			       "jump host %.200s: its host key is new and was "
			       "added to the known hosts",
			       route->name);
		route->key_added = false;
		sshoal__scheduler_note(scheduler, 0, text);
	}
	while (task) {
		struct task *next = task->next;
		scheduler->routed--;
		if (task->state == TASK_LOOKUP)
			sshoal__routes_feed(scheduler, task);
		task = next;
	}
}
