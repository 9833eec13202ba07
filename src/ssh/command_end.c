/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/command.h"
#include "ssh/second.h"

/*
 * Ends a command by signals. The protocol's own request (RFC 4254 section 6.9)
 * has no answer, libssh2 before 1.11 does not have it, and OpenSSH 9.2 ignores
 * it for root. What helps then is a second command on the same connection.
 */

/* How long a signal may take before the second command is tried. */
#define REQUEST_MS 1000

struct ending {
	struct sshoal_command *command;
	const struct command_ending *plan;
	struct second second;
	int64_t until_ms; /* of all of it */
	bool told;        /* a signal was sent on some way */
	bool told_leader; /* to the leader alone, as far as is known */
};

/* That its leader is gone is not enough: what it started may hold its output
 * and go on. */
static bool is_gone(const struct ending *ending)
{
	return sshoal__duplex_is_over(&ending->command->duplex);
}

/* Waits for its end. 0 when it has come, SSHOAL_ETIMEOUT, or as
 * sshoal__client_turn(). */
static int await(const struct ending *ending, int64_t timeout_ms)
{
	struct duplex *duplex = &ending->command->duplex;
	int64_t deadline_ms = sshoal__deadline_min(
		sshoal__deadline_in(timeout_ms), ending->until_ms);
	while (!is_gone(ending)) {
		int rc = sshoal__client_turn(duplex->client, deadline_ms,
					     &duplex->error);
		if (rc && !is_gone(ending))
			return rc;
	}
	return 0;
}

#if LIBSSH2_VERSION_NUM >= 0x010b00
static bool request_signal(const struct ending *ending, const char *name)
{
	struct duplex *duplex = &ending->command->duplex;
	int rc = libssh2_channel_signal_ex(duplex->channel.ssh, name, 4);
	while (rc == LIBSSH2_ERROR_EAGAIN && !is_gone(ending)) {
		if (sshoal__client_turn(duplex->client, ending->until_ms,
					&duplex->error))
			return false;
		if (!is_gone(ending))
			rc = libssh2_channel_signal_ex(duplex->channel.ssh,
						       name, 4);
	}
	return rc == 0;
}
#else
static bool request_signal(const struct ending *ending, const char *name)
{
	(void)ending, (void)name;
	return false;
}
#endif

/* OpenSSH sends what it is asked for to the process group, Dropbear to the leader
 * alone, and of others it is not known. */
static bool signals_groups(const struct ending *ending)
{
	return strstr(ending->command->duplex.client->banner, "OpenSSH");
}

/* Sends a signal by the request, and waits for the end at most so long. */
static int request(struct ending *ending, const char *name, int64_t timeout_ms)
{
	if (!request_signal(ending, name))
		return SSHOAL_ETIMEOUT;
	ending->told = true;
	ending->told_leader |= !signals_groups(ending);
	return await(ending, timeout_ms);
}

/* Leaves all of it to the second command, and waits for what that says. */
static int follow_second(struct ending *ending)
{
	struct duplex *duplex = &ending->command->duplex;
	struct second *second = &ending->second;
	int rc = 0;
	while (!sshoal__second_is_over(second)) {
		int64_t wake_ms = second->word == SECOND_SILENT ?
					  second->speak_ms :
					  ending->until_ms;
		rc = sshoal__client_turn(
			duplex->client,
			sshoal__deadline_min(wake_ms, ending->until_ms),
			&duplex->error);
		sshoal__second_listen(second);
		if (rc)
			break;
	}
	sshoal__second_listen(second);
	ending->told |= second->word >= SECOND_FOUND;
	sshoal__second_stop(second);
	/* What its processes' end leaves to be heard is under way. */
	if (second->word == SECOND_GONE || second->word == SECOND_ABSENT)
		return await(ending, REQUEST_MS);
	return rc ? rc : SSHOAL_ETIMEOUT;
}

