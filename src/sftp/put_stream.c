/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <sshoal/file.h>
#include <sshoal/transfer.h>

#include "base/error.h"
#include "sftp/owner.h"
#include "sftp/step.h"
#include "sftp/transfer.h"
#include "sftp/tree.h"

/* One file from a reader's bytes: many writes are on their way at a time, the
 * rest waits for one answer after the other. */

#define USUAL_MODE 0666u
#define PRIVATE_MODE 0600u
#define DIRECTORY_MODE 0777u
#define OTHER_SIZE ((size_t)32)

struct stream {
	struct transfer transfer;
	sshoal_reader_cb *reader;
	void *data;
	const char *path;
	char *other; /* the name until it is whole; in place: path's */
	sshoal_attributes old;
	unsigned char handle[SFTP_HANDLE_MAX];
	size_t handle_size;
	uint64_t offset;
	uint64_t sent_bytes;
	uint32_t pending;
	bool exists;
	bool made;
	bool ended; /* the reader has no more */
	int failed;
	sshoal_error error;
};

static void fail(struct stream *stream, int code, const sshoal_error *error)
{
	if (stream->failed)
		return;
	stream->failed = code;
	stream->error = *error;
}

/* Sends what was begun and waits: 0 or a code, which is the stream's. */
static int ask(struct stream *stream, struct sftp_answer *answer,
	       enum sftp_type wanted, const char *path)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	int rc = sshoal__sftp_ask(sftp, answer, wanted, path);
	if (rc)
		fail(stream, rc, &sftp->error);
	return rc;
}

static struct packet *begin(struct stream *stream, enum sftp_type type,
			    const char *path)
{
	struct packet *packet = &stream->transfer.sftp->packet;
	sshoal__packet_begin(packet, type);
	sshoal__packet_text(packet, path);
	return packet;
}

static struct packet *begin_handle(struct stream *stream, enum sftp_type type)
{
	struct packet *packet = &stream->transfer.sftp->packet;
	sshoal__packet_begin(packet, type);
	sshoal__packet_string(packet, stream->handle, stream->handle_size);
	return packet;
}

/* What is there: nothing, or what is replaced. */
static int look(struct stream *stream)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	struct sftp_answer answer;
	(void)begin(stream, SFTP_STAT, stream->path);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, stream->path);
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, &stream->old);
	sshoal__sftp_answer_fini(&answer);
	stream->exists = rc == 0;
	if (rc == SSHOAL_ENOENT)
		rc = 0;
	if (rc)
		fail(stream, rc, &sftp->error);
	int kind = sshoal_attributes_kind(&stream->old);
	sshoal_error error;
	if (kind == SSHOAL_FILE_DIRECTORY)
		fail(stream,
		     sshoal__error_set(&error, SSHOAL_EEXIST,
				       "%s: it is a directory", stream->path),
		     &error);
	else if (stream->exists && !stream->transfer.options->in_place &&
		 !sftp->extensions[SFTP_POSIX_RENAME])
		fail(stream,
		     sshoal__error_set(&error, SSHOAL_EUNSUPPORTED,
				       "%s: it is there already, and this "
				       "server cannot replace a file in one "
				       "step: write it in place",
				       stream->path),
		     &error);
	return stream->failed;
}

/* Makes the directory it goes into. */
static int make_above(struct stream *stream)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	const char *slash = strrchr(stream->path, '/');
	if (!stream->transfer.options->make_parents || stream->exists ||
	    !slash || slash == stream->path)
		return 0;
	char *above = strndup(stream->path, (size_t)(slash - stream->path));
	int rc = above ? sshoal__tree_make(sftp, above, DIRECTORY_MODE) :
			 sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	free(above);
	if (rc)
		fail(stream, rc, &sftp->error);
	return rc;
}

static int name_other(struct stream *stream)
{
	const char *slash = strrchr(stream->path, '/');
	size_t base = slash ? (size_t)(slash - stream->path) + 1 : 0;
	uint64_t number;
	if (stream->transfer.options->in_place)
		stream->other = strdup(stream->path);
	else if (getrandom(&number, sizeof number, 0) == (ssize_t)sizeof number)
		stream->other = malloc(base + OTHER_SIZE);
	if (!stream->other) {
		sshoal_error error;
		fail(stream, sshoal__error_code(&error, SSHOAL_ENOMEM), &error);
		return SSHOAL_ENOMEM;
	}
	if (stream->transfer.options->in_place)
		return 0;
	memcpy(stream->other, stream->path, base);
	(void)snprintf(stream->other + base, OTHER_SIZE, ".sshoal-%016" PRIx64,
		       number);
	return 0;
}

