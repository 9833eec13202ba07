/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/error.h"
#include "sftp/open_file.h"
#include "sftp/step.h"

/* A write is many requests that lend the caller's memory; it is over when the
 * server has answered all of them and nothing of it waits to be sent. */

struct writing {
	struct sshoal_file *file;
	const unsigned char *data;
	size_t size;
	uint64_t offset;
	size_t next;
	uint32_t pending; /* answers */
	uint32_t lent;    /* pieces that were not sent */
	int failed;
	sshoal_error error;
};

static void fail(struct writing *writing, int code, const sshoal_error *error)
{
	if (writing->failed)
		return;
	writing->failed = code;
	writing->error = *error;
}

static void on_sent(void *data)
{
	struct writing *writing = data;
	writing->lent--;
}

static void on_written(struct step *step, const struct sftp_reply *reply)
{
	struct writing *writing = step->owner;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_STATUS, writing->file->path,
				    &error);
	writing->pending--;
	if (rc)
		fail(writing, rc, &error);
}

static void send_one(struct writing *writing, size_t n)
{
	struct sshoal_sftp *sftp = writing->file->sftp;
	struct step *step = sshoal__step_new(writing, on_written);
	if (step)
		step->request.in_flight = (uint32_t)n;
	const struct sftp_loan loan = {
		.bytes = writing->data + writing->next,
		.size = n,
		.release = on_sent,
		.data = writing,
	};
	sshoal__handle_begin(&writing->file->handle, sftp, SFTP_WRITE);
	sshoal__packet_u64(&sftp->packet, writing->offset + writing->next);
	sshoal__packet_u32(&sftp->packet, (uint32_t)n);
	writing->lent++;
	int rc = sshoal__step_send(sftp, step, &loan);
	sshoal_error error;
	if (rc)
		fail(writing, sshoal__error_code(&error, rc), &error);
	else
		writing->pending++;
	writing->next += n;
}

static void write_all(struct writing *writing)
{
	struct sshoal_sftp *sftp = writing->file->sftp;
	for (;;) {
		while (writing->next < writing->size && !writing->failed &&
		       (writing->pending == 0 ||
			sshoal__sftp_make_room(sftp))) {
			size_t n = writing->size - writing->next;
			if (n > sftp->write_size)
				n = sftp->write_size;
			send_one(writing, n);
		}
		if (writing->pending == 0)
			break;
		int rc = sshoal__sftp_turn(sftp, DEADLINE_NONE);
		/* The memory is the caller's once this returns. */
		if (rc && writing->pending)
			(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
	}
	sshoal_error error;
	if (writing->lent && !sftp->fate.code) {
		(void)sshoal__error_set(&error, SSHOAL_EPROTOCOL,
					"sftp: an answer to what was not sent");
		(void)sshoal__sftp_fail(sftp, SSHOAL_EPROTOCOL, &error);
	}
}

static int write_at(struct sshoal_file *file, const unsigned char *data,
		    size_t size, uint64_t offset)
{
	struct sshoal_sftp *sftp = file->sftp;
	struct writing writing = {
		.file = file,
		.data = data,
		.size = size,
		.offset = offset,
	};
	sshoal__ahead_forget(&file->ahead);
	write_all(&writing);
	if (sftp->fate.code)
		sftp->error = sftp->fate;
	else if (writing.failed)
		sftp->error = writing.error;
	return sftp->fate.code ? sftp->fate.code : writing.failed;
}

static bool is_wrong(const struct sshoal_file *file, const void *data,
		     size_t size, uint64_t offset)
{
	return !file || (!data && size) || size > INT64_MAX ||
	       offset > INT64_MAX - size;
}

/* Where a write goes. At the end others may have written, too, and not every
 * server minds the flag. */
static int find_place(struct sshoal_file *file)
{
	if (!(file->flags & SSHOAL_FILE_APPEND) ||
	    file->place == file->appended)
		return 0;
	sshoal_attributes attributes = { .flags = 0 };
	int rc = sshoal__file_look(file, &attributes);
	if (rc == 0 && (attributes.flags & SSHOAL_ATTRIBUTES_SIZE) &&
	    attributes.size_bytes <= INT64_MAX)
		file->place = attributes.size_bytes;
	return rc;
}

static int64_t write_on(struct sshoal_file *file, const void *data, size_t size)
{
	int rc = find_place(file);
	if (rc == 0 && size > INT64_MAX - file->place)
		rc = sshoal__error_code(&file->sftp->error, SSHOAL_EINVAL);
	if (rc == 0)
		rc = write_at(file, data, size, file->place);
	if (rc)
		return rc;
	file->place += size;
	file->appended = file->place;
	return (int64_t)size;
}

int64_t sshoal_file_write(sshoal_file *file, const void *data,
			  size_t size_bytes)
{
	if (is_wrong(file, data, size_bytes, 0))
		return SSHOAL_EINVAL;
	int rc = sshoal__file_enter(file, SSHOAL_FILE_WRITE);
	if (rc)
		return rc;
	int64_t n = size_bytes ? write_on(file, data, size_bytes) : 0;
	sshoal__sftp_leave(file->sftp);
	return n;
}

int64_t sshoal_file_pwrite(sshoal_file *file, const void *data,
			   size_t size_bytes, uint64_t offset)
{
	if (is_wrong(file, data, size_bytes, offset))
		return SSHOAL_EINVAL;
	int rc = sshoal__file_enter(file, SSHOAL_FILE_WRITE);
	if (rc)
		return rc;
	if (size_bytes)
		rc = write_at(file, data, size_bytes, offset);
	sshoal__sftp_leave(file->sftp);
	return rc ? rc : (int64_t)size_bytes;
}
