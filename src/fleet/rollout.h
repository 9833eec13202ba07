/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ROLLOUT_H
#define SSHOAL_FLEET_ROLLOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "fleet/batches.h"
#include "fleet/local_check.h"

struct held;
struct scheduler;
struct sshoal_result;
struct task;

/* How a run goes from batch to batch. The scheduler's. */
struct rollout {
	struct batches batches;
	struct local_check check;
	struct held *held; /* results that wait for the check, in order */
	struct held **held_last;
	size_t held_count;
};

void sshoal__rollout_init(struct scheduler *scheduler);

/* Does what is due between batches, or when too many have failed. Returns when
 * to call again, but for what makes an event. */
int64_t sshoal__rollout_step(struct scheduler *scheduler, int64_t now_ms);

/* The check of a batch is over. */
void sshoal__rollout_checked(struct scheduler *scheduler);

/* Whether a result waits for the check of its batch; it is copied then, or, if
 * there is no memory, made one of SSHOAL_STATUS_LOCAL, which does not wait. */
bool sshoal__rollout_holds(struct scheduler *scheduler, struct task *task,
			   struct sshoal_result *result);

/* From here on no host is started: those that were not have their results, and
 * what runs goes on. */
void sshoal__rollout_drain(struct scheduler *scheduler);

/* Whether a target may be started, as far as those that have ended matter, and
 * who said that none shall. */
bool sshoal__rollout_may_start(const struct scheduler *scheduler);

#endif
