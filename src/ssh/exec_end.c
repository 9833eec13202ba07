/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "ssh/exec.h"

/*
 * Ending takes a second channel, and so a client: the session becomes one for
 * as long as that lasts, and its channel a command of it.
 */

/* Copies what is known of a channel. Both keep their places among the records
 * of exits, where the newer one is told. */
static void copy_state(struct channel *to, const struct channel *from)
{
	struct exit_record *next = to->exit.next;
	to->exit = from->exit;
	to->exit.next = next;
	for (size_t i = 0; i < CHANNEL_STREAMS; i++) {
		to->bytes[i] = from->bytes[i];
		to->ended[i] = from->ended[i];
	}
	to->requested = from->requested;
	to->closed = from->closed;
}

static int end_as_client(struct sshoal_client *client, struct channel *channel,
			 const struct exec_ending *ending)
{
	int how = SSHOAL_END_UNKNOWN;
	struct sshoal_command *command = sshoal__command_new(client);
	if (!command)
		return how;
	struct duplex *duplex = &command->duplex;
	if (ending->sink)
		duplex->sink = *ending->sink;
	else
		sshoal__duplex_drop(duplex);
	duplex->limits.grace_ms = ending->detach_grace_ms;
	copy_state(&duplex->channel, channel);
	duplex->channel.ssh = channel->ssh;
	channel->ssh = NULL;
	sshoal__client_add(client, duplex);
	sshoal__duplex_start(duplex);
	(void)sshoal__command_end(command, &ending->command, &how);
	copy_state(channel, &duplex->channel);
	sshoal__command_let_go(command);
	return how;
}

int sshoal__exec_end(struct channel *channel, const struct exec_ending *ending)
{
	struct sshoal_client *client = NULL;
	struct client_adoption as = *ending->as;
	as.limit_ms = sshoal__deadline_in(
		sshoal__command_ending_ms(&ending->command));
	if (sshoal__client_adopt(&client, channel->session, &as, NULL))
		return SSHOAL_END_UNKNOWN;
	(void)sshoal__client_enter(client);
	(void)sshoal__client_wind_up(client, as.limit_ms);
	int how = end_as_client(client, channel, ending);
	sshoal__client_leave(client);
	/* The session goes back to whose it is. */
	client->session = NULL;
	sshoal_client_close(client);
	return how;
}
