/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "ssh/command.h"
#include "ssh/line.h"

/* From options to a command that runs. A request whose answer is given up
 * makes every later answer ambiguous, so the client is lost then. */

#define FIRST_SIZE sizeof(sshoal_command_options)
#define DETACH_GRACE_MS 2000
#define STREAM_MOST_BYTES ((uint64_t)16 * 1024 * 1024 * 1024)
#define SECRET_MOST_BYTES 4096
#define DATA_MOST_BYTES ((size_t)1024 * 1024 * 1024)

int sshoal__command_options_take(sshoal_command_options *own,
				 const sshoal_command_options *given,
				 sshoal_error *error)
{
	*own = (sshoal_command_options)SSHOAL_COMMAND_OPTIONS_INIT;
	int rc = sshoal__options_copy(own, sizeof *own, FIRST_SIZE, given,
				      error);
	if (rc)
		return rc;
	if (own->timeout_ms < -1 || own->idle_timeout_ms < -1 ||
	    own->detach_grace_ms < -1)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options: a limit is less than -1");
	if (own->columns > UINT16_MAX || own->rows > UINT16_MAX)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.columns or rows: more than "
					 "65535");
	if (own->stdin_size > DATA_MOST_BYTES ||
	    (own->stdin_size && !own->stdin_data))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.stdin_size: more than 1 GiB, "
					 "or without data");
	return 0;
}

static void dispose(struct duplex *duplex)
{
	sshoal__duplex_fini(duplex);
	free(sshoal__command_of(duplex));
}

static struct duplex_limits limits_of(const struct command_plan *plan)
{
	const sshoal_command_options *options = plan->options;
	return (struct duplex_limits){
		.deadline_ms =
			options->timeout_ms > 0 ?
				sshoal__deadline_in(options->timeout_ms) :
				DEADLINE_NONE,
		.idle_ms = options->idle_timeout_ms > 0 ?
				   options->idle_timeout_ms :
				   -1,
		.grace_ms = options->detach_grace_ms == 0 ?
				    DETACH_GRACE_MS :
				    options->detach_grace_ms,
		.most_bytes = options->max_output_bytes ?
				      options->max_output_bytes :
				      plan->most_bytes,
	};
}

static int ask_terminal(struct sshoal_command *command,
			const sshoal_command_options *options,
			int64_t deadline_ms, sshoal_error *error)
{
	const char *term = options->term ? options->term : getenv("TERM");
	const struct channel_terminal terminal = {
		.name = term && *term ? term : "vt100",
		.columns = options->columns ? options->columns : 80,
		.rows = options->rows ? options->rows : 24,
	};
	command->has_terminal = true;
	return sshoal__channel_pty(&command->duplex.channel, &terminal,
				   deadline_ms, error);
}

/* A shell and a subsystem have no line to put variables before. */
static int ask_variables(struct channel *channel, const char *const *env,
			 int64_t deadline_ms, sshoal_error *error)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && env && env[i]; i++) {
		rc = sshoal__line_check_variable(env[i], error);
		if (rc)
			return rc;
		if (strcspn(env[i], "=") > CHANNEL_NAME_MAX)
			return sshoal__error_set(error, SSHOAL_EINVAL,
						 "options.env: a name of more "
						 "than 255 bytes");
		rc = sshoal__channel_setenv(channel, env[i], deadline_ms,
					    error);
	}
	return rc;
}

static int merge(struct channel *channel, int64_t deadline_ms,
		 sshoal_error *error)
{
	for (;;) {
		int rc = libssh2_channel_handle_extended_data2(
			channel->ssh, LIBSSH2_CHANNEL_EXTENDED_DATA_MERGE);
		if (rc != LIBSSH2_ERROR_EAGAIN)
			break;
		rc = channel->wait->wait(channel->wait->data, deadline_ms,
					 error);
		if (rc)
			return rc;
	}
	channel->ended[CHANNEL_STDERR] = true;
	return 0;
}

static int request(struct sshoal_command *command,
		   const struct command_plan *plan, int64_t deadline_ms,
		   sshoal_error *error)
{
	const sshoal_command_options *options = plan->options;
	struct channel *channel = &command->duplex.channel;
	bool is_exec = strcmp(plan->request, "exec") == 0;
	int rc = sshoal__channel_open(channel, &sshoal__channel_session,
				      deadline_ms, error);
	if (rc == 0 && options->merge_stderr)
		rc = merge(channel, deadline_ms, error);
	if (rc == 0 && (options->pty || !plan->line))
		rc = ask_terminal(command, options, deadline_ms, error);
	if (rc == 0 && (is_exec || !plan->line))
		rc = sshoal__channel_offer_env(
			channel,
			(const char *const *)command->duplex.client->env,
			deadline_ms, error);
	if (rc == 0 && !is_exec)
		rc = ask_variables(channel, options->env, deadline_ms, error);
	if (rc)
		return rc;
	char *line = NULL;
	if (is_exec)
		rc = sshoal__line_make(&line, plan->line, options->env,
				       options->cwd, error);
	if (rc == 0)
		rc = sshoal__channel_startup(channel, plan->request,
					     is_exec ? line : plan->line,
					     deadline_ms, error);
	free(line);
	return rc;
}

