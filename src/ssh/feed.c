/* SPDX-License-Identifier: MIT */
#include "ssh/feed.h"

#include "base/error.h"

/* libssh2 wants the bytes it did not take again, the same ones: a piece is
 * read when the last one was taken, so a server that has no room for more holds
 * up nobody but itself. */

#define PIECE_BYTES ((size_t)32 * 1024)

/* What ends the input of a terminal, on a line of its own; after a line that
 * is not finished the first one only ends that. */
#define END_OF_INPUT "\004\004"

void sshoal__feed_init(struct feed *feed, const struct feed_source *source,
		       bool is_terminal)
{
	*feed = (struct feed){
		.source = source,
		.piece = BUFFER_INIT(PIECE_BYTES),
		.is_terminal = is_terminal,
		.drained = !source,
	};
	/* It may well be a secret. */
	feed->piece.wipe = true;
}

static int end_terminal(struct feed *feed)
{
	size_t n = feed->in_line ? 2 : 1;
	feed->is_terminal = false;
	return sshoal__buffer_append(&feed->piece, END_OF_INPUT, n);
}

/* Reads the next piece. SSHOAL_EEMPTY: there is none at this moment. */
static int refill(struct feed *feed, int *wake_fd, sshoal_error *error)
{
	int rc = 0;
	if (!feed->drained) {
		size_t n = PIECE_BYTES;
		unsigned char *room = sshoal__buffer_reserve(&feed->piece, n);
		if (!room)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		rc = feed->source->read(feed->source->data, room, &n, wake_fd,
					error);
		if (rc)
			return rc;
		sshoal__buffer_fill(&feed->piece, n);
		feed->drained = n == 0;
		if (n > 0)
			feed->in_line = room[n - 1] != '\n';
	}
	if (feed->drained && feed->is_terminal)
		rc = end_terminal(feed);
	return rc ? sshoal__error_code(error, rc) : 0;
}

/* Sends of the piece what the server takes. */
static int send_piece(struct feed *feed, struct channel *channel,
		      sshoal_error *error)
{
	size_t n = sshoal__buffer_size(&feed->piece);
	while (n > 0) {
		int64_t taken = sshoal__channel_write(
			channel, sshoal__buffer_data(&feed->piece), n, error);
		if (taken <= 0)
			return (int)taken;
		sshoal__buffer_consume(&feed->piece, (size_t)taken);
		feed->sent_bytes += (uint64_t)taken;
		n -= (size_t)taken;
	}
	return 0;
}

static void end(struct feed *feed)
{
	feed->ended = true;
	sshoal__buffer_fini(&feed->piece);
}

static int send_all(struct feed *feed, struct channel *channel,
		    sshoal_error *error)
{
	int *wake_fd = &channel->session->wake_fd;
	*wake_fd = -1;
	for (;;) {
		int rc = send_piece(feed, channel, error);
		if (rc || sshoal__buffer_size(&feed->piece) > 0)
			return rc;
		if (feed->drained && !feed->is_terminal)
			return 0;
		rc = refill(feed, wake_fd, error);
		if (rc)
			return rc;
	}
}

int sshoal__feed_send(struct feed *feed, struct channel *channel,
		      sshoal_error *error)
{
	if (feed->ended)
		return 0;
	int rc = send_all(feed, channel, error);
	if (rc == SSHOAL_EEMPTY)
		return 0;
	if (rc == SSHOAL_ECLOSED) {
		/* A command need not read: its output still counts. */
		end(feed);
		return 0;
	}
	if (rc == 0 && feed->drained &&
	    sshoal__buffer_size(&feed->piece) == 0 &&
	    sshoal__channel_eof(channel))
		end(feed);
	return rc;
}

void sshoal__feed_fini(struct feed *feed, struct session *session)
{
	session->wake_fd = -1;
	sshoal__buffer_fini(&feed->piece);
}
