/* SPDX-License-Identifier: MIT */
#include "ssh/channel.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * Each call of libssh2 that says EAGAIN is repeated with the same bytes after
 * more input. One request with an answer is under way at a time on a session:
 * its caller waits here until the answer has come.
 */

#define WINDOW_BYTES (512 * 1024)

const struct channel_plan sshoal__channel_session = {
	.type = "session",
	.window_bytes = WINDOW_BYTES,
};

void sshoal__channel_init(struct channel *channel, struct session *session,
			  const struct channel_sink *sink,
			  const struct channel_wait *wait)
{
	*channel = (struct channel){
		.session = session,
		.sink = sink,
		.wait = wait,
		.exit = { .next = session->tap.exits, .channel = UINT32_MAX },
	};
	session->tap.exits = &channel->exit;
}

static int wait_answer(struct channel *channel, int64_t deadline_ms,
		       sshoal_error *error)
{
	channel->session->asking = true;
	int rc = channel->wait->wait(channel->wait->data, deadline_ms, error);
	channel->session->asking = false;
	return rc;
}

/* The server's reason, which libssh2 puts in brackets. */
static int open_refused(struct channel *channel, sshoal_error *error)
{
	char *words = NULL;
	(void)libssh2_session_last_error(channel->session->ssh, &words, NULL,
					 0);
	const char *reason = words ? strchr(words, '(') : NULL;
	const char *why = channel->session->tap.refused;
	return sshoal__error_set(error, SSHOAL_ECHANNEL,
				 "the server refused to open a channel%s%.160s"
				 "%s%s",
				 reason ? " " : "", reason ? reason : "",
				 *why ? ": " : "", why);
}

int sshoal__channel_open(struct channel *channel,
			 const struct channel_plan *plan, int64_t deadline_ms,
			 sshoal_error *error)
{
	struct session *session = channel->session;
	for (;;) {
		int rc = 0;
		channel->ssh = sshoal__session_open(session, plan, &rc);
		if (channel->ssh) {
			/* Nothing else has an exit, nor a number that is
			 * known. */
			if (plan == &sshoal__channel_session)
				channel->exit.channel =
					session->tap.opened_channel;
			return 0;
		}
		if (rc == LIBSSH2_ERROR_CHANNEL_FAILURE && !session->ended)
			return open_refused(channel, error);
		if (rc == LIBSSH2_ERROR_TIMEOUT)
			return sshoal__error_set(error, SSHOAL_ETIMEOUT,
						 "the server did not answer "
						 "within a minute");
		if (rc != LIBSSH2_ERROR_EAGAIN)
			return sshoal__session_fail(session, rc, SSHOAL_ELOST,
						    error);
		rc = wait_answer(channel, deadline_ms, error);
		if (rc)
			return rc;
	}
}

bool sshoal__channel_give_up(struct channel *channel,
			     const struct channel_plan *plan)
{
	return sshoal__session_open_give_up(channel->session, plan,
					    &channel->ssh);
}

/* Sorts what a request came to; SSHOAL_EEMPTY: it is to be repeated. */
static int judge_request(struct channel *channel, int rc, const char *what,
			 int64_t deadline_ms, sshoal_error *error)
{
	if (rc == 0)
		return 0;
	if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
		return sshoal__error_set(error, SSHOAL_ECHANNEL,
					 "the server refused to %s", what);
	if (rc != LIBSSH2_ERROR_EAGAIN)
		return sshoal__session_fail(channel->session, rc, SSHOAL_ELOST,
					    error);
	rc = wait_answer(channel, deadline_ms, error);
	return rc ? rc : SSHOAL_EEMPTY;
}

int sshoal__channel_pty(struct channel *channel,
			const struct channel_terminal *terminal,
			int64_t deadline_ms, sshoal_error *error)
{
	int rc;
	do {
		rc = libssh2_channel_request_pty_ex(
			channel->ssh, terminal->name,
			(unsigned)strlen(terminal->name), NULL, 0,
			(int)terminal->columns, (int)terminal->rows, 0, 0);
		rc = judge_request(channel, rc, "give a terminal", deadline_ms,
				   error);
	} while (rc == SSHOAL_EEMPTY);
	return rc;
}

int sshoal__channel_setenv(struct channel *channel, const char *variable,
			   int64_t deadline_ms, sshoal_error *error)
{
	char name[CHANNEL_NAME_MAX + 1];
	size_t n = strcspn(variable, "=");
	const char *value = variable + n + (variable[n] == '=');
	int rc;
	if (n > CHANNEL_NAME_MAX)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	memcpy(name, variable, n);
	name[n] = '\0';
	do {
		rc = libssh2_channel_setenv_ex(channel->ssh, name, (unsigned)n,
					       value, (unsigned)strlen(value));
		rc = judge_request(channel, rc,
				   "set a variable of the environment",
				   deadline_ms, error);
	} while (rc == SSHOAL_EEMPTY);
	return rc;
}

int sshoal__channel_offer_env(struct channel *channel, const char *const *env,
			      int64_t deadline_ms, sshoal_error *error)
{
	for (size_t i = 0; env && env[i]; i++) {
		sshoal_error refusal;
		int rc = sshoal__channel_setenv(channel, env[i], deadline_ms,
						&refusal);
		if (rc == 0 || rc == SSHOAL_ECHANNEL || rc == SSHOAL_EINVAL)
			continue;
		return sshoal__error_set(error, rc, "%s", refusal.text);
	}
	return 0;
}

