/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <sshoal/file.h>
#include <sshoal/transfer.h>

#include "base/error.h"
#include "sftp/handle.h"
#include "sftp/step.h"
#include "sftp/transfer.h"

/* One file's contents for a writer, in order: many reads are on their way, and
 * what comes before its turn waits. */

struct stream;

/* A part of the file: asked for, and here once `used` is its size. */
struct part {
	struct part *following;
	struct stream *stream;
	uint64_t offset;
	size_t size;
	size_t used;
	bool ended; /* the file ends in it */
	unsigned char bytes[];
};

struct stream {
	struct transfer transfer;
	sshoal_writer_cb *writer;
	void *data;
	const char *path;
	struct handle handle;
	struct part *first; /* in the order of the file */
	struct part **last;
	uint64_t next;   /* what is asked for next */
	uint64_t given;  /* bytes that the writer has */
	uint64_t held;   /* bytes of parts */
	uint64_t window; /* how many there may be: more while it goes on */
	uint32_t pending;
	bool ended;
	int failed;
	sshoal_error error;
};

static void fail(struct stream *stream, int code, const sshoal_error *error)
{
	if (stream->failed)
		return;
	stream->failed = code;
	if (error && error->code)
		stream->error = *error;
	else
		(void)sshoal__error_set(&stream->error, code, "%s: %s",
					stream->path, sshoal_error_text(code));
}

static unsigned char *give_room(struct sftp_request *request, size_t n)
{
	const struct step *step =
		(const struct step *)((char *)request -
				      offsetof(struct step, request));
	struct part *part = step->owner;
	return n <= part->size - part->used ? part->bytes + part->used : NULL;
}

static void on_read(struct step *step, const struct sftp_reply *reply);

/* Asks for what a part still lacks. */
static void ask(struct stream *stream, struct part *part)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	struct step *step = sshoal__step_new(part, on_read);
	size_t n = part->size - part->used;
	if (step) {
		step->request.room = give_room;
		step->request.in_flight = (uint32_t)n;
	}
	sshoal__handle_begin(&stream->handle, sftp, SFTP_READ);
	sshoal__packet_u64(&sftp->packet, part->offset + part->used);
	sshoal__packet_u32(&sftp->packet, (uint32_t)n);
	int rc = sshoal__step_send(sftp, step, NULL);
	if (rc)
		fail(stream, rc, NULL);
	else
		stream->pending++;
}

static void on_read(struct step *step, const struct sftp_reply *reply)
{
	struct part *part = step->owner;
	struct stream *stream = part->stream;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_DATA, stream->path, &error);
	stream->pending--;
	part->ended = rc == SSHOAL_EEMPTY;
	if (part->ended)
		return;
	if (rc == 0 && reply->data_size == 0)
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server answers a read with "
				       "nothing",
				       stream->path);
	if (rc) {
		fail(stream, rc, &error);
		return;
	}
	if (part->used > 0)
		sshoal__sftp_gave_less(stream->transfer.sftp, part->used);
	part->used += reply->data_size;
	if (part->used < part->size && !stream->failed)
		ask(stream, part);
}

static void add_part(struct stream *stream)
{
	size_t size = stream->transfer.sftp->read_size;
	struct part *part = malloc(sizeof *part + size);
	if (!part) {
		fail(stream, SSHOAL_ENOMEM, NULL);
		return;
	}
	*part = (struct part){
		.stream = stream,
		.offset = stream->next,
		.size = size,
	};
	*stream->last = part;
	stream->last = &part->following;
	stream->next += size;
	stream->held += size;
	ask(stream, part);
}

static void drop_first(struct stream *stream)
{
	struct part *part = stream->first;
	stream->first = part->following;
	if (!stream->first)
		stream->last = &stream->first;
	stream->held -= part->size;
	free(part);
}

/* Gives the writer what has its turn. */
static void give(struct stream *stream)
{
	while (stream->first && !stream->ended && !stream->failed) {
		struct part *part = stream->first;
		if (part->used < part->size && !part->ended)
			return;
		int rc = part->used ? stream->writer(part->bytes, part->used,
						     stream->data) :
				      0;
		if (rc)
			fail(stream, rc < 0 ? rc : SSHOAL_ECANCELLED, NULL);
		stream->given += part->used;
		if (stream->window < SFTP_IN_FLIGHT)
			stream->window *= 2;
		stream->transfer.progress.bytes += part->used;
		stream->ended = part->ended;
		drop_first(stream);
	}
}

static void read_all(struct stream *stream)
{
	struct transfer *transfer = &stream->transfer;
	while ((!stream->failed && !stream->ended) || stream->pending) {
		while (!stream->failed && !stream->ended &&
		       stream->held < stream->window &&
		       sshoal__transfer_may_move(transfer,
						 transfer->sftp->read_size))
			add_part(stream);
		sshoal__transfer_turn(transfer);
		if (transfer->end.code)
			fail(stream, transfer->end.code, &transfer->end);
		give(stream);
	}
	while (stream->first)
		drop_first(stream);
}

static void get(struct stream *stream)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	sshoal__packet_begin(&sftp->packet, SFTP_OPEN);
	sshoal__packet_text(&sftp->packet, stream->path);
	sshoal__packet_u32(&sftp->packet, SSHOAL_FILE_READ);
	sshoal__packet_attributes(&sftp->packet, NULL);
	int rc = sshoal__handle_open(&stream->handle, sftp, stream->path);
	if (rc) {
		fail(stream, rc, &sftp->error);
		return;
	}
	read_all(stream);
	(void)sshoal__handle_close(&stream->handle, sftp, stream->path);
}

int sshoal_sftp_get_stream(sshoal_sftp *sftp, const char *remote,
			   sshoal_writer_cb *writer, void *data,
			   const sshoal_transfer_options *options,
			   sshoal_error *error)
{
	sshoal_transfer_options own;
	sshoal_error what = { .code = 0 };
	if (!writer || sshoal__sftp_check_path(remote, NULL))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no writer or no path");
	int rc = sshoal__transfer_options_take(&own, options, error);
	if (rc)
		return rc;
	struct rate *rate = NULL;
	if (own.bytes_per_second)
		rc = sshoal__rate_new(&rate, own.bytes_per_second);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = sshoal__sftp_enter(sftp);
	if (rc) {
		sshoal__rate_free(rate);
		return sshoal__error_set(error, rc, "%s",
					 sshoal_sftp_error_text(sftp));
	}
	struct stream stream = {
		.writer = writer,
		.data = data,
		.path = remote,
		.window = SFTP_CHUNK,
	};
	stream.last = &stream.first;
	sshoal__transfer_init(&stream.transfer, sftp, &own, rate);
	get(&stream);
	const sshoal_transfer_file file = {
		.local = "",
		.remote = remote,
		.text = stream.failed ? stream.error.text : "",
		.size_bytes = stream.given,
		.sent_bytes = stream.given,
		.code = stream.failed,
		.kind = SSHOAL_FILE_REGULAR,
		.changed = !stream.failed,
	};
	sshoal__transfer_tell(&stream.transfer, &file);
	rc = sshoal__transfer_outcome(&stream.transfer, &what);
	if (rc) {
		sftp->error = what;
		if (error)
			*error = what;
	}
	sshoal__transfer_fini(&stream.transfer);
	sshoal__sftp_leave(sftp);
	sshoal__rate_free(rate);
	return rc;
}
