/* SPDX-License-Identifier: MIT */
#include "ssh/command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

/* The calls on a command that runs; command_start.c is how it came to. */

bool sshoal__command_enter(struct sshoal_command *command)
{
	if (!command)
		return false;
	assert(command->magic == COMMAND_MAGIC && "the command was freed");
	return sshoal__duplex_enter(&command->duplex);
}

void sshoal__command_leave(struct sshoal_command *command)
{
	sshoal__duplex_leave(&command->duplex);
}

int64_t sshoal_command_write(sshoal_command *command, const void *data,
			     size_t size_bytes, int64_t timeout_ms)
{
	if (!command)
		return SSHOAL_EINVAL;
	assert(command->magic == COMMAND_MAGIC && "the command was freed");
	return sshoal__duplex_write(&command->duplex, data, size_bytes,
				    timeout_ms);
}

int sshoal_command_close_stdin(sshoal_command *command)
{
	if (!command)
		return SSHOAL_EINVAL;
	assert(command->magic == COMMAND_MAGIC && "the command was freed");
	return sshoal__duplex_close_write(&command->duplex);
}

int64_t sshoal_command_read(sshoal_command *command, int stream, void *buffer,
			    size_t size_bytes, int64_t timeout_ms)
{
	if (!command || (stream != SSHOAL_STDOUT && stream != SSHOAL_STDERR))
		return SSHOAL_EINVAL;
	assert(command->magic == COMMAND_MAGIC && "the command was freed");
	return sshoal__duplex_read(&command->duplex,
				   stream == SSHOAL_STDOUT ? CHANNEL_STDOUT :
							     CHANNEL_STDERR,
				   buffer, size_bytes, timeout_ms);
}

/* Whichever stream has something, standard output first. */
static int64_t take_any(struct duplex *duplex, int *stream, void *buffer,
			size_t size)
{
	for (int i = CHANNEL_STDOUT; i < CHANNEL_STREAMS; i++) {
		size_t taken = 0;
		int rc = sshoal__spool_take(&duplex->spools[i], buffer, size,
					    &taken, &duplex->error);
		if (rc)
			return rc;
		if (taken) {
			*stream = i + SSHOAL_STDOUT;
			return (int64_t)taken;
		}
	}
	return 0;
}

static int64_t read_any(struct duplex *duplex, int *stream, void *buffer,
			size_t size, int64_t timeout_ms)
{
	int64_t deadline_ms = sshoal__deadline_in(timeout_ms);
	for (;;) {
		int64_t n = take_any(duplex, stream, buffer, size);
		if (n)
			return n;
		const bool *ended = duplex->channel.ended;
		if (ended[CHANNEL_STDOUT] && ended[CHANNEL_STDERR] &&
		    !duplex->failed)
			return 0;
		if (sshoal__duplex_is_over(duplex))
			return duplex->failed;
		int rc = sshoal__client_turn(duplex->client, deadline_ms,
					     &duplex->error);
		/* What came before a failure is read first. */
		n = rc ? take_any(duplex, stream, buffer, size) : 0;
		if (n || rc)
			return n ? n : rc;
	}
}

int64_t sshoal_command_read_any(sshoal_command *command, int *stream,
				void *buffer, size_t size_bytes,
				int64_t timeout_ms)
{
	if (!stream || !buffer || size_bytes == 0 || timeout_ms < -1 ||
	    !sshoal__command_enter(command))
		return SSHOAL_EINVAL;
	int64_t n = read_any(&command->duplex, stream, buffer, size_bytes,
			     timeout_ms);
	sshoal__command_leave(command);
	return n;
}

sshoal_outcome sshoal__command_outcome(const struct sshoal_command *command)
{
	const struct channel *channel = &command->duplex.channel;
	const struct exit_record *exit = &channel->exit;
	sshoal_outcome outcome = {
		.exit_status =
			exit->status_count > 0 ? (int64_t)exit->status : -1,
		.stdout_bytes = channel->bytes[CHANNEL_STDOUT],
		.stderr_bytes = channel->bytes[CHANNEL_STDERR],
		.stdout_held = command->duplex.held,
	};
	(void)snprintf(outcome.exit_signal, sizeof outcome.exit_signal, "%s",
		       exit->signal);
	return outcome;
}

