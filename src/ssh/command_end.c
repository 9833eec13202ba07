/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/command.h"

/*
 * Ends a command by signals. The protocol's own request (RFC 4254 section 6.9)
 * has no answer, libssh2 before 1.11 does not have it, and OpenSSH 9.2 ignores
 * it for root. What helps then is a second command on the same connection:
 * under OpenSSH and Dropbear the shells of both have the same parent, so the
 * first one's process group is among those of the parent's other children.
 */

/* How long a signal may take before the second command is tried. */
#define REQUEST_MS 1000
/* How long after KILL a command may take to be gone. */
#define KILL_MS 3000
#define SECOND_MS 10000

/*
 * Signals the process groups beside its own. A login shell of any kind is left
 * at once for one of POSIX; /proc is read where there is one, since not every
 * host has ps(1). %s: the signal's name, without quotes or blanks.
 */
static const char second_line[] =
	"exec /bin/sh -c '"
	"end() { "
	"[ \"$2\" = \"$PPID\" ] && [ \"$1\" != $$ ] || return; "
	"case $4 in *sftp-server*) return;; esac; "
	"if [ \"$3\" = \"$1\" ]; then kill -s %s -- \"-$1\"; "
	"else kill -s %s \"$1\"; fi; }; "
	"if [ -r /proc/self/stat ]; then "
	"for f in /proc/[0-9]*/stat; do "
	"{ read -r l <\"$f\"; } 2>/dev/null || continue; "
	"c=${l#*\\(}; p=${l%%%% *}; l=${l##*\\) }; "
	"set -- $l; end \"$p\" \"$2\" \"$3\" \"${c%%\\)*}\"; "
	"done; else "
	"ps -A -o pid= -o ppid= -o pgid= -o comm= | "
	"while read -r p q g c; do end \"$p\" \"$q\" \"$g\" \"$c\"; done; "
	"fi'";

struct ending {
	struct sshoal_command *command;
	bool told; /* a signal was sent on some way */
};

static bool is_gone(const struct duplex *duplex)
{
	return sshoal__channel_has_exit(&duplex->channel) ||
	       sshoal__duplex_is_over(duplex);
}

/* Waits for its end. 0 when it has come, SSHOAL_ETIMEOUT, or as
 * sshoal__client_turn(). */
static int await(struct duplex *duplex, int64_t timeout_ms)
{
	int64_t deadline_ms = sshoal__deadline_in(timeout_ms);
	while (!is_gone(duplex)) {
		int rc = sshoal__client_turn(duplex->client, deadline_ms,
					     &duplex->error);
		if (rc && !is_gone(duplex))
			return rc;
	}
	return 0;
}

#if LIBSSH2_VERSION_NUM >= 0x010b00
static bool request_signal(struct duplex *duplex, const char *name)
{
	int64_t deadline_ms = sshoal__deadline_in(CLIENT_REQUEST_MS);
	int rc = libssh2_channel_signal_ex(duplex->channel.ssh, name, 4);
	while (rc == LIBSSH2_ERROR_EAGAIN && !is_gone(duplex)) {
		if (sshoal__client_turn(duplex->client, deadline_ms,
					&duplex->error))
			return false;
		if (!is_gone(duplex))
			rc = libssh2_channel_signal_ex(duplex->channel.ssh,
						       name, 4);
	}
	return rc == 0;
}
#else
static bool request_signal(struct duplex *duplex, const char *name)
{
	(void)duplex, (void)name;
	return false;
}
#endif

/* Other servers run the commands of all their connections side by side, and
 * a second one would hit those of strangers. */
static bool is_apart(const struct duplex *duplex)
{
	const char *banner = duplex->client->banner;
	return strstr(banner, "OpenSSH") || strstr(banner, "dropbear");
}

/* Whether nothing else is there that a second command could hit. */
static bool is_alone(const struct duplex *duplex)
{
	for (const struct duplex *other = duplex->client->first; other;
	     other = other->next)
		if (other != duplex && other->is_command)
			return false;
	return true;
}

/* Runs the second command. */
static bool send_second(struct duplex *duplex, const char *name)
{
	char line[sizeof second_line + 32];
	(void)snprintf(line, sizeof line, second_line, name, name);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	options.timeout_ms = SECOND_MS;
	const struct command_plan plan = {
		.request = "exec",
		.line = line,
		.options = &options,
		.most_bytes = UINT64_MAX,
		.closes_stdin = true,
	};
	struct sshoal_command *second = NULL;
	if (!is_apart(duplex) || !is_alone(duplex) ||
	    sshoal__command_open(&second, duplex->client, &plan, NULL))
		return false;
	sshoal__duplex_drop(&second->duplex);
	int rc = await(&second->duplex, SECOND_MS);
	bool done = rc == 0 && second->duplex.channel.exit.status_count > 0;
	sshoal__command_let_go(second);
	return done;
}

/* Sends a signal on one way, and if that does not help on the other; waits
 * for the end at most so long. */
static int send_signal(struct ending *ending, const char *name,
		       int64_t timeout_ms)
{
	struct duplex *duplex = &ending->command->duplex;
	int64_t until_ms = sshoal__deadline_in(timeout_ms);
	int rc = SSHOAL_ETIMEOUT;
	if (request_signal(duplex, name)) {
		ending->told = true;
		rc = await(duplex,
			   timeout_ms < REQUEST_MS ? timeout_ms : REQUEST_MS);
	}
	if (rc != SSHOAL_ETIMEOUT || is_gone(duplex))
		return rc;
	if (send_second(duplex, name))
		ending->told = true;
	else if (!ending->told)
		return rc;
	return await(duplex, sshoal__deadline_left_ms(until_ms));
}

static int judge(const struct ending *ending)
{
	const struct duplex *duplex = &ending->command->duplex;
	if (sshoal__channel_has_exit(&duplex->channel) ||
	    duplex->channel.closed)
		return SSHOAL_END_KILLED;
	if (duplex->failed || !ending->told)
		return SSHOAL_END_UNKNOWN;
	return SSHOAL_END_SURVIVED;
}

static int end(struct ending *ending, int64_t grace_ms)
{
	struct duplex *duplex = &ending->command->duplex;
	sshoal__duplex_drop(duplex);
	int rc = is_gone(duplex) ? 0 : SSHOAL_ETIMEOUT;
	if (rc && grace_ms > 0)
		rc = send_signal(ending, "TERM", grace_ms);
	if (rc == SSHOAL_ETIMEOUT)
		rc = send_signal(ending, "KILL", KILL_MS);
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
	struct ending ending = { .command = command };
	/* The ending is what goes on when work is cancelled. */
	watch_cancel(command, SSHOAL_CANCEL_ABORT);
	int rc = end(&ending, grace_ms);
	watch_cancel(command, SSHOAL_CANCEL_END);
	if (rc == 0 && command->duplex.failed)
		rc = command->duplex.failed;
	if (how)
		*how = judge(&ending);
	sshoal__command_leave(command);
	return rc;
}