/* Those who go by the request do so at once, as a rule. */
static int end_by_request(struct ending *ending, int64_t *left_ms)
{
	int64_t grace_ms = ending->plan->grace_ms;
	if (grace_ms == 0 || ending->plan->become || !signals_groups(ending))
		return SSHOAL_ETIMEOUT;
	int64_t first_ms =
		grace_ms > 0 && grace_ms < REQUEST_MS ? grace_ms : REQUEST_MS;
	int rc = request(ending, "TERM", first_ms);
	if (grace_ms > 0 && ending->told)
		*left_ms = grace_ms - first_ms;
	return rc;
}

/* What is left to do where there can be no second command. */
static int go_on_asking(struct ending *ending, int64_t grace_ms)
{
	int64_t term_ms = grace_ms < 0 ? ENDING_TERM_MS : grace_ms;
	int rc = SSHOAL_ETIMEOUT;
	if (ending->told)
		rc = await(ending, term_ms);
	else if (grace_ms != 0)
		rc = request(ending, "TERM", term_ms);
	if (rc == SSHOAL_ETIMEOUT && grace_ms >= 0)
		rc = request(ending, "KILL", ENDING_KILL_MS);
	return rc;
}

static int end_it(struct ending *ending)
{
	struct command_ending rest = *ending->plan;
	int rc = is_gone(ending) ? 0 : end_by_request(ending, &rest.grace_ms);
	if (rc != SSHOAL_ETIMEOUT || is_gone(ending))
		return rc;
	const struct channel *channel = &ending->command->duplex.channel;
	/* Of one that has ended the second command finds nothing. */
	if (!sshoal__channel_has_exit(channel) &&
	    sshoal__second_start(&ending->second, &ending->command->duplex,
				 &rest)) {
		rc = follow_second(ending);
		if (ending->second.word >= SECOND_FOUND || is_gone(ending))
			return rc;
	}
	/* Of what sudo runs the request would reach sudo at most. */
	return rest.become ? rc : go_on_asking(ending, rest.grace_ms);
}

/* rc: why nobody waits any longer. */
static int judge(const struct ending *ending, int rc)
{
	const struct duplex *duplex = &ending->command->duplex;
	bool has_exit = sshoal__channel_has_exit(&duplex->channel);
	if (ending->second.word == SECOND_LEFT)
		return SSHOAL_END_SURVIVED;
	if (ending->second.word == SECOND_GONE)
		return SSHOAL_END_KILLED;
	if (ending->told_leader && has_exit)
		return SSHOAL_END_UNKNOWN;
	if (duplex->channel.closed)
		return SSHOAL_END_KILLED;
	if (has_exit && !duplex->failed)
		return SSHOAL_END_SURVIVED;
	if (duplex->failed || rc != SSHOAL_ETIMEOUT || !ending->told ||
	    ending->second.word == SECOND_FOUND)
		return SSHOAL_END_UNKNOWN;
	return SSHOAL_END_SURVIVED;
}

int sshoal__command_end(struct sshoal_command *command,
			const struct command_ending *ending, int *how)
{
	struct ending way = {
		.command = command,
		.plan = ending,
		.until_ms =
			sshoal__deadline_in(sshoal__command_ending_ms(ending)),
	};
	int rc = end_it(&way);
	*how = judge(&way, rc);
	return rc == SSHOAL_ETIMEOUT ? 0 : rc;
}

/* Which level of the cancel ends the client's waits from here on. */
static void watch_cancel(const struct sshoal_command *command, int level)
{
	const struct sshoal_client *client = command->duplex.client;
	if (client && client->cancel)
		client->session->cancel_fd =
			sshoal_cancel_fd(client->cancel, level);
}

int sshoal_command_end(sshoal_command *command, int64_t grace_ms, int *how)
{
	if (grace_ms < 0 || !sshoal__command_enter(command))
		return SSHOAL_EINVAL;
	const struct command_ending plan = { .grace_ms = grace_ms };
	int found = SSHOAL_END_UNKNOWN;
	sshoal__duplex_drop(&command->duplex);
	/* The ending is what goes on when work is cancelled. */
	watch_cancel(command, SSHOAL_CANCEL_ABORT);
	int rc = sshoal__command_end(command, &plan, &found);
	watch_cancel(command, SSHOAL_CANCEL_END);
	if (rc == 0 && command->duplex.failed)
		rc = command->duplex.failed;
	if (how)
		*how = found;
	sshoal__command_leave(command);
	return rc;
}