static int open_other(struct stream *stream)
{
	const sshoal_transfer_options *options = stream->transfer.options;
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_MODE,
		.mode = stream->exists || options->has_mode ? PRIVATE_MODE :
							      USUAL_MODE,
	};
	struct sftp_answer answer;
	struct packet *packet = begin(stream, SFTP_OPEN, stream->other);
	sshoal__packet_u32(packet,
			   SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE |
				   (options->in_place ? SSHOAL_FILE_TRUNCATE :
							SSHOAL_FILE_EXCLUSIVE));
	sshoal__packet_attributes(packet, &attributes);
	int rc = ask(stream, &answer, SFTP_HANDLE, stream->path);
	size_t n = 0;
	const unsigned char *handle =
		rc ? NULL : sshoal__wire_string(&answer.body, &n);
	if (handle && n > 0 && n <= sizeof stream->handle) {
		memcpy(stream->handle, handle, n);
		stream->handle_size = n;
		stream->made = true;
	} else if (rc == 0) {
		sshoal_error error;
		fail(stream,
		     sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server's handle is damaged",
				       stream->path),
		     &error);
	}
	sshoal__sftp_answer_fini(&answer);
	return stream->failed;
}

static void on_written(struct step *step, const struct sftp_reply *reply)
{
	struct stream *stream = step->owner;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_STATUS, stream->path, &error);
	stream->pending--;
	if (rc && !error.code)
		error = stream->transfer.sftp->fate;
	if (rc) {
		fail(stream, rc, &error);
		return;
	}
	stream->sent_bytes += step->size;
	stream->transfer.progress.bytes += step->size;
}

/* Fills a piece of memory as far as the reader goes. A code, or how much. */
static int64_t fill(struct stream *stream, unsigned char *bytes, size_t size)
{
	size_t n = 0;
	while (n < size && !stream->ended) {
		int64_t got = stream->reader(bytes + n, size - n, stream->data);
		if (got < 0 || got > (int64_t)(size - n))
			return got < 0 ? got : SSHOAL_EINVAL;
		stream->ended = got == 0;
		n += (size_t)got;
	}
	return (int64_t)n;
}

static int send_one(struct stream *stream, size_t size)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	unsigned char *bytes = malloc(size);
	int64_t n = bytes ? fill(stream, bytes, size) : SSHOAL_ENOMEM;
	if (n <= 0) {
		free(bytes);
		return (int)n;
	}
	const struct sftp_loan loan = {
		.bytes = bytes,
		.size = (size_t)n,
		.release = free,
		.data = bytes,
	};
	struct step *step = sshoal__step_new(stream, on_written);
	if (step) {
		step->size = (size_t)n;
		step->request.in_flight = (uint32_t)n;
	}
	struct packet *packet = begin_handle(stream, SFTP_WRITE);
	sshoal__packet_u64(packet, stream->offset);
	sshoal__packet_u32(packet, (uint32_t)n);
	int rc = sshoal__step_send(sftp, step, &loan);
	if (rc == 0) {
		stream->pending++;
		stream->offset += (uint64_t)n;
	}
	return rc;
}

/* Writes everything; returns when all of it was answered. */
static void send_all(struct stream *stream)
{
	struct transfer *transfer = &stream->transfer;
	for (;;) {
		size_t size = transfer->sftp->write_size;
		while (!stream->failed && !stream->ended &&
		       sshoal__transfer_may_move(transfer, size)) {
			int rc = send_one(stream, size);
			sshoal_error error;
			if (rc)
				fail(stream,
				     sshoal__error_set(&error, rc, "%s: %s",
						       stream->path,
						       sshoal_error_text(rc)),
				     &error);
		}
		if (transfer->end.code)
			fail(stream, transfer->end.code, &transfer->end);
		if (stream->pending == 0 && (stream->failed || stream->ended))
			return;
		sshoal__transfer_turn(transfer);
	}
}

static void set_attributes(struct stream *stream)
{
	const sshoal_transfer_options *options = stream->transfer.options;
	const sshoal_attributes *old = &stream->old;
	bool keeps = stream->exists && !options->in_place &&
		     (old->flags & SSHOAL_ATTRIBUTES_MODE);
	sshoal_attributes wanted = { .flags = 0 };
	if (options->has_owner) {
		wanted.flags |= SSHOAL_ATTRIBUTES_OWNER;
		wanted.uid = options->uid;
		wanted.gid = options->gid;
	}
	if (options->has_mode || keeps) {
		wanted.flags |= SSHOAL_ATTRIBUTES_MODE;
		/* Set-ID bits were meant for the owner of what was there. */
		wanted.mode =
			options->has_mode ? options->mode : old->mode & 0777u;
	}
	if (!wanted.flags)
		return;
	struct sftp_answer answer;
	sshoal__packet_attributes(begin_handle(stream, SFTP_FSETSTAT), &wanted);
	(void)ask(stream, &answer, SFTP_STATUS, stream->path);
	sshoal__sftp_answer_fini(&answer);
}

