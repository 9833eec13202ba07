/* SPDX-License-Identifier: MIT */
#include "fleet/run.h"

#include <stdlib.h>

#include "fleet/questions.h"
#include "work/cancel.h"

/* The last one to let go frees it: the scheduler, as a rule. */

struct run *sshoal__run_ref(struct run *run)
{
	(void)atomic_fetch_add(&run->refs, 1);
	return run;
}

void sshoal__run_free(struct run *run)
{
	if (!run || atomic_fetch_sub(&run->refs, 1) != 1)
		return;
	struct event *event = sshoal__events_take(&run->events);
	while (event) {
		struct event *next = event->next;
		if (sshoal__event_is_freed(event->kind))
			free(event);
		else if (event->kind == EVENT_QUESTION)
			sshoal__questions_drop(event);
		event = next;
	}
	sshoal__events_fini(&run->events);
	sshoal__routes_fini(&run->routes);
	sshoal__credentials_fini(&run->credentials);
	sshoal__roster_free(run->roster);
	sshoal__settings_free(run->settings);
	sshoal__job_fini(&run->job);
	sshoal_cancel_free(run->cancel);
	free(run->tasks);
	free(run);
}
