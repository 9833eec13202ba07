/* SPDX-License-Identifier: MIT */
#include "fleet/attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/check.h"
#include "fleet/copy_id.h"
#include "fleet/ending.h"
#include "fleet/errand.h"
#include "fleet/files.h"
#include "fleet/outlet.h"
#include "fleet/questions.h"
#include "fleet/run.h"
#include "fleet/scan.h"
#include "fleet/script.h"
#include "fleet/stack.h"
#include "ssh/session.h"

/*
 * One host from connection to result, read from top to bottom. A worker knows
 * its attempt and what the run shares; all it tells goes through the event
 * queue.
 */

/* How long a channel and its request may take once logged in. */
#define OPEN_MS 60000

static int end_fd(const struct attempt *attempt)
{
	return sshoal_cancel_fd(attempt->run->cancel, SSHOAL_CANCEL_END);
}

int64_t sshoal__attempt_limit(const struct attempt *attempt, int64_t timeout_ms)
{
	return sshoal__deadline_min(sshoal__deadline_in(timeout_ms),
				    attempt->run->deadline_ms);
}

static int64_t connect_limit(const struct attempt *attempt)
{
	int64_t limit_ms = attempt->plan->connect_timeout_ms;
	if (limit_ms < 0)
		return attempt->run->deadline_ms;
	int64_t left_ms = limit_ms - attempt->dns_ms;
	return sshoal__attempt_limit(attempt, left_ms > 0 ? left_ms : 0);
}

static void on_started(void *data)
{
	sshoal__outlet_enter(data, SSHOAL_PHASE_RUN);
	sshoal__stack_trim();
}

void sshoal__attempt_judge(struct attempt *attempt, int rc)
{
	const struct exit_record *exit = &attempt->outcome.exit;
	bool known = exit->status_count > 0 || exit->signal_count > 0;
	attempt->idle = attempt->outcome.idle;
	if (known)
		attempt->ran = SSHOAL_RAN_YES;
	else if (attempt->outcome.requested)
		attempt->ran = SSHOAL_RAN_UNKNOWN;
	char had[160];
	(void)snprintf(had, sizeof had, "%.150s", attempt->error.text);
	if (rc == SSHOAL_ELIMIT && attempt->limited) {
		attempt->outcome.stdout_bytes =
			attempt->told_bytes[CHANNEL_STDOUT];
		attempt->outcome.stderr_bytes =
			attempt->told_bytes[CHANNEL_STDERR];
		(void)sshoal__error_set(&attempt->error, rc,
					"more output than %" PRIu64 " bytes",
					attempt->run->max_output_bytes);
	} else if (rc == SSHOAL_ELOST && exit->status_count > 0)
		(void)sshoal__error_set(&attempt->error, rc,
					"%s; exit status %u had come, output "
					"may be cut",
					had, exit->status);
	else if (rc == 0 && exit->status_count > 1)
		(void)sshoal__error_set(&attempt->error, 0,
					"the server sent %u exit statuses; the "
					"first that is not 0 counts",
					exit->status_count);
	else if (rc == 0 && attempt->outcome.held)
		(void)sshoal__error_set(&attempt->error, 0,
					"the command ended, something on the "
					"host holds its output open");
	sshoal__ending_tell(attempt);
}