int sshoal__command_verdict(struct sshoal_command *command)
{
	struct duplex *duplex = &command->duplex;
	if (duplex->failed)
		return duplex->failed;
	if (sshoal__channel_has_exit(&duplex->channel))
		return 0;
	return sshoal__error_set(&duplex->error, SSHOAL_ENOSTATUS,
				 "the server closed the channel without an "
				 "exit status");
}

static int wait_end(struct sshoal_command *command, sshoal_outcome *outcome,
		    int64_t timeout_ms)
{
	struct duplex *duplex = &command->duplex;
	int64_t deadline_ms = sshoal__deadline_in(timeout_ms);
	bool dropped = duplex->drops;
	sshoal__duplex_drop(duplex);
	while (!sshoal__duplex_is_over(duplex)) {
		int rc = sshoal__client_turn(duplex->client, deadline_ms,
					     &duplex->error);
		if (rc && !sshoal__duplex_is_over(duplex)) {
			/* What comes after a wait can be read. */
			duplex->drops = dropped;
			return rc;
		}
	}
	duplex->told = true;
	if (outcome)
		*outcome = sshoal__command_outcome(command);
	return sshoal__command_verdict(command);
}

int sshoal_command_wait(sshoal_command *command, sshoal_outcome *outcome,
			int64_t timeout_ms)
{
	if (timeout_ms < -1 || !sshoal__command_enter(command))
		return SSHOAL_EINVAL;
	int rc = wait_end(command, outcome, timeout_ms);
	sshoal__command_leave(command);
	return rc;
}

static int resize(struct sshoal_command *command, uint32_t columns,
		  uint32_t rows)
{
	struct duplex *duplex = &command->duplex;
	int64_t deadline_ms = sshoal__deadline_in(CLIENT_REQUEST_MS);
	if (!command->has_terminal)
		return sshoal__error_set(&duplex->error, SSHOAL_EINVAL,
					 "it has no terminal");
	while (!sshoal__duplex_is_over(duplex)) {
		int rc = libssh2_channel_request_pty_size_ex(
			duplex->channel.ssh, (int)columns, (int)rows, 0, 0);
		if (rc != LIBSSH2_ERROR_EAGAIN)
			break;
		rc = sshoal__client_turn(duplex->client, deadline_ms,
					 &duplex->error);
		if (rc)
			return rc;
	}
	if (duplex->client)
		sshoal__client_send(duplex);
	return duplex->failed == SSHOAL_ELOST ||
			       duplex->failed == SSHOAL_ECLOSED ?
		       duplex->failed :
		       0;
}

int sshoal_command_resize(sshoal_command *command, uint32_t columns,
			  uint32_t rows)
{
	if (columns > UINT16_MAX || rows > UINT16_MAX || columns == 0 ||
	    rows == 0 || !sshoal__command_enter(command))
		return SSHOAL_EINVAL;
	int rc = resize(command, columns, rows);
	sshoal__command_leave(command);
	return rc;
}

bool sshoal_command_is_over(const sshoal_command *command)
{
	return !command || sshoal__duplex_is_over(&command->duplex);
}

const char *sshoal_command_error_text(const sshoal_command *command)
{
	return command ? command->duplex.error.text :
			 sshoal_error_text(SSHOAL_EINVAL);
}

void sshoal__command_let_go(struct sshoal_command *command)
{
	command->magic = 0;
	sshoal__client_let_go(&command->duplex);
}

void sshoal_command_free(sshoal_command *command)
{
	if (!command)
		return;
	bool entered = sshoal__command_enter(command);
	assert(entered && "another thread is in a call on the client");
	(void)entered;
	struct sshoal_client *client = command->duplex.client;
	sshoal__command_let_go(command);
	if (client)
		sshoal__client_leave(client);
}
