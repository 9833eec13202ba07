/* SPDX-License-Identifier: MIT */
#include "fleet/scheduler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "fleet/outlet.h"
#include "fleet/stack.h"
#include "work/gate.h"
#include "work/pool.h"

/*
 * The scheduler sleeps in one place and never waits for a worker: what workers
 * have to say comes as events, and a worker that says nothing past its limit
 * is cut off, then left behind.
 */

#define SWEEP_MS 1000
#define SWEEP_LOOKUPS_MS 100
#define CUT_AFTER_MS 2000
#define GIVE_UP_AFTER_MS 3000

/* A connection this slow to be made holds no place among the logins: nothing
 * is under way at a server yet. */
#define SLOW_CONNECT_MS 1000

void sshoal__scheduler_heed(struct scheduler *scheduler, int rc)
{
	if (rc)
		(void)sshoal_cancel_trigger(scheduler->run->cancel,
					    SSHOAL_CANCEL_END);
}

void sshoal__scheduler_note(struct scheduler *scheduler, int level,
			    const char *text)
{
	if (scheduler->callbacks->note)
		sshoal__scheduler_heed(
			scheduler, scheduler->callbacks->note(NULL, level, text,
							      scheduler->data));
}

void sshoal__scheduler_ready(struct scheduler *scheduler, struct task *task)
{
	task->state = TASK_READY;
	task->next = NULL;
	*scheduler->ready_last = task;
	scheduler->ready_last = &task->next;
}

/* A task that waited for its address goes before those behind it. */
static void ready_first(struct scheduler *scheduler, struct task *task)
{
	scheduler->near++;
	task->next = scheduler->ready;
	scheduler->ready = task;
	if (!task->next)
		scheduler->ready_last = &task->next;
}

static struct task *take_ready(struct scheduler *scheduler)
{
	struct task *task = scheduler->ready;
	if (!task)
		return NULL;
	scheduler->ready = task->next;
	if (!scheduler->ready)
		scheduler->ready_last = &scheduler->ready;
	return task;
}

/* The place among the logins is given back, once. */
static void leave(struct scheduler *scheduler, struct attempt *attempt,
		  bool logged_in)
{
	if (!attempt->login_counted)
		return;
	attempt->login_counted = false;
	int64_t now_us = sshoal__clock_now_us();
	struct task *next = sshoal__admission_leave(
		&scheduler->admission, attempt->task, now_us,
		logged_in ? attempt->logged_in_us - attempt->asked_us -
				    attempt->submitted_ms * 1000 :
			    -1);
	if (next)
		ready_first(scheduler, next);
}

static void unlink_running(struct scheduler *scheduler, struct attempt *attempt)
{
	sshoal__running_remove(scheduler->running, attempt);
	attempt->task->attempt = NULL;
}

/* Goes on with those that waited to hear whether their password is right. */
static void after_probe(struct scheduler *scheduler)
{
	struct task *task = sshoal__probe_freed(&scheduler->probe);
	for (; task; task = sshoal__probe_freed(&scheduler->probe))
		if (task->state == TASK_READY) {
			scheduler->near++;
			sshoal__scheduler_ready(scheduler, task);
		}
}

/* What its password was good for, and its answers. */
static void judge_login(struct scheduler *scheduler, struct attempt *attempt)
{
	bool logged_in = attempt->logged_in_us != 0;
	/* One that sudo is to take as well is judged by that. */
	if (!logged_in || !attempt->plan->sudo_password)
		sshoal__probe_leave(&scheduler->probe, attempt->task, logged_in,
				    attempt->password);
	after_probe(scheduler);
	if (logged_in)
		sshoal__questions_logged_in(scheduler, attempt);
}

/* What its password for sudo was good for. */
static void judge_sudo(struct scheduler *scheduler,
		       const struct attempt *attempt)
{
	sshoal__probe_leave(&scheduler->probe, attempt->task,
			    attempt->sudo_password == PASSWORD_ACCEPTED,
			    attempt->sudo_password);
	after_probe(scheduler);
}

static void on_over(struct scheduler *scheduler, struct attempt *attempt)
{
	struct run *run = attempt->run;
	leave(scheduler, attempt, false);
	judge_login(scheduler, attempt);
	/* One that never came to sudo says nothing of its password. */
	sshoal__probe_leave(&scheduler->probe, attempt->task, false,
			    PASSWORD_UNUSED);
	after_probe(scheduler);
	sshoal__questions_over(scheduler, attempt,
			       attempt->code == SSHOAL_EAUTH);
	unlink_running(scheduler, attempt);
	sshoal__outcome_of(scheduler, attempt);
	sshoal__run_free(run);
}

