/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <sshoal/file.h>
#include <sshoal/transfer.h>

#include "base/error.h"
#include "sftp/handle.h"
#include "sftp/step.h"
#include "sftp/transfer.h"

/* A file without a size, such as those of /proc, ends somewhere. */
#define ENDLESS_MOST ((uint64_t)256 * 1024 * 1024)

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
	uint64_t size;   /* of the file; 0: it is read to its end */
	uint64_t given;  /* bytes that the writer has */
	uint64_t held;   /* bytes of parts */
	uint64_t window; /* how many there may be: more while it goes on */
	uint32_t pending;
	bool ended;
	bool longer; /* than its size said */
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

static void changed(struct stream *stream, const char *how)
{
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_ECHANGED, "%s: %s", stream->path,
				how);
	fail(stream, SSHOAL_ECHANGED, &error);
}

/* Holds a part to the file's size: what is behind it came too late, or never
 * ends; what is missing was there before. */
static void cut(struct stream *stream, struct part *part)
{
	if (stream->size == 0) {
		if (part->offset > ENDLESS_MOST)
			changed(stream, "it has no size and no end");
		return;
	}
	uint64_t end = part->offset + part->used;
	if (part->ended && end < stream->size) {
		changed(stream, "its end came before its size");
		part->used = 0;
	} else if (end > stream->size) {
		stream->longer = true;
		part->used = (size_t)(stream->size - part->offset);
		part->ended = true;
	}
}

/* Gives the writer what has its turn. */
static void give(struct stream *stream)
{
	while (stream->first && !stream->ended && !stream->failed) {
		struct part *part = stream->first;
		if (part->used < part->size && !part->ended)
			return;
		cut(stream, part);
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

/* A file that has a size is read one byte past it, to see that it ends. */
static bool wants_more(const struct stream *stream)
{
	return stream->size == 0 || stream->next <= stream->size;
}

static void read_all(struct stream *stream)
{
	struct transfer *transfer = &stream->transfer;
	while ((!stream->failed && !stream->ended) || stream->pending) {
		while (!stream->failed && !stream->ended &&
		       wants_more(stream) && stream->held < stream->window &&
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

static void look(struct stream *stream)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	struct sftp_answer answer;
	sshoal_attributes now = { .flags = 0 };
	sshoal__handle_begin(&stream->handle, sftp, SFTP_FSTAT);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, stream->path);
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, &now);
	sshoal__sftp_answer_fini(&answer);
	if (rc)
		fail(stream, rc, &sftp->error);
	stream->size = now.size_bytes;
	stream->transfer.progress.total_bytes = now.size_bytes;
	stream->transfer.progress.total_files = 1;
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
	look(stream);
	uint64_t size = stream->size;
	if (!stream->failed)
		read_all(stream);
	if (!stream->failed && stream->longer) {
		look(stream);
		if (!stream->failed && stream->size <= size)
			changed(stream, "there is more of it than its size "
					"says");
	}
	(void)sshoal__handle_close(&stream->handle, sftp, stream->path);
}

int sshoal_sftp_get_stream(sshoal_sftp *sftp, const char *remote,
			   sshoal_writer_cb *writer, void *data,
			   const sshoal_transfer_options *options,
			   sshoal_error *error)
{
	struct transfer_call call;
	sshoal_error what = { .code = 0 };
	if (!writer || sshoal__sftp_check_path(remote, NULL))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no writer or no path");
	int rc = sshoal__transfer_enter(&call, sftp, options, error);
	if (rc)
		return rc;
	struct stream stream = {
		.writer = writer,
		.data = data,
		.path = remote,
		.window = SFTP_CHUNK,
	};
	stream.last = &stream.first;
	sshoal__transfer_init(&stream.transfer, sftp, &call.options, call.rate);
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
	sshoal__transfer_fini(&stream.transfer);
	return sshoal__transfer_leave(&call, sftp, rc, &what, error);
}
