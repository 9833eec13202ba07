/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/scheduler.h"
#include "ssh/resolve.h"

/*
 * Turns hosts into addresses ahead of their turn: one look-up for each
 * distinct name, so that a slow name server holds no worker. Addresses in
 * digits need none.
 */

/* How many names are looked up at a time, at most. */
#define LOOKUPS_MAX 512

struct name {
	struct event event; /* its look-up is over */
	struct scheduler *scheduler;
	struct lookup *lookup; /* NULL for digits */
	struct addresses digits;
	const struct addresses *addresses; /* set once it is known */
	const char *text;
	struct task *first; /* those that wait for it */
	struct task **last;
	int64_t limit_ms;
	int64_t begun_us;
	int64_t over_us; /* when its look-up was; 0: not yet */
	int code;
	bool pending;
	char key[]; /* its family and the host */
};

static void on_done(struct lookup *lookup, void *data)
{
	struct name *name = data;
	(void)lookup;
	name->over_us = sshoal__clock_now_us();
	(void)sshoal__events_post(&name->scheduler->run->events, &name->event,
				  NULL);
}

static void fail(struct scheduler *scheduler, struct task *task, int code,
		 const char *text)
{
	scheduler->near--;
	sshoal__outcome_without(scheduler, task,
				code == SSHOAL_ETIMEOUT ?
					SSHOAL_STATUS_CONNECT_TIMEOUT :
				code == SSHOAL_EDNS ? SSHOAL_STATUS_DNS :
						      SSHOAL_STATUS_LOCAL,
				code, SSHOAL_PHASE_DNS, text);
}

static void settle(struct scheduler *scheduler, struct task *task,
		   const struct name *name)
{
	if (name->code) {
		fail(scheduler, task, name->code, name->text);
		return;
	}
	task->addresses = name->addresses;
	sshoal__scheduler_ready(scheduler, task);
}

static int begin(struct scheduler *scheduler, struct name *name,
		 const struct task *task)
{
	if (!scheduler->resolver) {
		int rc = sshoal__resolver_new(&scheduler->resolver,
					      scheduler->look_ups, NULL);
		if (rc)
			return rc;
	}
	name->limit_ms = task->plan.connect_timeout_ms;
	name->begun_us = sshoal__clock_now_us();
	int rc = sshoal__lookup_start(&name->lookup, scheduler->resolver,
				      task->plan.host,
				      task->plan.profile.family, on_done, name);
	if (rc)
		return rc;
	name->pending = true;
	scheduler->lookups++;
	return 0;
}

static struct name *make_name(struct scheduler *scheduler,
			      const struct task *task, const char *key)
{
	size_t size = strlen(key) + 1;
	struct name *name = calloc(1, sizeof *name + size);
	if (!name)
		return NULL;
	memcpy(name->key, key, size);
	name->scheduler = scheduler;
	name->last = &name->first;
	name->event = (struct event){ .owner = name, .kind = EVENT_RESOLVED };
	if (sshoal__map_put(&scheduler->names, name->key, name) != 0) {
		free(name);
		return NULL;
	}
	if (sshoal__resolve_numeric(&name->digits, task->plan.host)) {
		name->addresses = &name->digits;
		if (!sshoal__addresses_are(&name->digits,
					   task->plan.profile.family)) {
			name->code = SSHOAL_EDNS;
			name->text = "the address is not of the AddressFamily";
		}
		return name;
	}
	name->code = begin(scheduler, name, task);
	if (name->code)
		name->text = "no look-up could be started";
	return name;
}

/* The entry of a task's name; NULL without memory. */
static struct name *name_of(struct scheduler *scheduler,
			    const struct task *task)
{
	char *key = NULL;
	if (asprintf(&key, "%d %s", task->plan.profile.family,
		     task->plan.host) < 0)
		return NULL;
	struct name *name = sshoal__map_get(&scheduler->names, key);
	if (!name)
		name = make_name(scheduler, task, key);
	free(key);
	return name;
}

/* What ssh_config says against it was found out before. */
static void refuse(struct scheduler *scheduler, struct task *task)
{
	scheduler->near--;
	sshoal__outcome_without(scheduler, task, SSHOAL_STATUS_LOCAL,
				task->plan.code, SSHOAL_PHASE_QUEUE,
				task->plan.refusal);
}

