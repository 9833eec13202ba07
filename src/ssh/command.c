/* SPDX-License-Identifier: MIT */
#include "ssh/command.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * A command on a channel of its own (RFC 4254 section 6.5). It is over when
 * the server closed the channel: the end of output alone says nothing of the
 * exit status, and libssh2's own word for the status is never asked for, since
 * it says 0 when none came.
 */

#define WINDOW_BYTES (512 * 1024)
#define PACKET_BYTES 32768

/* libssh2's numbers of the streams. */
enum stream { STREAM_STDOUT, STREAM_STDERR, STREAM_COUNT };

struct command {
	struct session *session;
	const struct command_options *options;
	struct command_outcome *outcome;
	LIBSSH2_CHANNEL *channel;
	int64_t last_byte_ms;
	bool ended[STREAM_COUNT];
};

static int open_channel(struct command *command, sshoal_error *error)
{
	struct session *session = command->session;
	for (;;) {
		command->channel = libssh2_channel_open_ex(
			session->ssh, "session", 7, WINDOW_BYTES, PACKET_BYTES,
			NULL, 0);
		if (command->channel) {
			command->outcome->exit.channel =
				session->tap.opened_channel;
			return 0;
		}
		int rc = libssh2_session_last_errno(session->ssh);
		if (rc == LIBSSH2_ERROR_CHANNEL_FAILURE && !session->ended)
			return sshoal__error_set(
				error, SSHOAL_ECHANNEL,
				"the server refused to open a channel");
		if (rc != LIBSSH2_ERROR_EAGAIN)
			return sshoal__session_fail(session, rc, SSHOAL_ELOST,
						    error);
		rc = sshoal__session_wait(
			session, command->options->open_deadline_ms, error);
		if (rc)
			return rc;
	}
}

static int request(struct command *command, sshoal_error *error)
{
	struct session *session = command->session;
	const char *line = command->options->line;
	command->outcome->requested = true;
	for (;;) {
		int rc = libssh2_channel_process_startup(
			command->channel, "exec", 4, line,
			(unsigned)strlen(line));
		if (rc == 0)
			break;
		if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED) {
			command->outcome->requested = false;
			return sshoal__error_set(
				error, SSHOAL_ECHANNEL,
				"the server refused to run the command");
		}
		if (rc != LIBSSH2_ERROR_EAGAIN)
			return sshoal__session_fail(session, rc, SSHOAL_ELOST,
						    error);
		rc = sshoal__session_wait(
			session, command->options->open_deadline_ms, error);
		if (rc)
			return rc;
	}
	command->options->sink.started(command->options->sink.data);
	/* Without it programs that read their input would wait for ever. */
	int rc = libssh2_channel_send_eof(command->channel);
	if (rc && rc != LIBSSH2_ERROR_EAGAIN)
		return sshoal__session_fail(session, rc, SSHOAL_ELOST, error);
	return 0;
}

/* Reads what has come on one stream. *moved: something came. */
static int drain(struct command *command, enum stream stream, bool *moved,
		 sshoal_error *error)
{
	const struct command_sink *sink = &command->options->sink;
	struct command_outcome *outcome = command->outcome;
	while (!command->ended[stream]) {
		size_t size;
		unsigned char *room = sink->room(sink->data, &size);
		if (!room)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		ssize_t n = libssh2_channel_read_ex(
			command->channel,
			stream == STREAM_STDERR ? SSH_EXTENDED_DATA_STDERR : 0,
			(char *)room, size);
		if (n == LIBSSH2_ERROR_EAGAIN)
			return 0;
		if (n < 0)
			return sshoal__session_fail(command->session, (int)n,
						    SSHOAL_ELOST, error);
		if (n == 0) {
			command->ended[stream] = true;
			*moved = true;
			return 0;
		}
		*moved = true;
		/* A slow reader is no fault of the host's: neither its idle
		 * limit nor the grace runs while its output waits. */
		sshoal__session_limit(command->session,
				      command->options->deadline_ms);
		int rc = sink->put(sink->data, stream + 1, (size_t)n);
		if (rc)
			return sshoal__error_code(error, rc);
		if (stream == STREAM_STDERR)
			outcome->stderr_bytes += (uint64_t)n;
		else
			outcome->stdout_bytes += (uint64_t)n;
	}
	return 0;
}

