/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/open_file.h"
#include "sftp/step.h"

/* A read is many requests, whose answers go right into the caller's memory in
 * whatever order they come. */

struct reading {
	struct sshoal_file *file;
	unsigned char *buffer;
	size_t size;
	uint64_t offset;
	size_t next; /* what is asked for next */
	size_t end;  /* where the file ends, if in here */
	bool feeds;  /* what is behind it is read ahead */
	uint32_t pending;
	int failed;
	sshoal_error error;
};

static void fail(struct reading *reading, int code, const sshoal_error *error)
{
	if (reading->failed)
		return;
	reading->failed = code;
	reading->error = *error;
}

static unsigned char *give_room(struct sftp_request *request, size_t n)
{
	const struct step *step =
		(const struct step *)((char *)request -
				      offsetof(struct step, request));
	const struct reading *reading = step->owner;
	return n <= step->size ? reading->buffer + step->offset : NULL;
}

static void on_read(struct step *step, const struct sftp_reply *reply);

/* step->offset is one in the buffer. */
static void ask(struct reading *reading, size_t at, size_t n, bool again)
{
	struct sshoal_sftp *sftp = reading->file->sftp;
	struct step *step = sshoal__step_new(reading, on_read);
	if (step) {
		step->offset = at;
		step->size = n;
		step->kind = again;
		step->request.room = give_room;
		step->request.in_flight = (uint32_t)n;
	}
	sshoal__handle_begin(&reading->file->handle, sftp, SFTP_READ);
	sshoal__packet_u64(&sftp->packet, reading->offset + at);
	sshoal__packet_u32(&sftp->packet, (uint32_t)n);
	int rc = sshoal__step_send(sftp, step, NULL);
	sshoal_error error;
	if (rc)
		fail(reading, sshoal__error_code(&error, rc), &error);
	else
		reading->pending++;
}

/* What an answer left out. */
static void ask_rest(struct reading *reading, size_t at, size_t n)
{
	while (n > 0 && !reading->failed) {
		size_t part = reading->file->sftp->read_size;
		if (part > n)
			part = n;
		ask(reading, at, part, true);
		at += part;
		n -= part;
	}
}

static void on_read(struct step *step, const struct sftp_reply *reply)
{
	struct reading *reading = step->owner;
	sshoal_error error = { .code = 0 };
	size_t at = (size_t)step->offset;
	int rc = sshoal__sftp_judge(reply, SFTP_DATA, reading->file->path,
				    &error);
	reading->pending--;
	if (rc == SSHOAL_EEMPTY && at < reading->end)
		reading->end = at;
	if (rc == SSHOAL_EEMPTY)
		return;
	if (rc == 0 && reply->data_size == 0)
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server answers a read with "
				       "nothing",
				       reading->file->path);
	if (rc) {
		fail(reading, rc, &error);
		return;
	}
	size_t n = reply->data_size;
	if (step->kind)
		sshoal__sftp_gave_less(reading->file->sftp, n);
	if (n < step->size && at + n < reading->end)
		ask_rest(reading, at + n, step->size - n);
}

static void read_all(struct reading *reading)
{
	struct sshoal_sftp *sftp = reading->file->sftp;
	for (;;) {
		while (reading->next < reading->size && !reading->failed &&
		       reading->next < reading->end &&
		       (reading->pending == 0 ||
			sshoal__sftp_make_room(sftp))) {
			size_t n = reading->size - reading->next;
			if (n > sftp->read_size)
				n = sftp->read_size;
			ask(reading, reading->next, n, false);
			reading->next += n;
		}
		if (reading->feeds && reading->next == reading->size &&
		    reading->end == reading->size && !reading->failed)
			sshoal__ahead_feed(&reading->file->ahead, sftp,
					   &reading->file->handle,
					   reading->offset + reading->size);
		if (reading->pending == 0)
			return;
		int rc = sshoal__sftp_turn(sftp, DEADLINE_NONE);
		/* The memory is the caller's once this returns. */
		if (rc && reading->pending)
			(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
	}
}

static int64_t read_now(struct reading *reading)
{
	struct sshoal_sftp *sftp = reading->file->sftp;
	reading->end = reading->size;
	read_all(reading);
	if (sftp->fate.code) {
		sftp->error = sftp->fate;
		return sftp->fate.code;
	}
	if (reading->failed) {
		sftp->error = reading->error;
		return reading->failed;
	}
	return (int64_t)reading->end;
}

/* Takes what was read ahead, and waits for what is on its way. How many bytes,
 * or a code. */
static int64_t read_ahead(struct sshoal_file *file, unsigned char *buffer,
			  size_t size, bool *ended)
{
	struct sshoal_sftp *sftp = file->sftp;
	struct ahead *ahead = &file->ahead;
	uint64_t end = file->place + size;
	size_t done = 0;
	bool wait = true;
	while (wait) {
		/* What is missing in between goes first. */
		if (sshoal__ahead_covers(ahead, end))
			sshoal__ahead_feed(ahead, sftp, &file->handle, end);
		done += sshoal__ahead_take(ahead, file->place + done,
					   buffer + done, size - done, &wait,
					   ended);
		int rc = wait ? sshoal__sftp_turn(sftp, DEADLINE_NONE) : 0;
		if (sftp->fate.code)
			sftp->error = sftp->fate;
		if (rc)
			return rc;
	}
	return (int64_t)done;
}

static int64_t read_on(struct sshoal_file *file, unsigned char *buffer,
		       size_t size)
{
	struct ahead *ahead = &file->ahead;
	bool ended = false;
	sshoal__ahead_begin(ahead, file->place);
	int64_t done = read_ahead(file, buffer, size, &ended);
	if (done >= 0 && (size_t)done < size && !ended) {
		struct reading rest = {
			.file = file,
			.buffer = buffer + done,
			.size = size - (size_t)done,
			.offset = file->place + (uint64_t)done,
			.feeds = ahead->window > 0,
		};
		int64_t n = read_now(&rest);
		done = n < 0 ? n : done + n;
	}
	if (done < 0 || (size_t)done < size)
		sshoal__ahead_forget(ahead);
	if (done < 0)
		return done;
	file->place += (uint64_t)done;
	sshoal__ahead_end(ahead, file->place, (size_t)done);
	return done;
}

static bool is_wrong(const struct sshoal_file *file, const void *buffer,
		     size_t size, uint64_t offset)
{
	return !file || (!buffer && size) || size > INT64_MAX ||
	       offset > INT64_MAX;
}

int64_t sshoal_file_read(sshoal_file *file, void *buffer, size_t size_bytes)
{
	if (is_wrong(file, buffer, size_bytes, 0))
		return SSHOAL_EINVAL;
	int rc = sshoal__file_enter(file, SSHOAL_FILE_READ);
	if (rc)
		return rc;
	int64_t n = size_bytes ? read_on(file, buffer, size_bytes) : 0;
	sshoal__sftp_leave(file->sftp);
	return n;
}

int64_t sshoal_file_pread(sshoal_file *file, void *buffer, size_t size_bytes,
			  uint64_t offset)
{
	if (is_wrong(file, buffer, size_bytes, offset))
		return SSHOAL_EINVAL;
	int rc = sshoal__file_enter(file, SSHOAL_FILE_READ);
	if (rc)
		return rc;
	struct reading reading = {
		.file = file,
		.buffer = buffer,
		.size = size_bytes,
		.offset = offset,
	};
	int64_t n = size_bytes ? read_now(&reading) : 0;
	sshoal__sftp_leave(file->sftp);
	return n;
}
