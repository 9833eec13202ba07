/* SPDX-License-Identifier: MIT */
#include "ssh/exec.h"

#include "base/clock.h"
#include "base/error.h"
#include "ssh/keepalive.h"

/* The straight line of a fleet's worker: one command on one session. */

struct exec {
	struct session *session;
	const struct exec_options *options;
	struct channel channel;
	struct keepalive keepalive;
	struct feed feed;
	int64_t last_byte_ms;
	bool held;
	bool idle;
	bool started;
	bool limited; /* its output came to a limit */
};

static int wait_session(void *data, int64_t deadline_ms, sshoal_error *error)
{
	return sshoal__session_wait(data, deadline_ms, error);
}

static unsigned char *give_room(void *data, enum channel_stream stream,
				size_t *size_bytes)
{
	const struct exec *exec = data;
	const struct channel_sink *sink = &exec->options->sink;
	return sink->room(sink->data, stream, size_bytes);
}

/* What comes after the limit of the output is dropped, so that the channel can
 * still be used. */
static int put(void *data, enum channel_stream stream, size_t size_bytes)
{
	struct exec *exec = data;
	const struct channel_sink *sink = &exec->options->sink;
	/* A slow reader is no fault of the host's: neither its idle limit nor
	 * the grace runs while its output waits. */
	sshoal__session_limit(exec->session, exec->options->deadline_ms);
	if (exec->limited)
		return 0;
	int rc = sink->put(sink->data, stream, size_bytes);
	exec->limited = rc == SSHOAL_ELIMIT;
	return exec->limited ? 0 : rc;
}

/* Sleeps until input, a limit, or the end of the grace, which is no error:
 * *over is set then. */
static int wait_input(struct exec *exec, bool *over, sshoal_error *error)
{
	const struct exec_options *options = exec->options;
	int64_t idle_at_ms =
		sshoal__deadline_after(exec->last_byte_ms, options->idle_ms);
	int64_t grace_at_ms =
		sshoal__channel_has_exit(&exec->channel) ?
			sshoal__deadline_after(exec->last_byte_ms,
					       options->detach_grace_ms) :
			DEADLINE_NONE;
	int64_t until_ms = sshoal__deadline_min(
		options->deadline_ms,
		sshoal__deadline_min(idle_at_ms, grace_at_ms));
	int64_t wake_ms =
		sshoal__deadline_min(until_ms, exec->keepalive.due_ms);
	int rc = sshoal__session_wait(exec->session, wake_ms, error);
	sshoal__keepalive_heard(&exec->keepalive, exec->session);
	if (rc != SSHOAL_ETIMEOUT)
		return rc;
	if (wake_ms < until_ms)
		return sshoal__keepalive_due(&exec->keepalive, exec->session,
					     error);
	if (until_ms == grace_at_ms) {
		*over = true;
		exec->held = true;
		return 0;
	}
	if (until_ms == options->deadline_ms)
		return sshoal__error_set(error, rc, "the command went on");
	exec->idle = true;
	return sshoal__error_set(error, rc, "no byte came or went");
}

static int until_closed(struct exec *exec, sshoal_error *error)
{
	struct channel *channel = &exec->channel;
	bool had_exit = false;
	uint64_t received = exec->session->received_bytes;
	exec->last_byte_ms = sshoal__clock_now_ms();
	sshoal__keepalive_init(&exec->keepalive, exec->session,
			       exec->options->keepalive_interval_ms,
			       exec->options->keepalive_count);
	for (;;) {
		bool moved = false;
		int rc = sshoal__channel_pump(channel, &moved, error);
		if (rc == 0 && exec->limited)
			return sshoal__error_set(error, SSHOAL_ELIMIT,
						 "its output came to the "
						 "limit");
		uint64_t fed = exec->feed.sent_bytes;
		if (rc == 0 && !channel->closed)
			rc = sshoal__feed_send(&exec->feed, channel, error);
		if (rc || channel->closed)
			return rc;
		moved |= fed != exec->feed.sent_bytes;
		bool has_exit = sshoal__channel_has_exit(channel);
		if (moved || (has_exit && !had_exit) ||
		    (exec->options->idle_ms >= 0 &&
		     received != exec->session->received_bytes))
			exec->last_byte_ms = sshoal__clock_now_ms();
		had_exit = has_exit;
		received = exec->session->received_bytes;
		bool over = false;
		rc = wait_input(exec, &over, error);
		if (rc || over)
			return rc;
	}
}

static int run(struct exec *exec, sshoal_error *error)
{
	const struct exec_options *options = exec->options;
	struct channel *channel = &exec->channel;
	int rc = sshoal__channel_open(channel, &sshoal__channel_session,
				      options->open_deadline_ms, error);
	if (rc == 0 && options->terminal)
		rc = sshoal__channel_pty(channel, options->terminal,
					 options->open_deadline_ms, error);
	if (rc == 0)
		rc = sshoal__channel_offer_env(channel, options->env,
					       options->open_deadline_ms,
					       error);
	if (rc == 0)
		rc = sshoal__channel_startup(channel, "exec", options->line,
					     options->open_deadline_ms, error);
	if (rc)
		return rc;
	exec->started = true;
	options->started(options->data);
	rc = until_closed(exec, error);
	if (rc || sshoal__channel_has_exit(channel))
		return rc;
	return sshoal__error_set(error, SSHOAL_ENOSTATUS,
				 "the server closed the channel without an "
				 "exit status");
}

/* One whose request has no answer yet leaves nothing else to be asked. */
static int end(struct exec *exec, int code)
{
	struct exec_ending ending = *exec->options->ending;
	if (!exec->started)
		return SSHOAL_END_UNKNOWN;
	if (code == SSHOAL_ELIMIT)
		ending.sink = NULL;
	return sshoal__exec_end(&exec->channel, &ending);
}

int sshoal__exec_run(struct session *session,
		     const struct exec_options *options,
		     struct exec_outcome *outcome, sshoal_error *error)
{
	struct exec exec = { .session = session, .options = options };
	const struct channel_sink sink = {
		.room = give_room,
		.put = put,
		.data = &exec,
	};
	const struct channel_wait wait = {
		.wait = wait_session,
		.data = session,
	};
	sshoal__channel_init(&exec.channel, session, &sink, &wait);
	sshoal__feed_init(&exec.feed, options->input, options->terminal);
	int rc = run(&exec, error);
	sshoal__feed_fini(&exec.feed, session);
	int kill = 0;
	if (options->ending && exec.channel.requested &&
	    (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED ||
	     rc == SSHOAL_ELIMIT))
		kill = end(&exec, rc);
	*outcome = (struct exec_outcome){
		.exit = exec.channel.exit,
		.stdout_bytes = exec.channel.bytes[CHANNEL_STDOUT],
		.stderr_bytes = exec.channel.bytes[CHANNEL_STDERR],
		.requested = exec.channel.requested,
		.held = exec.held,
		.idle = exec.idle,
		.kill = kill,
	};
	/* The session's end is the channel's. */
	sshoal__channel_fini(&exec.channel);
	return rc;
}