static void sync_it(struct stream *stream)
{
	struct packet *packet = &stream->transfer.sftp->packet;
	struct sftp_answer answer;
	if (!stream->transfer.options->sync)
		return;
	sshoal__packet_begin_extended(packet,
				      sshoal__sftp_extension_name(SFTP_FSYNC));
	sshoal__packet_string(packet, stream->handle, stream->handle_size);
	(void)ask(stream, &answer, SFTP_STATUS, stream->path);
	sshoal__sftp_answer_fini(&answer);
}

static void close_it(struct stream *stream)
{
	struct sftp_answer answer;
	if (stream->handle_size == 0)
		return;
	(void)begin_handle(stream, SFTP_CLOSE);
	stream->handle_size = 0;
	(void)ask(stream, &answer, SFTP_STATUS, stream->path);
	sshoal__sftp_answer_fini(&answer);
}

static void name_it(struct stream *stream)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	struct sftp_answer answer;
	if (strcmp(stream->other, stream->path) == 0)
		return;
	if (sftp->extensions[SFTP_POSIX_RENAME]) {
		sshoal__packet_begin_extended(
			&sftp->packet,
			sshoal__sftp_extension_name(SFTP_POSIX_RENAME));
		sshoal__packet_text(&sftp->packet, stream->other);
	} else {
		(void)begin(stream, SFTP_RENAME, stream->other);
	}
	sshoal__packet_text(&sftp->packet, stream->path);
	(void)ask(stream, &answer, SFTP_STATUS, stream->path);
	sshoal__sftp_answer_fini(&answer);
}

static void remove_it(struct stream *stream)
{
	struct sshoal_sftp *sftp = stream->transfer.sftp;
	struct sftp_answer answer;
	if (!stream->made || stream->transfer.options->in_place ||
	    sftp->fate.code)
		return;
	(void)begin(stream, SFTP_REMOVE, stream->other);
	(void)sshoal__sftp_ask(sftp, &answer, SFTP_STATUS, stream->other);
	sshoal__sftp_answer_fini(&answer);
}

static void put(struct stream *stream)
{
	if (look(stream) || make_above(stream) || name_other(stream) ||
	    open_other(stream))
		return;
	send_all(stream);
	if (!stream->failed)
		set_attributes(stream);
	if (!stream->failed)
		sync_it(stream);
	close_it(stream);
	if (!stream->failed)
		name_it(stream);
	if (stream->failed)
		remove_it(stream);
}

static int put_stream(struct stream *stream, sshoal_error *error)
{
	put(stream);
	struct transfer *transfer = &stream->transfer;
	const sshoal_transfer_file file = {
		.local = "",
		.remote = stream->path,
		.text = stream->failed ? stream->error.text : "",
		.size_bytes = stream->offset,
		.sent_bytes = stream->sent_bytes,
		.code = stream->failed,
		.kind = SSHOAL_FILE_REGULAR,
		.changed = !stream->failed,
	};
	sshoal__transfer_tell(transfer, &file);
	return sshoal__transfer_outcome(transfer, error);
}

int sshoal_sftp_put_stream(sshoal_sftp *sftp, sshoal_reader_cb *reader,
			   void *data, const char *remote,
			   const sshoal_transfer_options *options,
			   sshoal_error *error)
{
	struct transfer_call call;
	sshoal_error what = { .code = 0 };
	if (!reader || sshoal__sftp_check_path(remote, NULL))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no reader or no path");
	int rc = sshoal__transfer_enter(&call, sftp, options, error);
	if (rc)
		return rc;
	rc = sshoal__owner_there(sftp, &call.options, &what);
	if (rc)
		return sshoal__transfer_leave(&call, sftp, rc, &what, error);
	struct stream stream = {
		.reader = reader,
		.data = data,
		.path = remote,
	};
	sshoal__transfer_init(&stream.transfer, sftp, &call.options, call.rate);
	rc = put_stream(&stream, &what);
	free(stream.other);
	sshoal__transfer_fini(&stream.transfer);
	return sshoal__transfer_leave(&call, sftp, rc, &what, error);
}
