/* SPDX-License-Identifier: MIT */
#include "fleet/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/command.h>
#include <sshoal/text.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "fleet/backoff.h"
#include "fleet/local_check.h"
#include "fleet/outlet.h"
#include "fleet/run.h"

/*
 * What was changed may well have ended the connection (a server restarted, a
 * host booted), so the check logs in anew as long as there is time; but never
 * again where a login is refused, and nobody is asked anything.
 */

/* From TERM to KILL of a check that did not end, and what that may take. */
#define GRACE_MS 1000
#define END_MS 5000

/* By how much logins of many hosts are kept apart. */
#define JITTER_MS 500

#define WORDS_MAX 200

struct check {
	struct connection *connection;
	int64_t limit_ms;
	char words[WORDS_MAX]; /* the last that it said, as they came */
	size_t words_size;
};

bool sshoal__check_is_wanted(const struct attempt *attempt)
{
	return attempt->run->settings->options.check != NULL;
}

static bool is_due(const struct attempt *attempt, int rc)
{
	const struct exit_record *exit = &attempt->outcome.exit;
	return sshoal__check_is_wanted(attempt) && rc == 0 &&
	       exit->signal_count == 0 &&
	       (exit->status_count == 0 || exit->status == 0);
}

static void lose(struct connection *connection)
{
	struct attempt *attempt = connection->attempt;
	sshoal__connection_close(connection);
	*connection = (struct connection){ .attempt = attempt };
}

static int connect_again(struct check *check)
{
	struct connection *connection = check->connection;
	struct attempt *attempt = connection->attempt;
	struct attempt_way way;
	struct dialed dialed;
	struct session *session = NULL;
	sshoal__attempt_way(&way, attempt);
	way.events.enter = NULL; /* its phases are those of the job */
	way.login.prompt = NULL;
	way.dial.deadline_ms = check->limit_ms;
	way.dial.connect_deadline_ms = sshoal__deadline_min(
		sshoal__attempt_limit(attempt,
				      attempt->plan->connect_timeout_ms),
		check->limit_ms);
	int rc = sshoal__dial(&session, &way.dial, &dialed, &attempt->error);
	return rc ? rc : sshoal__connection_begin(connection, attempt, session);
}

/* Whether what ended an attempt to connect may be over later. */
static bool may_pass(int code)
{
	return code == SSHOAL_ETIMEOUT || code == SSHOAL_ELOST ||
	       code == SSHOAL_ENOSTATUS || code == SSHOAL_ECHANNEL ||
	       code == SSHOAL_EPROTOCOL ||
	       sshoal__backoff_is_worth(code, SSHOAL_PHASE_CONNECT);
}

/* Keeps the end of what it says. */
static void keep_words(struct check *check, const char *said, size_t n)
{
	if (n >= WORDS_MAX) {
		said += n - WORDS_MAX;
		n = WORDS_MAX;
	}
	size_t kept = check->words_size;
	if (kept > WORDS_MAX - n)
		kept = WORDS_MAX - n;
	memmove(check->words, check->words + check->words_size - kept, kept);
	memcpy(check->words + kept, said, n);
	check->words_size = kept + n;
}

/* Reads all that the command says. 0 at its end. */
static int read_all(struct check *check, sshoal_command *command)
{
	char bytes[4096];
	for (;;) {
		int stream = SSHOAL_STDOUT;
		int64_t n = sshoal_command_read_any(
			command, &stream, bytes, sizeof bytes,
			sshoal__deadline_left_ms(check->limit_ms));
		if (n <= 0)
			return (int)n;
		keep_words(check, bytes, (size_t)n);
	}
}

/* Says how it ended: its status and its last words. */
static int say_end(struct check *check, const sshoal_outcome *outcome)
{
	struct attempt *attempt = check->connection->attempt;
	char words[WORDS_MAX * 2];
	size_t n = check->words_size;
	while (n > 0 &&
	       (check->words[n - 1] == '\n' || check->words[n - 1] == '\r'))
		n--;
	(void)sshoal_text_escape(words, sizeof words, check->words, n);
	const char *colon = *words ? ": " : "";
	if (*outcome->exit_signal)
		return sshoal__error_set(&attempt->error, SSHOAL_EREMOTE,
					 "check: signal %s%s%s",
					 outcome->exit_signal, colon, words);
	return sshoal__error_set(&attempt->error, SSHOAL_EREMOTE,
				 "check: exit status %" PRId64 "%s%s",
				 outcome->exit_status, colon, words);
}

/* 0 when it passed. SSHOAL_EREMOTE: it did not. */
static int finish(struct check *check, sshoal_command *command)
{
	struct attempt *attempt = check->connection->attempt;
	sshoal_outcome outcome = { .exit_status = -1 };
	int rc = read_all(check, command);
	if (rc == 0)
		rc = sshoal_command_wait(
			command, &outcome,
			sshoal__deadline_left_ms(check->limit_ms));
	if (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED)
		(void)sshoal_command_end(command, GRACE_MS, NULL);
	if (rc == SSHOAL_ETIMEOUT)
		return sshoal__error_set(&attempt->error, rc,
					 "check: it did not end in its time");
	if (rc)
		return sshoal__error_set(&attempt->error, rc, "check: %s",
					 sshoal_command_error_text(command));
	return outcome.exit_status == 0 ? 0 : say_end(check, &outcome);
}

