/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_SCHEDULER_H
#define SSHOAL_FLEET_SCHEDULER_H

#include <sshoal/fleet.h>
#include <sshoal/pool.h>

#include "base/map.h"
#include "fleet/admission.h"
#include "fleet/probe.h"
#include "fleet/questions.h"
#include "fleet/rollout.h"
#include "fleet/run.h"
#include "fleet/running.h"

struct scheduler_options {
	int64_t retry_delay_ms;
	uint32_t parallel;
	uint32_t retries;
	uint32_t logins;
	uint32_t logins_per_address;
	uint32_t connect_rate;
};

/*
 * Drives a run on the thread that called for it: the only one that decides,
 * that admits, and that runs callbacks.
 */
struct scheduler {
	struct run *run;
	const sshoal_fleet_callbacks *callbacks;
	void *data;
	const struct scheduler_options *options;
	sshoal_summary *summary;
	sshoal_pool *pool;
	struct resolver *resolver; /* NULL until a name comes */
	struct map names;          /* by host, to struct name */
	struct admission admission;
	struct probe probe;
	struct questions questions;
	struct rollout rollout;
	struct task *ready; /* in the order they go */
	struct task **ready_last;
	struct task **waiting;   /* for their next try, in no order */
	struct running *running; /* the fleet's */
	sshoal_gate *gate;       /* the fleet's; NULL: none */
	sshoal_cancel *drain;    /* likewise */
	size_t waiting_count;
	size_t next; /* the first task whose turn has not come near */
	size_t near; /* how many are in look-up, or ready */
	size_t done;
	size_t lookups;   /* under way */
	size_t routed;    /* how many wait for their jump hosts */
	int64_t sweep_ms; /* when it is next due */
	int64_t ended_ms; /* when `ending` was set */
	uint32_t parallel;
	uint32_t look_ups; /* how many at a time there are descriptors for */
	bool draining;     /* no host is started any more */
	bool ending;       /* nor does any go on */
	bool stopped;      /* no other host, but what was begun goes on */
	bool held;         /* by the gate: a host that could start */
	bool told_threads;
};

/* Does all of it: 0, or SSHOAL_ELOCAL, SSHOAL_ENOMEM when it could not begin.
 * Once it has begun every target gets its result. */
int sshoal__scheduler_run(struct scheduler *scheduler, sshoal_error *error);

/* The pieces of it. names.c: turning hosts into addresses. */
void sshoal__names_feed(struct scheduler *scheduler);
void sshoal__names_resolved(struct scheduler *scheduler, struct event *event);
void sshoal__names_sweep(struct scheduler *scheduler, int64_t now_ms);
void sshoal__names_abandon(struct scheduler *scheduler);
void sshoal__names_fini(struct scheduler *scheduler);

/* routes.c: getting to jump hosts. */
void sshoal__routes_feed(struct scheduler *scheduler, struct task *task);
void sshoal__routes_opened(struct scheduler *scheduler, struct event *event);

/* capacity.c: as many hosts at a time as there are descriptors for, and as many
 * look-ups as they leave. */
void sshoal__capacity_fit(struct scheduler *scheduler);

/* outcome.c: what an attempt's end means. */
void sshoal__outcome_of(struct scheduler *scheduler, struct attempt *attempt);
/* Tells a task's one result. */
void sshoal__outcome_emit(struct scheduler *scheduler, struct task *task,
			  const struct sshoal_result *result);
void sshoal__outcome_without(struct scheduler *scheduler, struct task *task,
			     int status, int code, int phase, const char *text);
void sshoal__outcome_given_up(struct scheduler *scheduler,
			      struct attempt *attempt);

/* Puts a task where the next worker takes it from. */
void sshoal__scheduler_ready(struct scheduler *scheduler, struct task *task);

/* Whether the gate is shut. To be asked last, when a host would start else:
 * the scheduler wakes for the gate then. */
bool sshoal__scheduler_is_held(struct scheduler *scheduler);

/* Says something of the whole run. */
void sshoal__scheduler_note(struct scheduler *scheduler, int level,
			    const char *text);

/* What a callback returned: other than 0 cancels. */
void sshoal__scheduler_heed(struct scheduler *scheduler, int rc);

#endif
