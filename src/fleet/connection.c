/* SPDX-License-Identifier: MIT */
#include "fleet/connection.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/ending.h"
#include "fleet/errand.h"
#include "fleet/outlet.h"
#include "fleet/run.h"
#include "fleet/stack.h"
#include "ssh/command.h"

/* The attempt's limit is the client's, so that every call on it keeps it; the
 * watch stays the attempt's, so that the sweep reaches the session. */

/* How much longer than the job a start may take. */
#define START_GRACE_MS 2000

/* How often files are opened again that there was no channel for. */
#define AGAIN_TIMES 20
#define AGAIN_MS 50

/* Results name their host by themselves. */
void sshoal__connection_drop_host(struct connection *connection)
{
	char *text = connection->attempt->error.text;
	size_t n = strlen(connection->client->host);
	if (strncmp(text, connection->client->host, n) == 0 &&
	    strncmp(text + n, ": ", 2) == 0)
		memmove(text, text + n + 2, strlen(text + n + 2) + 1);
}

/* Where one channel is all there may be, a server counts one that was closed
 * for a moment longer than the protocol does. */
static int open_files(struct connection *connection)
{
	sshoal_client *client = connection->client;
	sshoal_error *error = &connection->attempt->error;
	int rc = sshoal_sftp_open(&connection->sftp, client, error);
	for (int i = 0; i < AGAIN_TIMES && rc == SSHOAL_ECHANNEL &&
			client->max_channels == 1;
	     i++) {
		(void)sshoal_client_pump(client, AGAIN_MS);
		rc = sshoal_sftp_open(&connection->sftp, client, error);
	}
	return rc;
}

int sshoal__connection_reopen(struct connection *connection)
{
	struct attempt *attempt = connection->attempt;
	const struct run *run = attempt->run;
	sshoal_sftp_close(connection->sftp);
	connection->sftp = NULL;
	int rc = open_files(connection);
	if (rc) {
		sshoal__connection_drop_host(connection);
		/* What began in the place of sftp, or did not. */
		bool is_other = rc == SSHOAL_EPROTOCOL || rc == SSHOAL_ELOST;
		if (is_other && !connection->client->session->failed)
			rc = SSHOAL_ECHANNEL;
		return rc;
	}
	if (run->idle_ms > 0)
		(void)sshoal_sftp_set_timeout(connection->sftp, run->idle_ms);
	return 0;
}

int sshoal__connection_begin(struct connection *connection,
			     struct attempt *attempt, struct session *session)
{
	*connection = (struct connection){ .attempt = attempt };
	const struct client_adoption adoption =
		sshoal__ending_adoption(attempt);
	int rc = sshoal__client_adopt(&connection->client, session, &adoption,
				      &attempt->error);
	if (rc)
		sshoal__session_free(session);
	return rc;
}

int sshoal__connection_open(struct connection *connection,
			    struct attempt *attempt, struct session *session)
{
	sshoal__outlet_enter(attempt, SSHOAL_PHASE_CHANNEL);
	sshoal__stack_trim();
	int rc = sshoal__connection_begin(connection, attempt, session);
	return rc ? rc : sshoal__connection_reopen(connection);
}

/* Starts it in the place of the files where there is none beside them. */
static int start_somewhere(struct connection *connection,
			   struct sshoal_command **command,
			   const struct command_plan *plan)
{
	struct attempt *attempt = connection->attempt;
	sshoal_client *client = connection->client;
	int rc = sshoal__command_open(command, client, plan, &attempt->error);
	if (rc != SSHOAL_ECHANNEL || !connection->sftp)
		return rc;
	sshoal__client_leave(client);
	sshoal_sftp_close(connection->sftp);
	connection->sftp = NULL;
	client->max_channels = 1;
	attempt->error = (sshoal_error){ .code = 0 };
	(void)sshoal__client_enter(client);
	return sshoal__command_open(command, client, plan, &attempt->error);
}

/* A start that is given up loses the client, and with it the way to clear up:
 * it is not, where only the work is to end. */
static int start(struct connection *connection, struct sshoal_command **command,
		 const struct command_plan *plan)
{
	sshoal_client *client = connection->client;
	const struct client_ends before = sshoal__client_wind_up(
		client,
		sshoal__deadline_after(client->limit_ms, START_GRACE_MS));
	int rc = start_somewhere(connection, command, plan);
	sshoal__client_wound_up(client, &before);
	return rc;
}

/* Where its output goes, until there is a reason to end it: what follows is
 * dropped, so that the channel can still be used. */
struct limited_sink {
	struct channel_sink to;
	struct attempt *attempt;
	int code; /* the reason; 0: none yet */
};

static bool is_reason(int code)
{
	return code == SSHOAL_ETIMEOUT || code == SSHOAL_ECANCELLED ||
	       code == SSHOAL_ELIMIT;
}

static unsigned char *give_room(void *data, enum channel_stream stream,
				size_t *size_bytes)
{
	const struct limited_sink *sink = data;
	return sink->to.room(sink->to.data, stream, size_bytes);
}

static int put(void *data, enum channel_stream stream, size_t size_bytes)
{
	struct limited_sink *sink = data;
	if (sink->code)
		return 0;
	int rc = sink->to.put(sink->to.data, stream, size_bytes);
	if (!is_reason(rc))
		return rc;
	sink->code = rc;
	sink->attempt->cut = rc != SSHOAL_ELIMIT;
	return 0;
}

