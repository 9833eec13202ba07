/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/error.h"
#include "ssh/command.h"

/* Which of a client's commands has something: each is looked at in turn,
 * beginning behind the one that was told last. */

static bool is_open(const struct duplex *duplex)
{
	return duplex->is_command && !duplex->is_files && !duplex->left;
}

static bool has_something(const struct duplex *duplex)
{
	return sshoal__duplex_has(duplex, CHANNEL_STDOUT) ||
	       sshoal__duplex_has(duplex, CHANNEL_STDERR) ||
	       (sshoal__duplex_is_over(duplex) && !duplex->told);
}

/* The first that has something, from one on to the end of the list. */
static struct duplex *find(struct duplex *from, const struct duplex *until)
{
	for (; from && from != until; from = from->next)
		if (is_open(from) && has_something(from))
			return from;
	return NULL;
}

static bool has_any(const struct sshoal_client *client)
{
	for (const struct duplex *duplex = client->first; duplex;
	     duplex = duplex->next)
		if (is_open(duplex) && !sshoal__duplex_is_over(duplex))
			return true;
	return false;
}

static int next(struct sshoal_client *client, struct duplex **found,
		int64_t deadline_ms)
{
	for (;;) {
		struct duplex *duplex = find(client->turn, NULL);
		if (!duplex)
			duplex = find(client->first, client->turn);
		if (duplex) {
			*found = duplex;
			return 0;
		}
		if (!has_any(client))
			return sshoal__error_set(&client->error, SSHOAL_ENOENT,
						 "no command is open");
		int rc = sshoal__client_turn(client, deadline_ms,
					     &client->error);
		if (rc && !client->session->failed)
			return rc;
	}
}

int sshoal_client_next(sshoal_client *client, sshoal_command **command,
		       int64_t timeout_ms)
{
	if (!command || timeout_ms < -1 || !sshoal__client_enter(client))
		return SSHOAL_EINVAL;
	struct duplex *found = NULL;
	int rc = next(client, &found, sshoal__deadline_in(timeout_ms));
	if (found) {
		if (!sshoal__duplex_has(found, CHANNEL_STDOUT) &&
		    !sshoal__duplex_has(found, CHANNEL_STDERR))
			found->told = true;
		client->turn = found->next;
		*command = sshoal__command_of(found);
	}
	rc = sshoal__client_blame(client, "waiting for a command", rc,
				  &client->error);
	sshoal__client_leave(client);
	return rc;
}