static int run_errand(struct attempt *attempt, struct session *session,
		      struct errand *errand)
{
	const struct run *run = attempt->run;
	int64_t deadline_ms = attempt->limit_ms;
	struct attempt_ending ending;
	sshoal__ending_init(&ending, attempt);
	const struct channel_sink outlet = sshoal__outlet_sink_of(attempt);
	const struct channel_sink sink = sshoal__errand_sink(errand, &outlet);
	const struct exec_options options = {
		.line = errand->line,
		.input = errand->input,
		.terminal = errand->terminal,
		.env = attempt->plan->profile.env,
		.keepalive_interval_ms =
			attempt->plan->profile.keepalive_interval_ms,
		.keepalive_count = attempt->plan->profile.keepalive_count,
		.sink = sink,
		.started = on_started,
		.data = attempt,
		.deadline_ms = deadline_ms,
		.open_deadline_ms = sshoal__deadline_min(
			deadline_ms, sshoal__deadline_in(OPEN_MS)),
		.idle_ms = run->idle_ms,
		.detach_grace_ms = run->detach_grace_ms,
		.ending = &ending.exec,
	};
	sshoal__outlet_enter(attempt, SSHOAL_PHASE_CHANNEL);
	int rc = sshoal__exec_run(session, &options, &attempt->outcome,
				  &attempt->error);
	sshoal__attempt_judge(attempt, rc);
	return sshoal__errand_judge(errand, rc);
}

static int run_command(struct attempt *attempt, struct session *session)
{
	struct errand errand;
	int rc = sshoal__errand_init(&errand, attempt,
				     attempt->run->job.command);
	if (rc == 0)
		rc = run_errand(attempt, session, &errand);
	sshoal__errand_fini(&errand);
	return rc;
}

/* Stands for a call into libssh2 that does not return. */
static void spin(const struct attempt *attempt)
{
	const struct run *run = attempt->run;
	if (run->spin_label &&
	    strcmp(run->spin_label,
		   sshoal_target_label(attempt->task->target)) == 0)
		run->spin(run->spin_data);
}

static void on_enter(void *data, int phase)
{
	struct attempt *attempt = data;
	sshoal__outlet_enter(attempt, phase);
	if (phase == SSHOAL_PHASE_KEX)
		spin(attempt);
}

/* The way through the jump hosts. Waiting for these is not the host's time. */
static int reach(void *data, const struct dial *dial, int *fd,
		 int64_t *deadline_ms, sshoal_error *error)
{
	const struct attempt *attempt = data;
	const struct plan *plan = attempt->plan;
	const struct route_wish wish = {
		.host = plan->host,
		.port = plan->port,
		.open_ms = plan->connect_timeout_ms,
		.deadline_ms = dial->deadline_ms,
		.cancel_fd = dial->cancel_fd,
	};
	int64_t taken_ms = 0;
	/* While it waits for them it is not to be cut off. */
	atomic_store(&dial->watch->deadline_ms, DEADLINE_NONE);
	int rc =
		sshoal__route_connect(plan->route, &wish, fd, &taken_ms, error);
	*deadline_ms = sshoal__deadline_min(
		sshoal__deadline_after(taken_ms, plan->connect_timeout_ms),
		dial->deadline_ms);
	return rc;
}

void sshoal__attempt_way(struct attempt_way *way, struct attempt *attempt)
{
	const struct plan *plan = attempt->plan;
	const struct run *run = attempt->run;
	way->login = sshoal__credentials_login(&run->credentials, plan);
	if (plan->asks && run->wants_prompts)
		way->login.prompt = sshoal__questions_prompt;
	way->login.prompt_data = attempt;
	way->events = (struct dial_events){
		.enter = on_enter,
		.host_key = plan->asks && run->wants_host_keys ?
				    sshoal__questions_host_key :
				    NULL,
		.data = attempt,
	};
	way->dial = (struct dial){
		.host = plan->known_host,
		.host_port = plan->known_port,
		.addresses = attempt->addresses,
		.proxy_command = plan->proxy_command,
		.reach = plan->route ? reach : NULL,
		.reach_data = attempt,
		.algorithms = &plan->profile.algorithms,
		.bind = plan->profile.bind.size ? &plan->profile.bind : NULL,
		.attempts = plan->profile.attempts,
		.trust = plan->trust,
		.login = &way->login,
		.events = &way->events,
		.watch = &attempt->watch,
		.connect_deadline_ms = connect_limit(attempt),
		.login_timeout_ms = plan->login_timeout_ms,
		.deadline_ms = run->deadline_ms,
		.cancel_fd = end_fd(attempt),
		.policy = plan->policy,
		.port = plan->port,
	};
}

