/* SPDX-License-Identifier: MIT */
#include "fleet/local_check.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/shell.h"
#include "base/wait.h"
#include "fleet/run.h"

/* The scheduler goes on meanwhile: it says who is running and hears an
 * interrupt, which ends the command. */

static void say_end(sshoal_error *error, int status)
{
	(void)sshoal__error_set(error, SSHOAL_EREMOTE,
				status < 0 ? "the local check: signal %d" :
					     "the local check: exit status %d",
				status < 0 ? -status : status);
}

/* Until it passes. What it ended with last is in the error. */
static int repeat(const struct run *run, int64_t limit_ms, sshoal_error *error)
{
	const char *command = run->settings->options.check_local;
	int end_fd = sshoal_cancel_fd(run->cancel, SSHOAL_CANCEL_END);
	for (;;) {
		int status = 0;
		sshoal_error why = { .code = 0 };
		int64_t next_ms = sshoal__deadline_in(CHECK_EVERY_MS);
		int rc = sshoal__shell_run(&status, command, limit_ms, end_fd,
					   &why);
		if (rc == 0 && status == 0)
			return 0;
		if (rc == 0)
			say_end(error, status);
		else if (rc != SSHOAL_ETIMEOUT)
			return sshoal__error_set(
				error, rc, "the local check: %.200s", why.text);
		else if (!*error->text)
			(void)sshoal__error_set(error, rc,
						"the local check did not end "
						"in its time");
		rc = sshoal__wait_any(NULL, 0,
				      sshoal__deadline_min(next_ms, limit_ms),
				      end_fd);
		if (rc == SSHOAL_ECANCELLED)
			return sshoal__error_code(error, rc);
		if (sshoal__deadline_left_ms(limit_ms) == 0)
			return SSHOAL_ETIMEOUT;
	}
}

static void *work(void *argument)
{
	struct local_check *check = argument;
	const struct run *run = check->run;
	const sshoal_fleet_options *options = &run->settings->options;
	int64_t timeout_ms = options->check_timeout_ms ?
				     options->check_timeout_ms :
				     CHECK_MS;
	int64_t limit_ms = sshoal__deadline_min(sshoal__deadline_in(timeout_ms),
						run->deadline_ms);
	check->error = (sshoal_error){ .code = 0 };
	check->code = repeat(run, limit_ms, &check->error);
	(void)sshoal__events_post(&check->run->events, &check->over, NULL);
	return NULL;
}

int sshoal__local_check_start(struct local_check *check, struct run *run,
			      sshoal_pool *pool)
{
	check->run = run;
	check->over = (struct event){ .owner = check, .kind = EVENT_CHECKED };
	int rc = sshoal_pool_submit(pool, work, check, 0, NULL);
	check->under_way = rc == 0;
	return rc;
}