/* Gives what came of a host to the callback that is for it. */
static int pass_on(const struct scheduler *scheduler, const struct event *event)
{
	const sshoal_fleet_callbacks *callbacks = scheduler->callbacks;
	const struct event_bytes *bytes = (const struct event_bytes *)event;
	const struct event_file *file = (const struct event_file *)event;
	const struct event_progress *progress =
		(const struct event_progress *)event;
	const struct task *task = event->owner;
	if (event->kind == EVENT_FILE && callbacks->file)
		return callbacks->file(task->target, &file->file,
				       scheduler->data);
	if (event->kind == EVENT_PROGRESS && callbacks->progress)
		return callbacks->progress(task->target, &progress->progress,
					   scheduler->data);
	if (event->kind == EVENT_OUTPUT && callbacks->output)
		return callbacks->output(task->target, event->value,
					 bytes->bytes, event->size,
					 scheduler->data);
	if (event->kind == EVENT_PHASE && callbacks->phase)
		return callbacks->phase(task->target, event->value,
					scheduler->data);
	if (event->kind == EVENT_NOTE && callbacks->note)
		return callbacks->note(task->target, event->value,
				       (const char *)bytes->bytes,
				       scheduler->data);
	return 0;
}

static void on_told(struct scheduler *scheduler, struct event *event)
{
	const struct task *task = event->owner;
	int rc = 0;
	/* Something of a host that was given up may have been on its way:
	 * nothing follows a result. */
	if (task->state != TASK_DONE)
		rc = pass_on(scheduler, event);
	if (sshoal__event_is_bounded(event->kind))
		sshoal__events_release(&scheduler->run->events, event->size);
	free(event);
	sshoal__scheduler_heed(scheduler, rc);
}

static void deliver(struct scheduler *scheduler)
{
	struct event *event = sshoal__events_take(&scheduler->run->events);
	while (event) {
		struct event *next = event->next;
		switch (event->kind) {
		case EVENT_RESOLVED:
			sshoal__names_resolved(scheduler, event);
			break;
		case EVENT_ROUTED:
			sshoal__routes_opened(scheduler, event);
			break;
		case EVENT_PHASE:
		case EVENT_NOTE:
		case EVENT_OUTPUT:
		case EVENT_FILE:
		case EVENT_PROGRESS:
			on_told(scheduler, event);
			break;
		case EVENT_QUESTION:
			sshoal__questions_asked(scheduler, event);
			break;
		case EVENT_LOGGED_IN:
			leave(scheduler, event->owner, true);
			judge_login(scheduler, event->owner);
			break;
		case EVENT_RAISED:
			judge_sudo(scheduler, event->owner);
			break;
		case EVENT_OVER:
			on_over(scheduler, event->owner);
			break;
		case EVENT_CHECKED:
			sshoal__rollout_checked(scheduler);
			break;
		}
		event = next;
	}
}

/* From here on what runs does not go on. */
static void end(struct scheduler *scheduler)
{
	if (scheduler->ending)
		return;
	scheduler->ending = true;
	scheduler->ended_ms = sshoal__clock_now_ms();
	struct attempt *running = scheduler->running->first;
	for (; running; running = running->next)
		running->end_limit_ms =
			atomic_load(&running->watch.deadline_ms);
	sshoal__rollout_drain(scheduler);
	sshoal__routes_end(&scheduler->run->routes);
	sshoal__questions_end(scheduler);
}

bool sshoal__scheduler_is_held(struct scheduler *scheduler)
{
	if (!scheduler->gate || sshoal_gate_is_open(scheduler->gate))
		return false;
	scheduler->held = true;
	return true;
}

static void wake_waiting(struct scheduler *scheduler, int64_t now_ms)
{
	size_t i = 0;
	while (i < scheduler->waiting_count) {
		struct task *task = scheduler->waiting[i];
		if (task->due_ms > now_ms) {
			i++;
			continue;
		}
		scheduler->waiting[i] =
			scheduler->waiting[--scheduler->waiting_count];
		scheduler->near++;
		sshoal__scheduler_ready(scheduler, task);
	}
}

