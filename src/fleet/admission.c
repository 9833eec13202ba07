/* SPDX-License-Identifier: MIT */
#include "fleet/admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/run.h"

/* Ports are not told apart: the limit on unauthenticated logins is often one
 * of a whole machine or of what stands in front of it. */

#define LOGINS_FIRST 64
#define LOGINS_LEAST 8
#define LOGINS_MOST 65536
#define PER_ADDRESS 8
#define QUICK_US 1000000
#define SLOW_US 3000000

struct door {
	struct task *first; /* those that wait */
	struct task **last;
	uint32_t logins;
	char address[];
};

/* Room for what a place is called. */
#define PLACE_MAX 1400

/* Where a login counts: an address, or what jump hosts take for one. */
static void name_place(char out[PLACE_MAX], const struct task *task)
{
	const struct plan *plan = &task->plan;
	if (plan->route)
		(void)snprintf(out, PLACE_MAX, "%.300s by %s", plan->host,
			       plan->route->key);
	else if (!task->addresses)
		(void)snprintf(out, PLACE_MAX, "%.300s by a command",
			       plan->host);
	else
		sshoal__address_text(out, &task->addresses->list[0]);
}

void sshoal__admission_init(struct admission *admission, uint32_t logins,
			    uint32_t per_address, uint32_t rate)
{
	*admission = (struct admission){
		.per_address = per_address ? per_address : PER_ADDRESS,
		.limit = logins ? logins : LOGINS_FIRST,
		.adaptive = logins == 0,
		.interval_us = rate ? 1000000 / rate : 0,
	};
}

void sshoal__admission_fini(struct admission *admission)
{
	size_t at = 0;
	struct door *door = sshoal__map_next(&admission->places, &at);
	for (; door; door = sshoal__map_next(&admission->places, &at))
		free(door);
	sshoal__map_fini(&admission->places);
}

bool sshoal__admission_is_open(const struct admission *admission,
			       int64_t now_us, int64_t *due_us)
{
	*due_us = 0;
	if (admission->under_way >= admission->limit)
		return false;
	if (admission->interval_us == 0 || now_us >= admission->next_us)
		return true;
	*due_us = admission->next_us;
	return false;
}

static struct door *door_of(struct admission *admission,
			    const struct task *task)
{
	char text[PLACE_MAX];
	name_place(text, task);
	return sshoal__map_get(&admission->places, text);
}

static struct door *make_door(struct admission *admission,
			      const struct task *task)
{
	char text[PLACE_MAX];
	name_place(text, task);
	size_t n = strlen(text) + 1;
	struct door *door = calloc(1, sizeof *door + n);
	if (!door)
		return NULL;
	memcpy(door->address, text, n);
	door->last = &door->first;
	if (sshoal__map_put(&admission->places, door->address, door) != 0) {
		free(door);
		return NULL;
	}
	return door;
}

int sshoal__admission_enter(struct admission *admission, struct task *task,
			    int64_t now_us, bool *waits)
{
	struct door *door = door_of(admission, task);
	if (!door)
		door = make_door(admission, task);
	if (!door)
		return SSHOAL_ENOMEM;
	*waits = door->logins >= admission->per_address;
	if (*waits) {
		task->next = NULL;
		*door->last = task;
		door->last = &task->next;
		return 0;
	}
	door->logins++;
	admission->under_way++;
	if (admission->interval_us) {
		int64_t from_us = admission->next_us > now_us ?
					  admission->next_us :
					  now_us;
		admission->next_us = from_us + admission->interval_us;
	}
	return 0;
}

static void adapt(struct admission *admission, int64_t now_us, int64_t took_us)
{
	if (took_us < 0)
		return;
	if (took_us < QUICK_US)
		admission->quick++;
	if (admission->quick >= admission->limit &&
	    admission->limit < LOGINS_MOST) {
		admission->limit *= 2;
		admission->quick = 0;
	}
	/* Logins that were begun before the limit was halved do not halve it
	 * once more. */
	if (took_us > SLOW_US && now_us - took_us >= admission->slowed_us &&
	    admission->limit > LOGINS_LEAST) {
		admission->limit /= 2;
		admission->quick = 0;
		admission->slowed_us = now_us;
	}
}

struct task *sshoal__admission_leave(struct admission *admission,
				     const struct task *task, int64_t now_us,
				     int64_t took_us)
{
	struct door *door = door_of(admission, task);
	admission->under_way--;
	if (admission->adaptive)
		adapt(admission, now_us, took_us);
	door->logins--;
	struct task *waiting = door->first;
	if (!waiting)
		return NULL;
	door->first = waiting->next;
	if (!door->first)
		door->last = &door->first;
	return waiting;
}

static void sift(struct door *door)
{
	struct task *task = door->first;
	door->first = NULL;
	door->last = &door->first;
	while (task) {
		struct task *next = task->next;
		task->next = NULL;
		if (task->state != TASK_DONE) {
			*door->last = task;
			door->last = &task->next;
		}
		task = next;
	}
}

void sshoal__admission_sift(struct admission *admission)
{
	size_t at = 0;
	struct door *door = sshoal__map_next(&admission->places, &at);
	for (; door; door = sshoal__map_next(&admission->places, &at))
		sift(door);
}