/* What is to be sent is known before: it is queued as a whole. */
static int queue_input(struct sshoal_command *command,
		       const struct command_plan *plan, sshoal_error *error)
{
	const sshoal_command_options *options = plan->options;
	struct duplex *duplex = &command->duplex;
	/* A short one may well be a password. */
	duplex->outgoing.wipe = options->stdin_size <= SECRET_MOST_BYTES;
	if (options->stdin_size > DUPLEX_AHEAD)
		duplex->outgoing.max = options->stdin_size;
	int rc = sshoal__buffer_append(&duplex->outgoing, options->stdin_data,
				       options->stdin_size);
	if (rc)
		return sshoal__error_code(error, rc);
	duplex->wants_eof = plan->closes_stdin || options->stdin_data;
	return 0;
}

static int start(struct sshoal_command *command,
		 const struct command_plan *plan, sshoal_error *error)
{
	struct duplex *duplex = &command->duplex;
	struct sshoal_client *client = duplex->client;
	int64_t deadline_ms =
		sshoal__deadline_min(duplex->limits.deadline_ms,
				     sshoal__deadline_in(CLIENT_REQUEST_MS));
	int rc = request(command, plan, deadline_ms, error);
	if (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED)
		sshoal__client_lose(client, error);
	if (rc)
		return rc;
	sshoal__client_add(client, duplex);
	sshoal__duplex_start(duplex);
	sshoal__client_send(duplex);
	return 0;
}

struct sshoal_command *sshoal__command_new(struct sshoal_client *client)
{
	struct sshoal_command *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->magic = COMMAND_MAGIC;
	sshoal__duplex_init(&made->duplex, client);
	made->duplex.dispose = dispose;
	made->duplex.is_command = true;
	return made;
}

int sshoal__command_open(struct sshoal_command **command,
			 struct sshoal_client *client,
			 const struct command_plan *plan, sshoal_error *error)
{
	sshoal_error own = { .code = 0 };
	/* The command's own limit is one for the wait, too. */
	const struct duplex_limits limits = limits_of(plan);
	int rc = sshoal__client_make_room(
		client, true,
		sshoal__deadline_min(limits.deadline_ms,
				     sshoal__deadline_in(CLIENT_REQUEST_MS)),
		error);
	if (rc)
		return rc;
	struct sshoal_command *made = sshoal__command_new(client);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	made->duplex.limits = limits;
	if (plan->sink)
		made->duplex.sink = *plan->sink;
	made->duplex.feed = plan->feed;
	rc = queue_input(made, plan, &own);
	if (rc == 0)
		rc = start(made, plan, &own);
	if (plan->requested)
		*plan->requested = made->duplex.channel.requested;
	if (rc == 0) {
		*command = made;
		return 0;
	}
	/* Its channel, if there is one, is closed in order. */
	sshoal__client_add(client, &made->duplex);
	sshoal__command_let_go(made);
	if (error)
		*error = own;
	return rc;
}

/* What the public ways to start something have in common. */
static int open_any(sshoal_command **command, sshoal_client *client,
		    const sshoal_command_options *given,
		    const struct command_plan *what, sshoal_error *error)
{
	sshoal_command_options options;
	int rc = sshoal__command_options_take(&options, given, error);
	if (rc)
		return rc;
	if (!command || !sshoal__client_enter(client))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no client, or another thread is in a "
					 "call on it");
	struct command_plan plan = *what;
	plan.options = &options;
	plan.most_bytes = STREAM_MOST_BYTES;
	rc = sshoal__command_open(command, client, &plan, error);
	rc = sshoal__client_blame(client,
				  strcmp(plan.request, "exec") == 0 ?
					  "starting a command" :
				  plan.line ? "starting a subsystem" :
					      "starting a shell",
				  rc, error);
	sshoal__client_leave(client);
	return rc;
}

int sshoal_command_start(sshoal_command **command, sshoal_client *client,
			 const char *line,
			 const sshoal_command_options *options,
			 sshoal_error *error)
{
	const struct command_plan plan = { .request = "exec", .line = line };
	if (!line)
		return sshoal__error_set(error, SSHOAL_EINVAL, "no command");
	return open_any(command, client, options, &plan, error);
}

int sshoal_shell_open(sshoal_command **shell, sshoal_client *client,
		      const sshoal_command_options *options,
		      sshoal_error *error)
{
	const struct command_plan plan = { .request = "shell" };
	return open_any(shell, client, options, &plan, error);
}

int sshoal_subsystem_open(sshoal_command **subsystem, sshoal_client *client,
			  const char *name,
			  const sshoal_command_options *options,
			  sshoal_error *error)
{
	const struct command_plan plan = { .request = "subsystem",
					   .line = name };
	if (!name || !*name || strlen(name) > LINE_MAX_BYTES)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no name of a subsystem");
	return open_any(subsystem, client, options, &plan, error);
}