static int dial(struct attempt *attempt, struct session **session)
{
	struct attempt_way way;
	struct dialed dialed;
	sshoal__attempt_way(&way, attempt);
	int rc = sshoal__dial(session, &way.dial, &dialed, &attempt->error);
	memcpy(attempt->address, dialed.address, sizeof attempt->address);
	attempt->password = dialed.password;
	attempt->asked_us = dialed.asked_ms * 1000;
	if (dialed.key_added)
		sshoal__outlet_note(attempt, "its host key is new and was "
					     "added to the known hosts");
	return rc;
}

/* What is one command, or none, and a check. */
static int run_checked(struct attempt *attempt, struct session *session)
{
	const struct job *job = &attempt->run->job;
	struct connection connection;
	sshoal__outlet_enter(attempt, SSHOAL_PHASE_CHANNEL);
	int rc = sshoal__connection_begin(&connection, attempt, session);
	if (rc == 0 && job->kind == SSHOAL_JOB_COMMAND)
		rc = sshoal__connection_run(&connection, job->command);
	rc = sshoal__check_after(&connection, rc);
	sshoal__connection_close(&connection);
	return rc;
}

/* Does the job; the session is over afterwards. */
static int do_job(struct attempt *attempt, struct session *session)
{
	int rc = 0;
	switch ((enum sshoal_job_kind)attempt->run->job.kind) {
	case SSHOAL_JOB_PUT:
	case SSHOAL_JOB_GET:
		return sshoal__files_move(attempt, session);
	case SSHOAL_JOB_SCRIPT:
		return sshoal__script_run(attempt, session);
	case SSHOAL_JOB_COPY_ID:
		return sshoal__copy_id_run(attempt, session);
	case SSHOAL_JOB_COMMAND:
		if (sshoal__check_is_wanted(attempt))
			return run_checked(attempt, session);
		rc = run_command(attempt, session);
		break;
	case SSHOAL_JOB_PING:
		if (sshoal__check_is_wanted(attempt))
			return run_checked(attempt, session);
		break;
	case SSHOAL_JOB_SCAN:
		break;
	}
	sshoal__session_limit(session, sshoal__deadline_in(0));
	sshoal__session_free(session);
	return rc;
}

static int work(struct attempt *attempt)
{
	struct session *session = NULL;
	if (attempt->run->job.kind == SSHOAL_JOB_SCAN)
		return sshoal__scan_run(attempt);
	int rc = dial(attempt, &session);
	if (rc)
		return rc;
	attempt->logged_in_us = sshoal__clock_now_us();
	(void)sshoal__events_post(&attempt->run->events, &attempt->logged_in,
				  &attempt->given_up);
	attempt->limit_ms =
		sshoal__attempt_limit(attempt, attempt->plan->timeout_ms);
	return do_job(attempt, session);
}

void *sshoal__attempt_run(void *argument)
{
	struct attempt *attempt = argument;
	struct run *run = attempt->run;
	attempt->code = work(attempt);
	attempt->over_us = sshoal__clock_now_us();
	attempt->deadline = attempt->code == SSHOAL_ETIMEOUT &&
			    run->deadline_ms != DEADLINE_NONE &&
			    sshoal__deadline_left_ms(run->deadline_ms) == 0;
	free(attempt->spare);
	attempt->spare = NULL;
	if (!sshoal__events_post(&run->events, &attempt->over,
				 &attempt->given_up)) {
		/* Nobody waits for it any more. */
		sshoal__attempt_free(attempt);
		sshoal__run_free(run);
	}
	return NULL;
}

void sshoal__attempt_free(struct attempt *attempt)
{
	if (!attempt || atomic_fetch_sub(&attempt->refs, 1) != 1)
		return;
	sshoal__watch_fini(&attempt->watch);
	sshoal_future_free(attempt->future);
	sshoal__scan_free(attempt->scan);
	free(attempt->spare);
	free(attempt);
}
