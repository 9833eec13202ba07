/* SPDX-License-Identifier: MIT */
#include "fleet/rollout.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/result.h"
#include "fleet/scheduler.h"

/*
 * A batch is over when all of its targets have their results, or wait with them
 * for the batch's check here. Targets of the next ones are not even looked up
 * before.
 */

/* A result that waits, with what it pointed to. */
struct held {
	struct held *next;
	struct task *task;
	struct sshoal_result result;
	char address[ADDRESS_TEXT_MAX];
	sshoal_error error;
};

void sshoal__rollout_init(struct scheduler *scheduler)
{
	const struct run *run = scheduler->run;
	struct rollout *rollout = &scheduler->rollout;
	sshoal__batches_init(&rollout->batches, &run->settings->options,
			     run->count);
	rollout->held_last = &rollout->held;
}

bool sshoal__rollout_holds(struct scheduler *scheduler, struct task *task,
			   struct sshoal_result *result)
{
	struct rollout *rollout = &scheduler->rollout;
	if (!scheduler->run->settings->options.check_local ||
	    result->status != SSHOAL_STATUS_OK || result->host_keys)
		return false;
	struct held *held = calloc(1, sizeof *held);
	if (!held) {
		result->status = SSHOAL_STATUS_LOCAL;
		result->code = SSHOAL_ENOMEM;
		result->text = "out of memory";
		return false;
	}
	held->task = task;
	held->result = *result;
	(void)snprintf(held->address, sizeof held->address, "%s",
		       result->address);
	(void)sshoal__error_set(&held->error, 0, "%s", result->text);
	held->result.address = held->address;
	held->result.exit_signal = "";
	held->result.text = held->error.text;
	*rollout->held_last = held;
	rollout->held_last = &held->next;
	rollout->held_count++;
	task->state = TASK_HELD;
	return true;
}

/* Tells the results that waited. code: why the check did not pass. */
static void release(struct scheduler *scheduler, int code,
		    const sshoal_error *error)
{
	struct rollout *rollout = &scheduler->rollout;
	bool ended = scheduler->ending && code;
	bool cancelled = sshoal_cancel_is_triggered(scheduler->run->cancel,
						    SSHOAL_CANCEL_END);
	struct held *held = rollout->held;
	rollout->held = NULL;
	rollout->held_last = &rollout->held;
	rollout->held_count = 0;
	while (held) {
		struct held *next = held->next;
		struct sshoal_result *result = &held->result;
		if (code) {
			result->status = SSHOAL_STATUS_CHECK_FAILED;
			result->code = code;
			result->text = error->text;
		}
		if (ended) {
			result->status = cancelled ? SSHOAL_STATUS_CANCELLED :
						     SSHOAL_STATUS_TIMEOUT;
			result->code =
				cancelled ? SSHOAL_ECANCELLED : SSHOAL_ETIMEOUT;
			result->text = "the local check of its batch did not "
				       "come to an end";
		}
		sshoal__outcome_emit(scheduler, held->task, result);
		free(held);
		held = next;
	}
}

void sshoal__rollout_checked(struct scheduler *scheduler)
{
	struct local_check *check = &scheduler->rollout.check;
	check->under_way = false;
	release(scheduler, check->code, &check->error);
}

static void start_check(struct scheduler *scheduler)
{
	struct local_check *check = &scheduler->rollout.check;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__local_check_start(check, scheduler->run,
					   scheduler->pool);
	if (rc == 0)
		return;
	(void)sshoal__error_set(&error, rc, "the local check: %s",
				sshoal_error_text(rc));
	release(scheduler, rc, &error);
}

/* Takes those that are done from the tasks that are ready. */
static void sift_ready(struct scheduler *scheduler)
{
	struct task *task = scheduler->ready;
	scheduler->ready = NULL;
	scheduler->ready_last = &scheduler->ready;
	while (task) {
		struct task *next = task->next;
		if (task->state == TASK_DONE)
			scheduler->near--;
		else
			sshoal__scheduler_ready(scheduler, task);
		task = next;
	}
}

/* From here on no target is begun; those that were not say so, with the reason.
 * Those that were go on, with the tries they have left. */