static bool has_exit(const struct command *command)
{
	const struct exit_record *exit = &command->outcome->exit;
	return exit->status_count > 0 || exit->signal_count > 0;
}

static int64_t later(int64_t from_ms, int64_t by_ms)
{
	return by_ms < 0 || by_ms >= DEADLINE_NONE - from_ms ? DEADLINE_NONE :
							       from_ms + by_ms;
}

/* Sleeps until input, a limit, or the end of the grace, which is no error:
 * *over is set then. */
static int wait_input(struct command *command, bool *over, sshoal_error *error)
{
	const struct command_options *options = command->options;
	int64_t idle_at_ms = later(command->last_byte_ms, options->idle_ms);
	int64_t grace_at_ms =
		has_exit(command) ?
			later(command->last_byte_ms, options->detach_grace_ms) :
			DEADLINE_NONE;
	int64_t until_ms = sshoal__deadline_min(
		options->deadline_ms,
		sshoal__deadline_min(idle_at_ms, grace_at_ms));
	int rc = sshoal__session_wait(command->session, until_ms, error);
	if (rc != SSHOAL_ETIMEOUT)
		return rc;
	if (until_ms == grace_at_ms) {
		*over = true;
		command->outcome->held = true;
		return 0;
	}
	if (until_ms == options->deadline_ms)
		return sshoal__error_set(error, rc, "the command went on");
	command->outcome->idle = true;
	return sshoal__error_set(error, rc, "no byte came or went");
}

/* Takes everything that is there, then sees whether the peer has closed.
 * *over: nothing more will come. */
static int pump(struct command *command, bool *moved, bool *over,
		sshoal_error *error)
{
	int rc = drain(command, STREAM_STDOUT, moved, error);
	if (rc == 0)
		rc = drain(command, STREAM_STDERR, moved, error);
	if (rc || !command->ended[STREAM_STDOUT] ||
	    !command->ended[STREAM_STDERR])
		return rc;
	rc = libssh2_channel_wait_closed(command->channel);
	*over = rc == 0;
	if (rc == 0 || rc == LIBSSH2_ERROR_EAGAIN)
		return 0;
	return sshoal__session_fail(command->session, rc, SSHOAL_ELOST, error);
}

static int until_closed(struct command *command, sshoal_error *error)
{
	bool over = false;
	bool had_exit = false;
	uint64_t received = command->session->received_bytes;
	command->last_byte_ms = sshoal__clock_now_ms();
	for (;;) {
		bool moved = false;
		int rc = pump(command, &moved, &over, error);
		if (rc || over)
			return rc;
		if (moved || (has_exit(command) && !had_exit) ||
		    (command->options->idle_ms >= 0 &&
		     received != command->session->received_bytes))
			command->last_byte_ms = sshoal__clock_now_ms();
		had_exit = has_exit(command);
		received = command->session->received_bytes;
		rc = wait_input(command, &over, error);
		if (rc || over)
			return rc;
	}
}

static int judge(const struct command *command, sshoal_error *error)
{
	if (has_exit(command))
		return 0;
	return sshoal__error_set(error, SSHOAL_ENOSTATUS,
				 "the server closed the channel without an "
				 "exit status");
}

static int run(struct command *command, sshoal_error *error)
{
	int rc = open_channel(command, error);
	if (rc == 0)
		rc = request(command, error);
	if (rc == 0)
		rc = until_closed(command, error);
	return rc ? rc : judge(command, error);
}

int sshoal__command_run(struct session *session,
			const struct command_options *options,
			struct command_outcome *outcome, sshoal_error *error)
{
	struct command command = {
		.session = session,
		.options = options,
		.outcome = outcome,
	};
	*outcome = (struct command_outcome){
		.exit = { .next = session->tap.exits, .channel = UINT32_MAX },
	};
	session->tap.exits = &outcome->exit;
	int rc = run(&command, error);
	session->tap.exits = outcome->exit.next;
	return rc;
}