static struct attempt *make_attempt(struct scheduler *scheduler,
				    struct task *task)
{
	struct attempt *attempt = calloc(1, sizeof *attempt);
	if (!attempt)
		return NULL;
	attempt->logged_in =
		(struct event){ .owner = attempt, .kind = EVENT_LOGGED_IN };
	attempt->raised =
		(struct event){ .owner = attempt, .kind = EVENT_RAISED };
	attempt->over = (struct event){ .owner = attempt, .kind = EVENT_OVER };
	attempt->run = sshoal__run_ref(scheduler->run);
	attempt->task = task;
	attempt->plan = &task->plan;
	attempt->addresses = task->addresses;
	attempt->login_counted = true;
	attempt->submitted_ms = sshoal__clock_now_ms();
	attempt->dns_ms =
		task->tries == 1 && task->dns_us > 0 ? task->dns_us / 1000 : 0;
	atomic_init(&attempt->phase, SSHOAL_PHASE_QUEUE);
	atomic_init(&attempt->refs, 1);
	sshoal__watch_init(&attempt->watch);
	task->attempt = attempt;
	sshoal__running_add(scheduler->running, attempt);
	return attempt;
}

static void start(struct scheduler *scheduler, struct task *task)
{
	scheduler->near--;
	task->state = TASK_RUNNING;
	task->tries++;
	if (!task->begun_us) {
		task->begun_us = sshoal__clock_now_us();
		if (scheduler->callbacks->start)
			sshoal__scheduler_heed(
				scheduler,
				scheduler->callbacks->start(task->target,
							    scheduler->data));
	}
	struct attempt *attempt = make_attempt(scheduler, task);
	if (!attempt) {
		struct task *next = sshoal__admission_leave(
			&scheduler->admission, task, 0, -1);
		if (next)
			ready_first(scheduler, next);
		sshoal__outcome_without(scheduler, task, SSHOAL_STATUS_LOCAL,
					SSHOAL_ENOMEM, SSHOAL_PHASE_QUEUE,
					"out of memory");
		return;
	}
	int rc = sshoal_pool_submit(scheduler->pool, sshoal__attempt_run,
				    attempt, 0, &attempt->future);
	if (rc == 0)
		return;
	attempt->code = sshoal__error_set(&attempt->error, rc,
					  "no thread could be made");
	attempt->over_us = sshoal__clock_now_us();
	on_over(scheduler, attempt);
}

/* Has a task that cannot begin end. */
static void end_without(struct scheduler *scheduler, struct task *task,
			int status, int code, const char *text)
{
	scheduler->near--;
	sshoal__probe_leave(&scheduler->probe, task, false, PASSWORD_UNUSED);
	after_probe(scheduler);
	sshoal__outcome_without(scheduler, task, status, code,
				SSHOAL_PHASE_QUEUE, text);
}

static void end_refused(struct scheduler *scheduler, struct task *task)
{
	char text[240];
	(void)snprintf(text, sizeof text,
		       "its password was refused by %s, and is not tried on "
		       "more hosts",
		       task->probe->hosts);
	end_without(scheduler, task, SSHOAL_STATUS_NOT_STARTED, SSHOAL_EAUTH,
		    text);
}

/* Lets one task in, or has it wait: for its address or for word of its
 * password. It keeps no place from other hosts then. */
static void admit_one(struct scheduler *scheduler, struct task *task,
		      int64_t now_us)
{
	bool waits = false;
	switch (sshoal__probe_enter(task)) {
	case PROBE_END:
		end_refused(scheduler, task);
		return;
	case PROBE_WAIT:
		scheduler->near--;
		return;
	case PROBE_GO:
		break;
	}
	if (sshoal__admission_enter(&scheduler->admission, task, now_us,
				    &waits) != 0)
		end_without(scheduler, task, SSHOAL_STATUS_LOCAL, SSHOAL_ENOMEM,
			    "out of memory");
	else if (waits)
		scheduler->near--;
	else
		start(scheduler, task);
}

static int64_t admit(struct scheduler *scheduler)
{
	int64_t due_us = 0;
	while (sshoal__rollout_may_start(scheduler) && scheduler->ready &&
	       scheduler->running->count < scheduler->parallel &&
	       !sshoal__scheduler_is_held(scheduler)) {
		int64_t now_us = sshoal__clock_now_us();
		if (!sshoal__admission_is_open(&scheduler->admission, now_us,
					       &due_us))
			break;
		admit_one(scheduler, take_ready(scheduler), now_us);
		sshoal__names_feed(scheduler);
	}
	return due_us ? (due_us + 999) / 1000 : DEADLINE_NONE;
}

