/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "sftp/download.h"

/* Contents on their way: each answer is written where it belongs, or compared
 * with what is here, as it comes. */

/* A file without a size, such as those of /proc, ends somewhere. */
#define ENDLESS_MOST ((uint64_t)256 * 1024 * 1024)

static unsigned char *give_room(struct sftp_request *request, size_t n)
{
	const struct step *step =
		(const struct step *)((char *)request -
				      offsetof(struct step, request));
	const struct download *download = step->owner;
	return n <= step->size ? sshoal__transfer_room(download->transfer, n) :
				 NULL;
}

static struct step *new_step(struct download *download,
			     void (*done)(struct step *step,
					  const struct sftp_reply *reply))
{
	struct step *step = sshoal__step_new(download, done);
	if (step)
		step->request.room = give_room;
	return step;
}

static void ask(struct download *download, uint64_t offset, size_t n,
		struct step *step)
{
	struct sshoal_sftp *sftp = download->transfer->sftp;
	if (step) {
		step->offset = offset;
		step->size = n;
		step->request.in_flight = (uint32_t)n;
	}
	sshoal__handle_begin(&download->handle, sftp, SFTP_READ);
	sshoal__packet_u64(&sftp->packet, offset);
	sshoal__packet_u32(&sftp->packet, (uint32_t)n);
	int rc = sshoal__step_send(sftp, step, NULL);
	if (rc)
		sshoal__download_fail(download, rc, NULL);
	else
		download->pending++;
}

/* What an answer left out. */
static void ask_rest(struct download *download, const struct step *step,
		     size_t came)
{
	uint64_t offset = step->offset + came;
	size_t n = step->size - came;
	struct sshoal_sftp *sftp = download->transfer->sftp;
	if (step->kind)
		sshoal__sftp_gave_less(sftp, came);
	while (n > 0 && !download->failed) {
		size_t part = sftp->read_size < n ? sftp->read_size : n;
		struct step *next = new_step(download, step->done);
		if (next)
			next->kind = 1;
		ask(download, offset, part, next);
		offset += part;
		n -= part;
	}
}

/* How many bytes came; 0: the end; a code was noted. */
static int64_t judge(struct download *download, const struct sftp_reply *reply)
{
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_DATA, download->remote, &error);
	if (rc == SSHOAL_EEMPTY)
		return 0;
	if (rc == 0 && reply->data_size == 0)
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server answers a read with "
				       "nothing",
				       download->remote);
	if (rc) {
		sshoal__download_fail(download, rc, &error);
		return rc;
	}
	return (int64_t)reply->data_size;
}

static void on_read(struct step *step, const struct sftp_reply *reply)
{
	struct download *download = sshoal__download_answered(step);
	struct transfer *transfer = download->transfer;
	int64_t n = judge(download, reply);
	sshoal_error error = { .code = 0 };
	if (n < 0 || download->failed)
		return;
	if (n == 0 && download->endless) {
		download->reached_end = true;
		return;
	}
	if (n == 0) {
		(void)sshoal__error_set(&error, SSHOAL_ECHANGED,
					"%s: its end came at %llu of %llu "
					"bytes",
					download->remote,
					(unsigned long long)step->offset,
					(unsigned long long)download->size);
		sshoal__download_fail(download, SSHOAL_ECHANGED, &error);
		return;
	}
	int rc = sshoal__landing_write(&download->file, transfer->room,
				       (size_t)n, step->offset, &error);
	if (rc) {
		sshoal__download_fail(download, rc, &error);
		return;
	}
	download->came_bytes += (uint64_t)n;
	transfer->progress.bytes += (uint64_t)n;
	if (download->endless)
		download->size += (uint64_t)n;
	else
		ask_rest(download, step, (size_t)n);
}

/* One piece after the other, until there is none. */
static bool feed_endless(struct download *download)
{
	if (download->reached_end || download->failed)
		return false;
	if (download->pending)
		return true;
	if (download->size > ENDLESS_MOST) {
		sshoal_error error;
		(void)sshoal__error_set(&error, SSHOAL_ECHANGED,
					"%s: it has no size and no end",
					download->remote);
		sshoal__download_fail(download, SSHOAL_ECHANGED, &error);
		return false;
	}
	size_t n = download->transfer->sftp->read_size;
	if (sshoal__transfer_may_move(download->transfer, n))
		ask(download, download->size, n, new_step(download, on_read));
	return true;
}

static bool feed(struct download *download)
{
	while (download->offset < download->size && !download->failed) {
		size_t n = download->transfer->sftp->read_size;
		if (n > download->size - download->offset)
			n = (size_t)(download->size - download->offset);
		if (!sshoal__transfer_may_move(download->transfer, n))
			return true;
		ask(download, download->offset, n, new_step(download, on_read));
		download->offset += n;
	}
	return false;
}

void sshoal__download_read(struct download *download)
{
	download->transfer->progress.bytes += download->offset;
	download->feed = download->endless ? feed_endless : feed;
	download->next = sshoal__download_finish;
}

static void on_checked(struct step *step, const struct sftp_reply *reply)
{
	struct download *download = sshoal__download_answered(step);
	struct check *check = &download->check;
	unsigned char here[4096];
	int64_t n = judge(download, reply);
	if (n < 0 || download->failed)
		return;
	if (n == 0)
		check->differs = true;
	for (size_t at = 0; at < (size_t)n && !check->differs;) {
		size_t part = (size_t)n - at < sizeof here ? (size_t)n - at :
							     sizeof here;
		sshoal_error error = { .code = 0 };
		int64_t got = sshoal__landing_read(check->file, here, part,
						   step->offset + at, &error);
		if (got < 0) {
			sshoal__download_fail(download, (int)got, &error);
			return;
		}
		check->differs =
			(size_t)got != part ||
			memcmp(here, download->transfer->room + at, part) != 0;
		at += part;
	}
	if (!check->differs)
		ask_rest(download, step, (size_t)n);
}

static bool feed_check(struct download *download)
{
	struct check *check = &download->check;
	while (check->next < check->end && !check->differs &&
	       !download->failed) {
		size_t n = download->transfer->sftp->read_size;
		if (n > check->end - check->next)
			n = (size_t)(check->end - check->next);
		if (!sshoal__transfer_may_move(download->transfer, n))
			return true;
		ask(download, check->next, n, new_step(download, on_checked));
		check->next += n;
	}
	return false;
}

void sshoal__download_check(struct download *download,
			    struct landing_file *file, uint64_t end,
			    void (*next)(struct download *download))
{
	download->check = (struct check){ .file = file, .end = end };
	download->feed = feed_check;
	download->next = next;
}
