/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/client.h"
#include "ssh/duplex.h"

/* The calls that commands and tunnels share. Each looks first at what there
 * is, then has the client move, until it has what it wants. */

bool sshoal__duplex_enter(struct duplex *duplex)
{
	return !duplex->client || sshoal__client_enter(duplex->client);
}

void sshoal__duplex_leave(struct duplex *duplex)
{
	if (duplex->client)
		sshoal__client_leave(duplex->client);
}

static int64_t read_one(struct duplex *duplex, enum channel_stream stream,
			void *buffer, size_t size, int64_t timeout_ms)
{
	struct duplex_reader *reader = &duplex->readers[stream];
	int64_t deadline_ms = sshoal__deadline_in(timeout_ms);
	for (;;) {
		size_t taken = 0;
		int rc = sshoal__spool_take(&duplex->spools[stream], buffer,
					    size, &taken, &duplex->error);
		if (rc || taken)
			return rc ? rc : (int64_t)taken;
		if (duplex->channel.ended[stream] && !duplex->failed)
			return 0;
		if (sshoal__duplex_is_over(duplex))
			return duplex->failed;
		*reader = (struct duplex_reader){ buffer, size, 0 };
		/* libssh2 has what there was no room for. */
		duplex->client->stale |= duplex->refused;
		duplex->refused = false;
		rc = sshoal__client_turn(duplex->client, deadline_ms,
					 &duplex->error);
		taken = reader->used;
		*reader = (struct duplex_reader){ .bytes = NULL };
		if (rc || taken)
			return taken ? (int64_t)taken : rc;
	}
}

int64_t sshoal__duplex_read(struct duplex *duplex, enum channel_stream stream,
			    void *buffer, size_t size, int64_t timeout_ms)
{
	if (!buffer || size == 0 || timeout_ms < -1 ||
	    !sshoal__duplex_enter(duplex))
		return SSHOAL_EINVAL;
	int64_t n = read_one(duplex, stream, buffer, size, timeout_ms);
	sshoal__duplex_leave(duplex);
	return n;
}

/* Puts what fits into what goes out. */
static int offer(struct duplex *duplex, const unsigned char *data, size_t size,
		 size_t *done)
{
	size_t n = size - *done;
	size_t room = DUPLEX_AHEAD - sshoal__buffer_size(&duplex->outgoing);
	if (n > room)
		n = room;
	int rc = sshoal__buffer_append(&duplex->outgoing, data + *done, n);
	if (rc)
		return sshoal__error_code(&duplex->error, rc);
	*done += n;
	sshoal__client_send(duplex);
	return 0;
}

static int64_t write_all(struct duplex *duplex, const void *data, size_t size,
			 int64_t timeout_ms)
{
	int64_t deadline_ms = sshoal__deadline_in(timeout_ms);
	size_t done = 0;
	int rc = 0;
	while (rc == 0) {
		if (duplex->failed)
			rc = duplex->failed;
		else if (sshoal__duplex_is_over(duplex) || duplex->wants_eof ||
			 duplex->eof_sent)
			rc = sshoal__error_code(&duplex->error, SSHOAL_ECLOSED);
		else
			rc = offer(duplex, data, size, &done);
		if (done == size)
			break;
		if (rc == 0)
			rc = sshoal__client_turn(duplex->client, deadline_ms,
						 &duplex->error);
	}
	return done ? (int64_t)done : rc;
}

int64_t sshoal__duplex_write(struct duplex *duplex, const void *data,
			     size_t size, int64_t timeout_ms)
{
	if ((!data && size > 0) || size > INT64_MAX || timeout_ms < -1 ||
	    !sshoal__duplex_enter(duplex))
		return SSHOAL_EINVAL;
	int64_t n = write_all(duplex, data, size, timeout_ms);
	sshoal__duplex_leave(duplex);
	return n;
}

int sshoal__duplex_close_write(struct duplex *duplex)
{
	if (!sshoal__duplex_enter(duplex))
		return SSHOAL_EINVAL;
	int rc = 0;
	if (duplex->client && !sshoal__duplex_is_over(duplex)) {
		duplex->wants_eof = true;
		sshoal__client_send(duplex);
	}
	if (duplex->failed == SSHOAL_ELOST || duplex->failed == SSHOAL_ECLOSED)
		rc = duplex->failed;
	sshoal__duplex_leave(duplex);
	return rc;
}