static void give_up(struct scheduler *scheduler, struct attempt *attempt)
{
	/* The worker may return at any moment after it was dropped, and gives
	 * up its own reference then. */
	(void)atomic_fetch_add(&attempt->refs, 1);
	if (!sshoal__events_drop(&scheduler->run->events, &attempt->given_up,
				 &attempt->over)) {
		(void)atomic_fetch_sub(&attempt->refs, 1);
		return;
	}
	(void)sshoal__pool_abandon(scheduler->pool, attempt->future);
	leave(scheduler, attempt, false);
	sshoal__probe_leave(&scheduler->probe, attempt->task, false,
			    PASSWORD_UNUSED);
	after_probe(scheduler);
	sshoal__questions_over(scheduler, attempt, false);
	unlink_running(scheduler, attempt);
	scheduler->summary->given_up++;
	sshoal__outcome_given_up(scheduler, attempt);
	sshoal__attempt_free(attempt);
}

/* When a session must be over. One that sets itself no other limit once the
 * run is ended does not hear of that, since every wait of it would be over: it
 * is stuck in a call. */
static int64_t limit_of(const struct scheduler *scheduler,
			const struct attempt *attempt)
{
	int64_t limit_ms = atomic_load(&attempt->watch.deadline_ms);
	if (scheduler->ending && limit_ms == attempt->end_limit_ms &&
	    atomic_load(&attempt->phase) >= SSHOAL_PHASE_KEX)
		return sshoal__deadline_min(limit_ms, scheduler->ended_ms);
	return limit_ms;
}

static void sweep_attempt(struct scheduler *scheduler, struct attempt *attempt,
			  int64_t now_ms)
{
	int64_t deadline_ms = limit_of(scheduler, attempt);
	if (attempt->login_counted &&
	    atomic_load(&attempt->phase) == SSHOAL_PHASE_CONNECT &&
	    now_ms - attempt->submitted_ms >= SLOW_CONNECT_MS)
		leave(scheduler, attempt, false);
	if (deadline_ms == DEADLINE_NONE || now_ms - deadline_ms < CUT_AFTER_MS)
		return;
	/* The time to answer the cut is counted from the cut: all of this
	 * process may have been stopped until now. */
	if (!attempt->cut_ms) {
		attempt->cut_ms = now_ms;
		sshoal__watch_cut(&attempt->watch);
	} else if (now_ms >= attempt->cut_ms + GIVE_UP_AFTER_MS) {
		give_up(scheduler, attempt);
	}
}

static void sweep(struct scheduler *scheduler, int64_t now_ms)
{
	if (now_ms < scheduler->sweep_ms)
		return;
	scheduler->sweep_ms = now_ms + SWEEP_MS;
	struct attempt *attempt = scheduler->running->first;
	while (attempt) {
		struct attempt *next = attempt->next;
		sweep_attempt(scheduler, attempt, now_ms);
		attempt = next;
	}
	if (!scheduler->told_threads &&
	    sshoal__pool_refused(scheduler->pool) > 0) {
		scheduler->told_threads = true;
		sshoal__scheduler_note(scheduler, 0,
				       "the system refuses more threads: the "
				       "run goes on with those it has");
	}
}

static void look_at_limits(struct scheduler *scheduler)
{
	const struct run *run = scheduler->run;
	if (sshoal_cancel_is_triggered(run->cancel, SSHOAL_CANCEL_END) ||
	    (run->deadline_ms != DEADLINE_NONE &&
	     sshoal__deadline_left_ms(run->deadline_ms) == 0))
		end(scheduler);
	if (sshoal_cancel_is_triggered(scheduler->drain, SSHOAL_CANCEL_END))
		sshoal__rollout_drain(scheduler);
}

