/* SPDX-License-Identifier: MIT */
#include "ssh/duplex.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/client.h"

/* What comes for somebody who waits goes into his room; the rest is kept in
 * the order it came, so that no stream waits for another. */

/* How much of a connection's is kept; a command has its own limit. */
#define CONNECTION_MOST ((uint64_t)1024 * 1024 * 1024)

/* Where it is to be put, or where it is copied from when nobody waits. */
static unsigned char *give_room(void *data, enum channel_stream stream,
				size_t *size_bytes)
{
	struct duplex *duplex = data;
	const struct duplex_reader *reader = &duplex->readers[stream];
	if (!duplex->drops && reader->bytes && reader->used < reader->size &&
	    sshoal__spool_size(&duplex->spools[stream]) == 0) {
		*size_bytes = reader->size - reader->used;
		return reader->bytes + reader->used;
	}
	if (!duplex->is_command && !duplex->drops &&
	    sshoal__spool_size(&duplex->spools[stream]) >= CONNECTION_MOST) {
		duplex->refused = true;
		*size_bytes = 0;
		return NULL;
	}
	*size_bytes = sizeof duplex->client->scratch;
	return duplex->client->scratch;
}

static int keep(struct duplex *duplex, enum channel_stream stream, size_t n)
{
	struct duplex_reader *reader = &duplex->readers[stream];
	if (reader->bytes && reader->used < reader->size &&
	    sshoal__spool_size(&duplex->spools[stream]) == 0) {
		reader->used += n;
		return 0;
	}
	int rc = sshoal__spool_put(&duplex->spools[stream],
				   duplex->client->scratch, n, &duplex->error);
	duplex->kept_badly |= rc != 0;
	return rc;
}

static int put(void *data, enum channel_stream stream, size_t size_bytes)
{
	struct duplex *duplex = data;
	struct channel *channel = &duplex->channel;
	if (duplex->drops)
		return 0;
	uint64_t seen =
		channel->bytes[CHANNEL_STDOUT] + channel->bytes[CHANNEL_STDERR];
	uint64_t most = duplex->limits.most_bytes;
	/* More than that may have been dropped. */
	uint64_t left = seen < most ? most - seen : 0;
	if (size_bytes <= left)
		return keep(duplex, stream, size_bytes);
	int rc = keep(duplex, stream, (size_t)left);
	if (rc)
		return rc;
	channel->bytes[stream] += left;
	duplex->kept_badly = true;
	return sshoal__error_set(&duplex->error, SSHOAL_ELIMIT,
				 "more output than %llu bytes",
				 (unsigned long long)duplex->limits.most_bytes);
}

static int wait_client(void *data, int64_t deadline_ms, sshoal_error *error)
{
	const struct duplex *duplex = data;
	return sshoal__client_turn(duplex->client, deadline_ms, error);
}

void sshoal__duplex_init(struct duplex *duplex, struct sshoal_client *client)
{
	*duplex = (struct duplex){
		.sink = { .room = give_room, .put = put, .data = duplex },
		.wait = { .wait = wait_client, .data = duplex },
		.client = client,
		.spools = { SPOOL_INIT, SPOOL_INIT },
		.outgoing = BUFFER_INIT(DUPLEX_AHEAD),
		.limits = { .deadline_ms = DEADLINE_NONE,
			    .idle_ms = -1,
			    .grace_ms = -1,
			    .most_bytes = UINT64_MAX },
	};
	sshoal__channel_init(&duplex->channel, client->session, &duplex->sink,
			     &duplex->wait);
}

void sshoal__duplex_start(struct duplex *duplex)
{
	duplex->last_byte_ms = sshoal__clock_now_ms();
}

bool sshoal__duplex_is_over(const struct duplex *duplex)
{
	return duplex->failed || duplex->channel.closed || duplex->held ||
	       duplex->closing;
}

bool sshoal__duplex_has(const struct duplex *duplex, enum channel_stream stream)
{
	return sshoal__spool_size(&duplex->spools[stream]) > 0;
}

void sshoal__duplex_fail(struct duplex *duplex, int code,
			 const sshoal_error *error)
{
	if (sshoal__duplex_is_over(duplex))
		return;
	duplex->failed = code;
	if (error)
		duplex->error = *error;
	duplex->closing = true;
}

static void send_feed(struct duplex *duplex)
{
	struct feed *feed = duplex->feed;
	uint64_t sent_bytes = feed->sent_bytes;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__feed_send(feed, &duplex->channel, &error);
	if (rc)
		sshoal__duplex_fail(duplex, rc, &error);
	if (duplex->last_byte_ms && feed->sent_bytes != sent_bytes)
		duplex->last_byte_ms = sshoal__clock_now_ms();
}