static void begin_no_other(struct scheduler *scheduler, const char *reason)
{
	scheduler->stopped = true;
	scheduler->next = scheduler->run->count;
	for (size_t i = 0; i < scheduler->run->count; i++) {
		struct task *task = &scheduler->run->tasks[i];
		if (task->tries == 0 && task->state != TASK_DONE)
			sshoal__outcome_without(
				scheduler, task, SSHOAL_STATUS_NOT_STARTED,
				SSHOAL_ECANCELLED, SSHOAL_PHASE_QUEUE, reason);
	}
	sift_ready(scheduler);
	sshoal__admission_sift(&scheduler->admission);
	sshoal__names_abandon(scheduler);
}

static void stop(struct scheduler *scheduler)
{
	char reason[100];
	size_t most = scheduler->rollout.batches.most;
	if (scheduler->stopped || scheduler->draining)
		return;
	if (most == 0)
		(void)snprintf(reason, sizeof reason,
			       "a host ended other than ok");
	else
		(void)snprintf(reason, sizeof reason,
			       "more than %zu host%s ended other than ok", most,
			       most == 1 ? "" : "s");
	begin_no_other(scheduler, reason);
}

/* What becomes of one that waits for its next try. */
static void stop_waiting(struct scheduler *scheduler, struct task *task)
{
	const struct run *run = scheduler->run;
	bool late = run->deadline_ms != DEADLINE_NONE &&
		    sshoal__deadline_left_ms(run->deadline_ms) == 0 &&
		    !sshoal_cancel_is_triggered(run->cancel, SSHOAL_CANCEL_END);
	sshoal__outcome_without(
		scheduler, task,
		late ? SSHOAL_STATUS_TIMEOUT : SSHOAL_STATUS_CANCELLED,
		late ? SSHOAL_ETIMEOUT : SSHOAL_ECANCELLED, SSHOAL_PHASE_QUEUE,
		"it waited for its next try");
}

void sshoal__rollout_drain(struct scheduler *scheduler)
{
	if (scheduler->draining)
		return;
	scheduler->draining = true;
	scheduler->waiting_count = 0;
	for (size_t i = 0; i < scheduler->run->count; i++) {
		struct task *task = &scheduler->run->tasks[i];
		if (task->state == TASK_RUNNING || task->state == TASK_DONE ||
		    task->state == TASK_HELD)
			continue;
		if (task->tries)
			stop_waiting(scheduler, task);
		else
			sshoal__outcome_without(
				scheduler, task, SSHOAL_STATUS_NOT_STARTED,
				SSHOAL_ECANCELLED, SSHOAL_PHASE_QUEUE, "");
	}
	sshoal__names_abandon(scheduler);
}

bool sshoal__rollout_may_start(const struct scheduler *scheduler)
{
	return !scheduler->draining &&
	       (scheduler->stopped ||
		!sshoal__batches_have_failed(&scheduler->rollout.batches));
}

/* Whether no target of the batch is under way. */
static bool is_batch_over(const struct scheduler *scheduler)
{
	const struct rollout *rollout = &scheduler->rollout;
	size_t end = scheduler->stopped || scheduler->draining ?
			     scheduler->run->count :
			     sshoal__batches_end(&rollout->batches);
	return scheduler->done + rollout->held_count >= end;
}

int64_t sshoal__rollout_step(struct scheduler *scheduler, int64_t now_ms)
{
	static const sshoal_error none = { .code = 0 };
	struct rollout *rollout = &scheduler->rollout;
	if (rollout->check.under_way)
		return DEADLINE_NONE;
	if (scheduler->ending) {
		release(scheduler, SSHOAL_ECANCELLED, &none);
		return DEADLINE_NONE;
	}
	if (sshoal__batches_have_failed(&rollout->batches))
		stop(scheduler);
	if (!is_batch_over(scheduler))
		return DEADLINE_NONE;
	if (rollout->held_count > 0) {
		start_check(scheduler);
		if (!rollout->check.under_way)
			return now_ms;
		return DEADLINE_NONE;
	}
	if (scheduler->stopped || scheduler->draining)
		return DEADLINE_NONE;
	if (sshoal__batches_next(&rollout->batches, now_ms))
		return DEADLINE_NONE;
	return rollout->batches.due_ms ? rollout->batches.due_ms :
					 DEADLINE_NONE;
}
