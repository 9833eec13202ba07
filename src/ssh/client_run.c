/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/command.h"

/* Runs a command to its end: what it says is read right into the memory that
 * the caller gets. */

#define RUN_MOST_BYTES ((uint64_t)256 * 1024 * 1024)
#define READ_LEAST ((size_t)4 * 1024)

/* How much of a stream came, in memory that grows. */
struct collected {
	struct buffer buffers[CHANNEL_STREAMS];
};

/* Gives each stream room to be read into. */
static int give_rooms(struct collected *collected, struct duplex *duplex)
{
	for (size_t i = 0; i < CHANNEL_STREAMS; i++) {
		struct buffer *buffer = &collected->buffers[i];
		size_t free_bytes = buffer->capacity - buffer->end;
		size_t n = free_bytes > READ_LEAST ? free_bytes : READ_LEAST;
		unsigned char *room = sshoal__buffer_reserve(buffer, n);
		if (!room)
			return SSHOAL_ENOMEM;
		n = buffer->capacity - buffer->end;
		duplex->readers[i] = (struct duplex_reader){ room, n, 0 };
	}
	return 0;
}

/* Takes what was read, first what went into the rooms. */
static int take_rooms(struct collected *collected, struct duplex *duplex)
{
	for (size_t i = 0; i < CHANNEL_STREAMS; i++) {
		struct buffer *buffer = &collected->buffers[i];
		sshoal__buffer_fill(buffer, duplex->readers[i].used);
		duplex->readers[i] = (struct duplex_reader){ .bytes = NULL };
		while (sshoal__duplex_has(duplex, i)) {
			size_t n =
				(size_t)sshoal__spool_size(&duplex->spools[i]);
			unsigned char *room = sshoal__buffer_reserve(buffer, n);
			size_t taken = 0;
			int rc = !room ? SSHOAL_ENOMEM :
					 sshoal__spool_take(&duplex->spools[i],
							    room, n, &taken,
							    &duplex->error);
			if (rc)
				return rc;
			sshoal__buffer_fill(buffer, taken);
		}
	}
	return 0;
}

static int collect(struct collected *collected, struct duplex *duplex)
{
	while (!sshoal__duplex_is_over(duplex)) {
		int rc = give_rooms(collected, duplex);
		if (rc)
			return sshoal__error_code(&duplex->error, rc);
		rc = sshoal__client_turn(duplex->client, DEADLINE_NONE,
					 &duplex->error);
		int taken = take_rooms(collected, duplex);
		if (taken)
			return taken;
		if (rc && !sshoal__duplex_is_over(duplex))
			return rc;
	}
	return 0;
}

/* Hands a buffer's memory over, with a NUL behind it. */
static int hand_over(char **data, size_t *size, struct buffer *buffer)
{
	unsigned char *room = sshoal__buffer_reserve(buffer, 1);
	if (!room)
		return SSHOAL_ENOMEM;
	*room = '\0';
	*size = sshoal__buffer_size(buffer);
	free(*data);
	*data = (char *)buffer->bytes;
	buffer->bytes = NULL;
	sshoal__buffer_fini(buffer);
	return 0;
}

static int fill(sshoal_output *output, struct collected *collected,
		const struct sshoal_command *command)
{
	const sshoal_outcome outcome = sshoal__command_outcome(command);
	struct buffer *buffers = collected->buffers;
	int rc = hand_over(&output->stdout_data, &output->stdout_size,
			   &buffers[CHANNEL_STDOUT]);
	if (rc == 0)
		rc = hand_over(&output->stderr_data, &output->stderr_size,
			       &buffers[CHANNEL_STDERR]);
	output->exit_status = outcome.exit_status;
	output->stdout_held = outcome.stdout_held;
	if (rc == 0 && outcome.exit_signal[0]) {
		output->exit_signal = strdup(outcome.exit_signal);
		rc = output->exit_signal ? 0 : SSHOAL_ENOMEM;
	}
	return rc;
}

static int run(sshoal_client *client, const struct command_plan *plan,
	       sshoal_output *output, sshoal_error *error)
{
	struct sshoal_command *command = NULL;
	int rc = sshoal__command_open(&command, client, plan, error);
	if (rc)
		return sshoal__client_blame(client, "starting a command", rc,
					    error);
	struct duplex *duplex = &command->duplex;
	struct collected collected = { { BUFFER_INIT(SIZE_MAX / 2),
					 BUFFER_INIT(SIZE_MAX / 2) } };
	rc = collect(&collected, duplex);
	if (rc == 0)
		rc = sshoal__command_verdict(command);
	int filled = fill(output, &collected, command);
	if (rc == 0 && filled)
		rc = sshoal__error_code(&duplex->error, filled);
	if (rc && error)
		*error = duplex->error;
	rc = sshoal__client_blame(client, "running a command", rc, error);
	for (size_t i = 0; i < CHANNEL_STREAMS; i++)
		sshoal__buffer_fini(&collected.buffers[i]);
	sshoal__command_let_go(command);
	return rc;
}

/* Pointers that are never NULL, so that callers need not look. */
static int init(sshoal_output *output)
{
	*output = (sshoal_output){
		.stdout_data = calloc(1, 1),
		.stderr_data = calloc(1, 1),
		.exit_status = -1,
	};
	return output->stdout_data && output->stderr_data ? 0 : SSHOAL_ENOMEM;
}

int sshoal_client_run(sshoal_client *client, const char *command,
		      const sshoal_command_options *options,
		      sshoal_output *output, sshoal_error *error)
{
	if (!output)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no room for the output");
	int rc = init(output);
	if (rc)
		return sshoal__error_code(error, rc);
	sshoal_command_options own;
	rc = sshoal__command_options_take(&own, options, error);
	if (rc)
		return rc;
	if (!command || !sshoal__client_enter(client))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no client or command, or another "
					 "thread is in a call on the client");
	const struct command_plan plan = {
		.request = "exec",
		.line = command,
		.options = &own,
		.most_bytes = RUN_MOST_BYTES,
		.closes_stdin = true,
	};
	rc = run(client, &plan, output, error);
	sshoal__client_leave(client);
	return rc;
}

void sshoal_output_fini(sshoal_output *output)
{
	if (!output)
		return;
	free(output->stdout_data);
	free(output->stderr_data);
	free(output->exit_signal);
	*output = (sshoal_output){ .exit_status = -1 };
}