void sshoal__duplex_send(struct duplex *duplex)
{
	if (duplex->closing || !duplex->channel.ssh)
		return;
	if (duplex->send) {
		duplex->send(duplex);
		return;
	}
	if (duplex->feed) {
		send_feed(duplex);
		return;
	}
	size_t n = sshoal__buffer_size(&duplex->outgoing);
	while (n > 0) {
		sshoal_error error;
		int64_t taken = sshoal__channel_write(
			&duplex->channel,
			sshoal__buffer_data(&duplex->outgoing), n, &error);
		if (taken == 0)
			return;
		if (taken == SSHOAL_ECLOSED) {
			/* Its output still counts. */
			sshoal__buffer_consume(&duplex->outgoing, n);
			duplex->eof_sent = true;
			break;
		}
		if (taken < 0) {
			sshoal__duplex_fail(duplex, (int)taken, &error);
			return;
		}
		sshoal__buffer_consume(&duplex->outgoing, (size_t)taken);
		n -= (size_t)taken;
		if (duplex->last_byte_ms)
			duplex->last_byte_ms = sshoal__clock_now_ms();
	}
	sshoal__buffer_fini(&duplex->outgoing);
	if (duplex->wants_eof && !duplex->eof_sent)
		duplex->eof_sent = sshoal__channel_eof(&duplex->channel);
}

/* Notes whether bytes came, or the exit did, for the limits. */
static void look_at_clock(struct duplex *duplex)
{
	const struct channel *channel = &duplex->channel;
	uint64_t bytes =
		channel->bytes[CHANNEL_STDOUT] + channel->bytes[CHANNEL_STDERR];
	bool has_exit = sshoal__channel_has_exit(channel);
	if (bytes != duplex->seen_bytes || has_exit != duplex->had_exit)
		duplex->last_byte_ms = sshoal__clock_now_ms();
	duplex->seen_bytes = bytes;
	duplex->had_exit = has_exit;
}

void sshoal__duplex_pump(struct duplex *duplex)
{
	struct channel *channel = &duplex->channel;
	if (!channel->ssh)
		return;
	if (!duplex->closing) {
		bool moved = false;
		sshoal_error error;
		int rc = sshoal__channel_pump(channel, &moved, &error);
		if (rc)
			sshoal__duplex_fail(duplex, rc,
					    duplex->kept_badly ? NULL : &error);
		else if (!channel->closed)
			sshoal__duplex_send(duplex);
		look_at_clock(duplex);
	}
	if (duplex->closing && !duplex->gone)
		duplex->gone = sshoal__channel_close(channel);
	if (channel->closed)
		(void)sshoal__channel_release(channel);
}

int64_t sshoal__duplex_due_ms(const struct duplex *duplex)
{
	const struct duplex_limits *limits = &duplex->limits;
	if (sshoal__duplex_is_over(duplex) || !duplex->last_byte_ms)
		return DEADLINE_NONE;
	int64_t due_ms = sshoal__deadline_min(
		limits->deadline_ms,
		sshoal__deadline_after(duplex->last_byte_ms, limits->idle_ms));
	if (!duplex->had_exit)
		return due_ms;
	return sshoal__deadline_min(
		due_ms,
		sshoal__deadline_after(duplex->last_byte_ms, limits->grace_ms));
}

bool sshoal__duplex_expire(struct duplex *duplex, int64_t now_ms)
{
	const struct duplex_limits *limits = &duplex->limits;
	if (sshoal__duplex_due_ms(duplex) > now_ms)
		return false;
	if (duplex->had_exit &&
	    sshoal__deadline_after(duplex->last_byte_ms, limits->grace_ms) <=
		    now_ms) {
		duplex->held = true;
		duplex->closing = true;
		return true;
	}
	sshoal_error error;
	if (limits->deadline_ms <= now_ms)
		(void)sshoal__error_set(&error, SSHOAL_ETIMEOUT,
					"the command went on past its time "
					"limit");
	else
		(void)sshoal__error_set(&error, SSHOAL_ETIMEOUT,
					"no byte came or went for %lld ms",
					(long long)limits->idle_ms);
	sshoal__duplex_fail(duplex, SSHOAL_ETIMEOUT, &error);
	return true;
}

void sshoal__duplex_drop(struct duplex *duplex)
{
	duplex->drops = true;
	for (size_t i = 0; i < CHANNEL_STREAMS; i++)
		sshoal__spool_fini(&duplex->spools[i]);
}

void sshoal__duplex_mute(struct duplex *duplex)
{
	duplex->sink.room = give_room;
	duplex->sink.put = put;
	duplex->sink.data = duplex;
	sshoal__duplex_drop(duplex);
}

void sshoal__duplex_fini(struct duplex *duplex)
{
	if (duplex->client)
		sshoal__channel_fini(&duplex->channel);
	for (size_t i = 0; i < CHANNEL_STREAMS; i++)
		sshoal__spool_fini(&duplex->spools[i]);
	sshoal__buffer_fini(&duplex->outgoing);
}