int sshoal__channel_startup(struct channel *channel, const char *request,
			    const char *message, int64_t deadline_ms,
			    sshoal_error *error)
{
	size_t n = message ? strlen(message) : 0;
	int rc;
	channel->requested = true;
	do {
		rc = libssh2_channel_process_startup(channel->ssh, request,
						     (unsigned)strlen(request),
						     message, (unsigned)n);
		if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
			channel->requested = false;
		rc = judge_request(channel, rc,
				   strcmp(request, "exec") == 0 ?
					   "run the command" :
				   message ? "start the subsystem" :
					     "start a shell",
				   deadline_ms, error);
	} while (rc == SSHOAL_EEMPTY);
	return rc;
}

/* Reads what has come on one stream. */
static int drain(struct channel *channel, enum channel_stream stream,
		 bool *moved, sshoal_error *error)
{
	const struct channel_sink *sink = channel->sink;
	while (!channel->ended[stream]) {
		size_t size = 0;
		unsigned char *room = sink->room(sink->data, stream, &size);
		if (!room && size == 0)
			return 0;
		if (!room)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		ssize_t n = libssh2_channel_read_ex(
			channel->ssh,
			stream == CHANNEL_STDERR ? SSH_EXTENDED_DATA_STDERR : 0,
			(char *)room, size);
		if (n == LIBSSH2_ERROR_EAGAIN)
			return 0;
		if (n < 0)
			return sshoal__session_fail(channel->session, (int)n,
						    SSHOAL_ELOST, error);
		*moved = true;
		if (n == 0) {
			channel->ended[stream] = true;
			return 0;
		}
		int rc = sink->put(sink->data, stream, (size_t)n);
		if (rc)
			return sshoal__error_code(error, rc);
		channel->bytes[stream] += (uint64_t)n;
	}
	return 0;
}

int sshoal__channel_pump(struct channel *channel, bool *moved,
			 sshoal_error *error)
{
	int rc = drain(channel, CHANNEL_STDOUT, moved, error);
	if (rc == 0)
		rc = drain(channel, CHANNEL_STDERR, moved, error);
	if (rc || !channel->ended[CHANNEL_STDOUT] ||
	    !channel->ended[CHANNEL_STDERR] || channel->closed)
		return rc;
	rc = libssh2_channel_wait_closed(channel->ssh);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (rc)
		return sshoal__session_fail(channel->session, rc, SSHOAL_ELOST,
					    error);
	channel->closed = true;
	*moved = true;
	return 0;
}

int sshoal__channel_take_in(const struct channel *channel, sshoal_error *error)
{
	char nothing;
	ssize_t n = libssh2_channel_read_ex(channel->ssh, 0, &nothing, 0);
	if (n >= 0 || n == LIBSSH2_ERROR_EAGAIN)
		return 0;
	return sshoal__session_fail(channel->session, (int)n, SSHOAL_ELOST,
				    error);
}

int64_t sshoal__channel_write(struct channel *channel, const void *bytes,
			      size_t n, sshoal_error *error)
{
	struct session *session = channel->session;
	if (sshoal__buffer_size(&session->out) > SESSION_OUT_ENOUGH)
		sshoal__session_flush(session);
	if (n == 0)
		return 0;
	if (sshoal__buffer_size(&session->out) > SESSION_OUT_ENOUGH) {
		session->held_back = true;
		return 0;
	}
	ssize_t rc = libssh2_channel_write_ex(channel->ssh, 0, bytes, n);
	if (rc >= 0)
		return rc;
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (rc == LIBSSH2_ERROR_CHANNEL_CLOSED ||
	    rc == LIBSSH2_ERROR_CHANNEL_EOF_SENT)
		return sshoal__error_code(error, SSHOAL_ECLOSED);
	return sshoal__session_fail(session, (int)rc, SSHOAL_ELOST, error);
}

bool sshoal__channel_eof(struct channel *channel)
{
	/* What else goes wrong with it is met by the reading. */
	return libssh2_channel_send_eof(channel->ssh) != LIBSSH2_ERROR_EAGAIN;
}

/* Reads and forgets, so that the CLOSE behind the output is reached. */
static void drop_output(struct channel *channel)
{
	char bytes[4096];
	ssize_t n;
	for (int id = 0; id <= SSH_EXTENDED_DATA_STDERR; id++)
		do
			n = libssh2_channel_read_ex(channel->ssh, id, bytes,
						    sizeof bytes);
		while (n > 0);
}

bool sshoal__channel_close(struct channel *channel)
{
	if (!channel->ssh || channel->closed || channel->session->failed)
		return true;
	int rc = libssh2_channel_close(channel->ssh);
	if (rc == 0) {
		drop_output(channel);
		rc = libssh2_channel_wait_closed(channel->ssh);
	}
	channel->closed = rc == 0;
	return rc != LIBSSH2_ERROR_EAGAIN && rc != LIBSSH2_ERROR_INVAL;
}

bool sshoal__channel_has_exit(const struct channel *channel)
{
	return channel->exit.status_count > 0 || channel->exit.signal_count > 0;
}

bool sshoal__channel_release(struct channel *channel)
{
	if (channel->ssh && !channel->session->failed &&
	    libssh2_channel_free(channel->ssh) == LIBSSH2_ERROR_EAGAIN)
		return false;
	channel->ssh = NULL;
	return true;
}

void sshoal__channel_fini(struct channel *channel)
{
	channel->ssh = NULL;
	struct exit_record **link = &channel->session->tap.exits;
	while (*link && *link != &channel->exit)
		link = &(*link)->next;
	if (*link)
		*link = channel->exit.next;
}
