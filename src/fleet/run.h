/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_RUN_H
#define SSHOAL_FLEET_RUN_H

#include <stdatomic.h>

#include <sshoal/fleet.h>

#include "fleet/attempt.h"
#include "fleet/job.h"
#include "fleet/roster.h"
#include "fleet/route.h"
#include "fleet/settings.h"

enum task_state {
	TASK_NEW,    /* its turn has not come near */
	TASK_LOOKUP, /* its name is being looked up */
	TASK_READY,  /* it waits for a worker, or for its address */
	TASK_RUNNING,
	TASK_WAITING, /* for its next try */
	TASK_HELD,    /* its result waits for the check of its batch */
	TASK_DONE,
};

/* One target in a run. The scheduler's. */
struct task {
	const struct sshoal_target *target;
	struct plan plan;
	struct task *next; /* in the list it waits in */
	const struct addresses *addresses;
	struct attempt *attempt;   /* while it runs */
	int64_t begun_us;          /* its turn came; 0: not yet */
	int64_t due_ms;            /* of its next try */
	int64_t dns_us;            /* how long the look-up took; -1: none */
	struct probe_group *probe; /* of its password; NULL: none */
	uint32_t tries;
	uint32_t retries;    /* after failures before login */
	uint32_t busy_tries; /* after "server busy" */
	enum task_state state;
	bool probing; /* it counts in the group */
	bool freed;   /* likewise: it waits no more and has not entered yet */
};

/*
 * What scheduler and workers share of one run. Everything but the event queue
 * and what is inside the credentials and the job's source and rate is read-only
 * once workers exist. A worker that never comes back keeps it alive.
 */
struct run {
	atomic_uint refs;
	struct events events;
	struct settings *settings;
	struct roster *roster;
	struct credentials credentials;
	struct task *tasks;
	size_t count;
	sshoal_cancel *cancel;
	struct job job;
	struct routes routes;
	int64_t deadline_ms;
	int64_t idle_ms;
	int64_t detach_grace_ms;
	int64_t kill_after_ms; /* from TERM to KILL; -1: no KILL */
	int64_t started_us;
	uint64_t max_output_bytes; /* of a host; UINT64_MAX: no limit */
	bool cuts_output;          /* at that limit, and goes on */
	bool wants_phases;
	bool wants_notes;
	bool wants_files;
	bool wants_progress;
	bool wants_prompts;
	bool wants_host_keys;
	/* For the tests of the sweep: the target whose session stays in a
	 * call, and that call. */
	const char *spin_label;
	void (*spin)(void *data);
	void *spin_data;
};

struct run *sshoal__run_ref(struct run *run);
void sshoal__run_free(struct run *run);

#endif