/* The one place where the scheduler sleeps. */
static void wait(struct scheduler *scheduler, int64_t due_ms)
{
	const struct run *run = scheduler->run;
	struct input *input = run->job.surroundings.input;
	int64_t now_ms = sshoal__clock_now_ms();
	for (size_t i = 0; i < scheduler->waiting_count; i++)
		due_ms = sshoal__deadline_min(due_ms,
					      scheduler->waiting[i]->due_ms);
	if (scheduler->running->count > 0)
		due_ms = sshoal__deadline_min(due_ms, scheduler->sweep_ms);
	if (scheduler->lookups > 0)
		due_ms =
			sshoal__deadline_min(due_ms, now_ms + SWEEP_LOOKUPS_MS);
	if (!scheduler->ending)
		due_ms = sshoal__deadline_min(due_ms, run->deadline_ms);
	struct pollfd wanted[] = {
		{ .fd = run->events.ready_fd, .events = POLLIN },
		{ .fd = scheduler->ending ? -1 :
					    sshoal_cancel_fd(run->cancel,
							     SSHOAL_CANCEL_END),
		  .events = POLLIN },
		{ .fd = scheduler->held && !scheduler->draining ?
				sshoal__gate_fd(scheduler->gate) :
				-1,
		  .events = POLLIN },
		{ .fd = scheduler->draining ?
				-1 :
				sshoal_cancel_fd(scheduler->drain,
						 SSHOAL_CANCEL_END),
		  .events = POLLIN },
		{ .fd = scheduler->ending ? -1 : sshoal__input_fd(input),
		  .events = POLLIN },
	};
	(void)sshoal__wait_any(wanted, 5, due_ms, -1);
	if (wanted[4].revents)
		sshoal__input_serve(input);
}

/* Begins what may begin. Hosts that cannot end here, which may be what others
 * waited for. Returns when to come again. */
static int64_t go_on(struct scheduler *scheduler, int64_t now_ms)
{
	for (;;) {
		size_t ended = scheduler->done + scheduler->rollout.held_count;
		int64_t next_ms = sshoal__rollout_step(scheduler, now_ms);
		sshoal__names_feed(scheduler);
		int64_t due_ms = admit(scheduler);
		if (ended == scheduler->done + scheduler->rollout.held_count)
			return sshoal__deadline_min(next_ms, due_ms);
	}
}

static void drive(struct scheduler *scheduler)
{
	const sshoal_fleet_callbacks *callbacks = scheduler->callbacks;
	scheduler->sweep_ms = sshoal__clock_now_ms() + SWEEP_MS;
	for (;;) {
		scheduler->held = false;
		deliver(scheduler);
		look_at_limits(scheduler);
		int64_t now_ms = sshoal__clock_now_ms();
		/* What these end makes room for hosts that wait, and nothing
		 * else wakes us for them. */
		sweep(scheduler, now_ms);
		if (scheduler->lookups > 0)
			sshoal__names_sweep(scheduler, now_ms);
		wake_waiting(scheduler, now_ms);
		int64_t due_ms = go_on(scheduler, now_ms);
		if (callbacks->idle)
			sshoal__scheduler_heed(
				scheduler, callbacks->idle(scheduler->data));
		if (scheduler->done == scheduler->run->count &&
		    scheduler->lookups == 0 && scheduler->routed == 0 &&
		    scheduler->running->count == 0)
			return;
		wait(scheduler, due_ms);
	}
}

int sshoal__scheduler_run(struct scheduler *scheduler, sshoal_error *error)
{
	const struct scheduler_options *options = scheduler->options;
	sshoal__capacity_fit(scheduler);
	scheduler->ready_last = &scheduler->ready;
	scheduler->waiting =
		calloc(scheduler->run->count + 1, sizeof(struct task *));
	if (!scheduler->waiting)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	sshoal_pool_options pool_options = SSHOAL_POOL_OPTIONS_INIT;
	pool_options.max_threads = scheduler->parallel;
	pool_options.stack_size_bytes = STACK_BYTES;
	int rc = sshoal_pool_new(&scheduler->pool, &pool_options, error);
	if (rc == 0) {
		sshoal__admission_init(&scheduler->admission, options->logins,
				       options->logins_per_address,
				       options->connect_rate);
		sshoal__rollout_init(scheduler);
		rc = sshoal__probe_init(&scheduler->probe, scheduler->run);
		if (rc == 0)
			drive(scheduler);
		else
			(void)sshoal__error_code(error, rc);
		sshoal_pool_free(scheduler->pool);
		scheduler->summary->given_up +=
			sshoal__routes_close(&scheduler->run->routes);
		sshoal__names_fini(scheduler);
		sshoal__admission_fini(&scheduler->admission);
		sshoal__questions_fini(&scheduler->questions);
		sshoal__probe_fini(&scheduler->probe);
	}
	free(scheduler->waiting);
	return rc;
}