static int run_once(struct check *check)
{
	struct connection *connection = check->connection;
	struct attempt *attempt = connection->attempt;
	const char *line = attempt->run->settings->options.check;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_command *command = NULL;
	options.detach_grace_ms = attempt->run->detach_grace_ms;
	check->words_size = 0;
	int rc = sshoal_command_start(&command, connection->client, line,
				      &options, &attempt->error);
	if (rc) {
		sshoal__connection_drop_host(connection);
		(void)sshoal__error_prefix(&attempt->error, "check");
		return rc;
	}
	rc = finish(check, command);
	sshoal_command_free(command);
	return rc;
}

/* One try. 0 when it passed. */
static int try_once(struct check *check)
{
	struct connection *connection = check->connection;
	if (!connection->client) {
		int rc = connect_again(check);
		if (rc) {
			(void)sshoal__error_prefix(&connection->attempt->error,
						   "check: logging in again");
			return rc;
		}
	}
	int rc = run_once(check);
	if (connection->client->session->failed)
		lose(connection);
	return rc;
}

/* Waits for the next try. 0 or SSHOAL_ECANCELLED. */
static int rest(struct check *check, int64_t until_ms)
{
	struct connection *connection = check->connection;
	struct attempt *attempt = connection->attempt;
	int end_fd = sshoal_cancel_fd(attempt->run->cancel, SSHOAL_CANCEL_END);
	int rc = 0;
	while (connection->client && sshoal__deadline_left_ms(until_ms) > 0) {
		rc = sshoal_client_pump(connection->client,
					sshoal__deadline_left_ms(until_ms));
		if (rc == SSHOAL_ECANCELLED)
			return rc;
		if (rc && rc != SSHOAL_ETIMEOUT)
			lose(connection);
	}
	if (connection->client)
		return 0;
	until_ms = sshoal__deadline_min(
		sshoal__deadline_after(until_ms, arc4random_uniform(JITTER_MS)),
		check->limit_ms);
	atomic_store(&attempt->watch.deadline_ms, until_ms);
	rc = sshoal__wait_any(NULL, 0, until_ms, end_fd);
	return rc == SSHOAL_ECANCELLED ? rc : 0;
}

static int repeat(struct check *check)
{
	sshoal_error *error = &check->connection->attempt->error;
	for (;;) {
		int64_t next_ms = sshoal__deadline_min(
			sshoal__deadline_in(CHECK_EVERY_MS), check->limit_ms);
		const sshoal_error before = *error;
		int rc = try_once(check);
		/* The last try's time may have been over before it began. */
		if (rc == SSHOAL_ETIMEOUT && before.code == SSHOAL_EREMOTE)
			*error = before;
		if (rc != SSHOAL_EREMOTE && !may_pass(rc))
			return rc;
		if (rest(check, next_ms) != 0)
			return sshoal__error_set(error, SSHOAL_ECANCELLED,
						 "the check did not come to "
						 "an end");
		if (sshoal__deadline_left_ms(check->limit_ms) == 0)
			return rc;
	}
}

static bool is_past_deadline(const struct run *run)
{
	return run->deadline_ms != DEADLINE_NONE &&
	       sshoal__deadline_left_ms(run->deadline_ms) == 0;
}

int sshoal__check_after(struct connection *connection, int rc)
{
	struct attempt *attempt = connection->attempt;
	const struct run *run = attempt->run;
	if (!is_due(attempt, rc))
		return rc;
	const sshoal_fleet_options *options = &run->settings->options;
	const sshoal_error had = attempt->error;
	int64_t timeout_ms = options->check_timeout_ms ?
				     options->check_timeout_ms :
				     CHECK_MS;
	struct check check = {
		.connection = connection,
		.limit_ms = sshoal__attempt_limit(attempt, timeout_ms),
	};
	sshoal__outlet_enter(attempt, SSHOAL_PHASE_RUN);
	/* The client has time to end a check whose own is over. */
	attempt->limit_ms = sshoal__deadline_after(check.limit_ms, END_MS);
	sshoal_sftp_close(connection->sftp);
	connection->sftp = NULL;
	const struct client_ends ends = {
		.limit_ms = attempt->limit_ms,
		.cancel_fd = sshoal_cancel_fd(run->cancel, SSHOAL_CANCEL_END),
	};
	sshoal__client_wound_up(connection->client, &ends);
	attempt->error = (sshoal_error){ .code = 0 };
	rc = repeat(&check);
	if (rc == 0) {
		attempt->error = had;
		return 0;
	}
	if (rc == SSHOAL_ECANCELLED)
		return rc;
	if (is_past_deadline(run))
		return SSHOAL_ETIMEOUT;
	attempt->check_failed = true;
	return rc;
}
