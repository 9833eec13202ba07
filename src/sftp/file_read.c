/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/open_file.h"
#include "sftp/step.h"

/* A read is many requests, whose answers go right into the caller's memory in
 * whatever order they come. */

#define AHEAD_FIRST ((size_t)32 * 1024)
#define AHEAD_MOST ((size_t)1024 * 1024)

struct reading {
	struct sshoal_file *file;
	unsigned char *buffer;
	size_t size;
	uint64_t offset;
	size_t next; /* what is asked for next */
	size_t end;  /* where the file ends, if in here */
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
		if (reading->pending == 0)
			return;
		int rc = sshoal__sftp_turn(sftp, DEADLINE_NONE);
		/* The memory is the caller's once this returns. */
		if (rc && reading->pending)
			(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
	}
}

int64_t sshoal__file_read_at(struct sshoal_file *file, unsigned char *buffer,
			     size_t size, uint64_t offset)
{
	struct sshoal_sftp *sftp = file->sftp;
	struct reading reading = {
		.file = file,
		.buffer = buffer,
		.size = size,
		.offset = offset,
		.end = size,
	};
	read_all(&reading);
	if (sftp->fate.code) {
		sftp->error = sftp->fate;
		return sftp->fate.code;
	}
	if (reading.failed) {
		sftp->error = reading.error;
		return reading.failed;
	}
	return (int64_t)reading.end;
}

void sshoal__file_forget(struct sshoal_file *file)
{
	free(file->ahead);
	file->ahead = NULL;
	file->ahead_size = 0;
	file->window = 0;
}

/* Takes what is here of what was read ahead. */
static size_t take_ahead(const struct sshoal_file *file, unsigned char *buffer,
			 size_t size)
{
	if (file->place < file->ahead_offset ||
	    file->place - file->ahead_offset >= file->ahead_size)
		return 0;
	size_t skip = (size_t)(file->place - file->ahead_offset);
	size_t n = file->ahead_size - skip;
	if (n > size)
		n = size;
	memcpy(buffer, file->ahead + skip, n);
	return n;
}

/* How much is read ahead next, once one read has followed another. */
static void widen(struct sshoal_file *file)
{
	if (file->place != file->read_end || file->place == 0)
		file->window = 0;
	else if (file->window == 0)
		file->window = AHEAD_FIRST;
	else if (file->window < AHEAD_MOST)
		file->window *= 2;
}

/* Reads a window ahead of the place. */
static int64_t fill_ahead(struct sshoal_file *file)
{
	unsigned char *ahead = realloc(file->ahead, file->window);
	if (!ahead)
		return sshoal__error_code(&file->sftp->error, SSHOAL_ENOMEM);
	file->ahead = ahead;
	file->ahead_size = 0;
	file->ahead_offset = file->place;
	int64_t n =
		sshoal__file_read_at(file, ahead, file->window, file->place);
	file->ahead_size = n > 0 ? (size_t)n : 0;
	return n;
}

static int64_t read_on(struct sshoal_file *file, unsigned char *buffer,
		       size_t size)
{
	size_t done = take_ahead(file, buffer, size);
	file->place += done;
	if (done == size)
		return (int64_t)done;
	if (done == 0)
		widen(file);
	int64_t n;
	if (file->window > size - done) {
		n = fill_ahead(file);
		if (n > 0)
			n = (int64_t)take_ahead(file, buffer + done,
						size - done);
	} else {
		n = sshoal__file_read_at(file, buffer + done, size - done,
					 file->place);
	}
	if (n < 0)
		return done ? (int64_t)done : n;
	file->place += (uint64_t)n;
	return (int64_t)done + n;
}

int64_t sshoal_file_read(sshoal_file *file, void *buffer, size_t size_bytes)
{
	if (!file || (!buffer && size_bytes) || size_bytes > INT64_MAX)
		return SSHOAL_EINVAL;
	int rc = sshoal__sftp_enter(file->sftp);
	if (rc)
		return rc;
	int64_t n = size_bytes ? read_on(file, buffer, size_bytes) : 0;
	file->read_end = file->place;
	sshoal__sftp_leave(file->sftp);
	return n;
}

int64_t sshoal_file_pread(sshoal_file *file, void *buffer, size_t size_bytes,
			  uint64_t offset)
{
	if (!file || (!buffer && size_bytes) || size_bytes > INT64_MAX ||
	    offset > INT64_MAX)
		return SSHOAL_EINVAL;
	int rc = sshoal__sftp_enter(file->sftp);
	if (rc)
		return rc;
	int64_t n = size_bytes ? sshoal__file_read_at(file, buffer, size_bytes,
						      offset) :
				 0;
	sshoal__sftp_leave(file->sftp);
	return n;
}