static void feed_one(struct scheduler *scheduler, struct task *task)
{
	scheduler->near++;
	task->state = TASK_LOOKUP;
	if (task->plan.code) {
		refuse(scheduler, task);
		return;
	}
	if (task->plan.route) {
		scheduler->near--;
		sshoal__routes_feed(scheduler, task);
		return;
	}
	if (task->plan.proxy_command) {
		sshoal__scheduler_ready(scheduler, task);
		return;
	}
	struct name *name = name_of(scheduler, task);
	if (!name) {
		fail(scheduler, task, SSHOAL_ENOMEM, "out of memory");
		return;
	}
	if (!name->pending) {
		settle(scheduler, task, name);
		return;
	}
	task->next = NULL;
	*name->last = task;
	name->last = &task->next;
}

void sshoal__names_feed(struct scheduler *scheduler)
{
	size_t window = (size_t)scheduler->parallel * 2 + 64;
	size_t end = sshoal__batches_end(&scheduler->rollout.batches);
	while (!scheduler->draining && scheduler->near < window &&
	       scheduler->lookups < LOOKUPS_MAX && scheduler->next < end &&
	       !sshoal__scheduler_is_held(scheduler))
		feed_one(scheduler, &scheduler->run->tasks[scheduler->next++]);
}

static void settle_all(struct scheduler *scheduler, struct name *name)
{
	/* The time that its event waited for us is not the name server's. */
	int64_t over_us =
		name->over_us ? name->over_us : sshoal__clock_now_us();
	int64_t started_ms = sshoal__lookup_started_ms(name->lookup);
	int64_t since_us = started_ms ? started_ms * 1000 : name->begun_us;
	struct task *task = name->first;
	name->first = NULL;
	name->last = &name->first;
	while (task) {
		struct task *next = task->next;
		task->dns_us = over_us > since_us ? over_us - since_us : 0;
		if (task->state == TASK_LOOKUP)
			settle(scheduler, task, name);
		task = next;
	}
}

void sshoal__names_resolved(struct scheduler *scheduler, struct event *event)
{
	struct name *name = event->owner;
	name->pending = false;
	scheduler->lookups--;
	name->code = sshoal__lookup_result(name->lookup, &name->addresses,
					   &name->text);
	settle_all(scheduler, name);
}

static void abandon(struct scheduler *scheduler, struct name *name)
{
	if (!name->pending ||
	    !sshoal__lookup_abandon(scheduler->resolver, name->lookup))
		return;
	name->pending = false;
	scheduler->lookups--;
	name->code = SSHOAL_ETIMEOUT;
	name->text = "the name server did not answer";
	settle_all(scheduler, name);
}

static bool is_late(const struct name *name, int64_t now_ms)
{
	int64_t started_ms =
		name->pending ? sshoal__lookup_started_ms(name->lookup) : 0;
	return started_ms && name->limit_ms >= 0 &&
	       now_ms - started_ms >= name->limit_ms;
}

void sshoal__names_sweep(struct scheduler *scheduler, int64_t now_ms)
{
	size_t at = 0;
	struct name *name = sshoal__map_next(&scheduler->names, &at);
	for (; name && scheduler->lookups > 0;
	     name = sshoal__map_next(&scheduler->names, &at))
		if (is_late(name, now_ms))
			abandon(scheduler, name);
}

void sshoal__names_abandon(struct scheduler *scheduler)
{
	size_t at = 0;
	struct name *name = sshoal__map_next(&scheduler->names, &at);
	for (; name; name = sshoal__map_next(&scheduler->names, &at))
		abandon(scheduler, name);
}

void sshoal__names_fini(struct scheduler *scheduler)
{
	size_t at = 0;
	struct name *name = sshoal__map_next(&scheduler->names, &at);
	for (; name; name = sshoal__map_next(&scheduler->names, &at)) {
		sshoal__lookup_free(name->lookup);
		free(name);
	}
	sshoal__map_fini(&scheduler->names);
	sshoal__resolver_free(scheduler->resolver);
}
