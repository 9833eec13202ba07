/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/backoff.h"
#include "fleet/result.h"
#include "fleet/scan.h"
#include "fleet/scheduler.h"

/*
 * What the end of an attempt means: another try, or the target's one result.
 * Only what cannot have run is tried again, and never after a login was
 * refused.
 */

static double ms(int64_t us)
{
	return (double)us / 1000;
}

void sshoal__outcome_emit(struct scheduler *scheduler, struct task *task,
			  const struct sshoal_result *result)
{
	const sshoal_fleet_callbacks *callbacks = scheduler->callbacks;
	task->state = TASK_DONE;
	scheduler->done++;
	scheduler->summary->statuses[result->status]++;
	sshoal__batches_note(&scheduler->rollout.batches, result->status);
	if (callbacks->result)
		sshoal__scheduler_heed(
			scheduler, callbacks->result(result, scheduler->data));
}

static void tell(struct scheduler *scheduler, struct task *task,
		 struct sshoal_result *result)
{
	const sshoal_fleet_callbacks *callbacks = scheduler->callbacks;
	int64_t now_us = sshoal__clock_now_us();
	result->target = task->target;
	result->attempts = task->tries;
	if (!task->begun_us && result->status != SSHOAL_STATUS_NOT_STARTED) {
		task->begun_us = now_us - (task->dns_us > 0 ? task->dns_us : 0);
		if (callbacks->start)
			sshoal__scheduler_heed(
				scheduler, callbacks->start(task->target,
							    scheduler->data));
	}
	int64_t began_us = task->begun_us ? task->begun_us : now_us;
	result->duration_ms = ms(now_us - began_us);
	result->phase_ms[SSHOAL_PHASE_QUEUE] =
		ms(began_us - scheduler->run->started_us);
	result->phase_ms[SSHOAL_PHASE_DNS] =
		task->dns_us < 0 ? -1 : ms(task->dns_us);
	result->batch =
		sshoal__batches_of(&scheduler->rollout.batches,
				   (size_t)(task - scheduler->run->tasks));
	if (!sshoal__rollout_holds(scheduler, task, result))
		sshoal__outcome_emit(scheduler, task, result);
}

static struct sshoal_result empty_result(void)
{
	struct sshoal_result result = {
		.address = "",
		.exit_signal = "",
		.text = "",
		.exit_status = -1,
	};
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		result.phase_ms[i] = -1;
	return result;
}

void sshoal__outcome_without(struct scheduler *scheduler, struct task *task,
			     int status, int code, int phase, const char *text)
{
	struct sshoal_result result = empty_result();
	result.status = status;
	result.code = code;
	result.phase = phase;
	result.text = text;
	tell(scheduler, task, &result);
}

void sshoal__outcome_given_up(struct scheduler *scheduler,
			      struct attempt *attempt)
{
	struct sshoal_result result = empty_result();
	result.code = SSHOAL_ETIMEOUT;
	result.phase = atomic_load(&attempt->phase);
	result.status = sshoal__status_of(result.code, result.phase);
	result.ran = result.phase >= SSHOAL_PHASE_CHANNEL ? SSHOAL_RAN_UNKNOWN :
							    SSHOAL_RAN_NO;
	result.text = "a call into libssh2 did not return; its thread was left "
		      "behind";
	tell(scheduler, attempt->task, &result);
}

/* When each phase that began ended: when the next one did, or at the end. */
static void set_phases(struct sshoal_result *result,
		       const struct attempt *attempt)
{
	int64_t end_us = attempt->over_us;
	for (int i = SSHOAL_PHASE_COUNT - 1; i >= SSHOAL_PHASE_CONNECT; i--) {
		int64_t start_us = attempt->phase_started_us[i];
		if (!start_us)
			continue;
		result->phase_ms[i] = ms(end_us - start_us);
		end_us = start_us;
	}
}

static int status_of(const struct attempt *attempt)
{
	const struct exit_record *exit = &attempt->outcome.exit;
	if (attempt->idle)
		return SSHOAL_STATUS_IDLE_TIMEOUT;
	if (attempt->deadline)
		return SSHOAL_STATUS_TIMEOUT;
	if (attempt->code == SSHOAL_ELIMIT && attempt->limited)
		return SSHOAL_STATUS_OUTPUT_LIMIT;
	if (attempt->check_failed)
		return SSHOAL_STATUS_CHECK_FAILED;
	if (attempt->code) {
		int status = sshoal__status_of(attempt->code,
					       atomic_load(&attempt->phase));
		return status == SSHOAL_STATUS_TRANSFER &&
				       attempt->failed_here ?
			       SSHOAL_STATUS_LOCAL :
			       status;
	}
	if (exit->signal_count > 0)
		return SSHOAL_STATUS_SIGNALED;
	return exit->status ? SSHOAL_STATUS_FAILED : SSHOAL_STATUS_OK;
}

static void tell_attempt(struct scheduler *scheduler, struct task *task,
			 const struct attempt *attempt)
{
	const struct exit_record *exit = &attempt->outcome.exit;
	struct sshoal_result result = empty_result();
	result.status = status_of(attempt);
	result.code = attempt->code;
	result.phase = atomic_load(&attempt->phase);
	result.ran = attempt->ran;
	result.text = attempt->error.text;
	result.address = attempt->address;
	result.exit_signal = exit->signal;
	if (exit->status_count > 0)
		result.exit_status = exit->status;
	result.stdout_bytes = attempt->outcome.stdout_bytes;
	result.stderr_bytes = attempt->outcome.stderr_bytes;
	result.held = attempt->outcome.held;
	result.kill = attempt->outcome.kill;
	result.cut = attempt->cut;
	result.files = attempt->moved.files;
	result.changed = attempt->moved.changed;
	result.bytes = attempt->moved.bytes;
	if (attempt->scan) {
		result.host_keys = attempt->scan->keys;
		result.host_key_count = attempt->scan->count;
	}
	result.copy_id = attempt->copy_id;
	set_phases(&result, attempt);
	tell(scheduler, task, &result);
}

/* How long until the next try; -1 for none. */
static int64_t next_try_ms(const struct scheduler *scheduler, struct task *task,
			   const struct attempt *attempt)
{
	const struct scheduler_options *options = scheduler->options;
	if (scheduler->draining || attempt->ran != SSHOAL_RAN_NO ||
	    attempt->deadline || attempt->check_failed)
		return -1;
	int phase = atomic_load(&attempt->phase);
	if (sshoal__backoff_is_busy(attempt->code, phase) &&
	    task->busy_tries < BACKOFF_BUSY_TRIES)
		return sshoal__backoff_ms(BACKOFF_BUSY_MS, task->busy_tries++);
	if (!sshoal__backoff_is_worth(attempt->code, phase) ||
	    task->retries >= options->retries)
		return -1;
	return sshoal__backoff_ms(options->retry_delay_ms, task->retries++);
}

void sshoal__outcome_of(struct scheduler *scheduler, struct attempt *attempt)
{
	struct task *task = attempt->task;
	int64_t delay_ms = next_try_ms(scheduler, task, attempt);
	if (delay_ms >= 0) {
		task->due_ms = sshoal__deadline_in(delay_ms);
		task->state = TASK_WAITING;
		scheduler->waiting[scheduler->waiting_count++] = task;
	} else {
		tell_attempt(scheduler, task, attempt);
	}
	sshoal__attempt_free(attempt);
}