/* What is said of a command that is not waited for any longer. */
static int tell_limit(struct connection *connection, int rc)
{
	struct attempt *attempt = connection->attempt;
	if (rc == SSHOAL_ELIMIT)
		return sshoal__error_set(&attempt->error, rc,
					 "its output came to the limit");
	if (rc != SSHOAL_ETIMEOUT)
		return sshoal__error_code(&attempt->error, rc);
	attempt->outcome.idle = !sshoal__client_is_expired(connection->client);
	return sshoal__error_set(&attempt->error, rc,
				 attempt->outcome.idle ?
					 "no byte came or went" :
					 "the command went on");
}

static int until_over(struct connection *connection,
		      struct sshoal_command *command,
		      const struct limited_sink *sink)
{
	struct attempt *attempt = connection->attempt;
	const struct duplex *duplex = &command->duplex;
	int64_t idle_ms =
		attempt->run->idle_ms > 0 ? attempt->run->idle_ms : -1;
	while (!sshoal__duplex_is_over(duplex)) {
		int rc = sshoal__client_turn(
			connection->client,
			sshoal__deadline_after(duplex->last_byte_ms, idle_ms),
			&attempt->error);
		if (sink->code)
			rc = sink->code;
		if (is_reason(rc) && !sshoal__duplex_is_over(duplex))
			return tell_limit(connection, rc);
		if (rc && !sshoal__duplex_is_over(duplex))
			return rc;
	}
	int rc = sshoal__command_verdict(command);
	if (rc)
		attempt->error = duplex->error;
	return rc;
}

static void note_outcome(struct connection *connection,
			 const struct sshoal_command *command)
{
	const struct duplex *duplex = &command->duplex;
	const struct channel *channel = &duplex->channel;
	struct exec_outcome *outcome = &connection->attempt->outcome;
	outcome->exit = channel->exit;
	outcome->stdout_bytes = channel->bytes[CHANNEL_STDOUT];
	outcome->stderr_bytes = channel->bytes[CHANNEL_STDERR];
	outcome->held = duplex->held && !outcome->kill;
}

/* Ends what a limit or a cancel came to. */
static void end(struct connection *connection, struct sshoal_command *command,
		int code)
{
	struct attempt *attempt = connection->attempt;
	sshoal_client *client = connection->client;
	struct attempt_ending ending;
	sshoal__ending_init(&ending, attempt);
	if (code != SSHOAL_ELIMIT)
		command->duplex.sink = ending.sink;
	else
		sshoal__duplex_mute(&command->duplex);
	const struct client_ends before = sshoal__client_wind_up(
		client, sshoal__deadline_in(sshoal__command_ending_ms(
				&ending.exec.command)));
	(void)sshoal__command_end(command, &ending.exec.command,
				  &attempt->outcome.kill);
	sshoal__client_wound_up(client, &before);
}

static int run_errand(struct connection *connection, struct errand *errand)
{
	struct attempt *attempt = connection->attempt;
	const struct run *run = attempt->run;
	const struct channel_sink outlet = sshoal__outlet_sink_of(attempt);
	struct limited_sink limited = {
		.to = sshoal__errand_sink(errand, &outlet),
		.attempt = attempt,
	};
	const struct channel_sink sink = {
		.room = give_room,
		.put = put,
		.data = &limited,
	};
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	options.detach_grace_ms = run->detach_grace_ms;
	if (errand->terminal) {
		options.pty = 1;
		options.term = errand->terminal->name;
		options.columns = errand->terminal->columns;
		options.rows = errand->terminal->rows;
	}
	struct feed feed;
	sshoal__feed_init(&feed, errand->input, errand->terminal);
	const struct command_plan plan = {
		.request = "exec",
		.line = errand->line,
		.feed = &feed,
		.options = &options,
		.most_bytes = UINT64_MAX,
		.sink = &sink,
		.requested = &attempt->outcome.requested,
	};
	if (!sshoal__client_enter(connection->client))
		return sshoal__error_code(&attempt->error, SSHOAL_EINVAL);
	struct sshoal_command *command = NULL;
	int rc = start(connection, &command, &plan);
	if (rc == 0) {
		sshoal__outlet_enter(attempt, SSHOAL_PHASE_RUN);
		rc = until_over(connection, command, &limited);
		command->duplex.sink = limited.to;
		if (is_reason(rc))
			end(connection, command, rc);
		note_outcome(connection, command);
		command->duplex.feed = NULL;
		sshoal__command_let_go(command);
	}
	sshoal__feed_fini(&feed, connection->client->session);
	sshoal__client_leave(connection->client);
	sshoal__attempt_judge(attempt, rc);
	return sshoal__errand_judge(errand, rc);
}

int sshoal__connection_run(struct connection *connection, const char *command)
{
	struct errand errand;
	int rc = sshoal__errand_init(&errand, connection->attempt, command);
	if (rc == 0)
		rc = run_errand(connection, &errand);
	sshoal__errand_fini(&errand);
	return rc;
}

void sshoal__connection_close(struct connection *connection)
{
	if (!connection->client)
		return;
	atomic_store(&connection->attempt->watch.deadline_ms,
		     sshoal__deadline_in(0));
	sshoal_sftp_close(connection->sftp);
	sshoal_client_close(connection->client);
}
