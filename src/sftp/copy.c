/* SPDX-License-Identifier: MIT */
#include <sshoal/file.h>

#include "base/error.h"
#include "sftp/calls.h"
#include "sftp/handle.h"

/* A copy that the server makes (draft-ietf-secsh-filexfer-extensions-00
 * section 7). */

/* How much is copied by one request. */
#define PART_BYTES ((uint64_t)256 * 1024 * 1024)

#define SET_ID_BITS 06000u

struct copy {
	struct sshoal_sftp *sftp;
	const char *from;
	const char *to;
	struct handle source;
	struct handle target;
};

static int ask_status(struct sshoal_sftp *sftp, const char *path)
{
	struct sftp_answer answer;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_STATUS, path);
	sshoal__sftp_answer_fini(&answer);
	return rc;
}

static int open_one(struct handle *handle, struct sshoal_sftp *sftp,
		    const char *path, uint32_t flags,
		    const sshoal_attributes *attributes)
{
	sshoal__packet_begin(&sftp->packet, SFTP_OPEN);
	sshoal__packet_text(&sftp->packet, path);
	sshoal__packet_u32(&sftp->packet, flags);
	sshoal__packet_attributes(&sftp->packet, attributes);
	return sshoal__handle_open(handle, sftp, path);
}

static int read_attributes(struct sshoal_sftp *sftp, const char *path,
			   sshoal_attributes *attributes)
{
	struct sftp_answer answer;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, path);
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, attributes);
	if (rc == 0 && answer.body.failed)
		rc = sshoal__error_set(&sftp->error, SSHOAL_EPROTOCOL,
				       "%s: the server's answer is damaged",
				       path);
	sshoal__sftp_answer_fini(&answer);
	return rc;
}

/* Opening a pipe would keep the server from all else. */
static int look(struct sshoal_sftp *sftp, const char *path,
		sshoal_attributes *attributes)
{
	sshoal__packet_begin(&sftp->packet, SFTP_STAT);
	sshoal__packet_text(&sftp->packet, path);
	int rc = read_attributes(sftp, path, attributes);
	if (rc)
		return rc;
	int kind = sshoal_attributes_kind(attributes);
	if (kind != SSHOAL_FILE_REGULAR && kind != SSHOAL_FILE_UNKNOWN)
		return sshoal__error_set(&sftp->error, SSHOAL_EREMOTE,
					 "%s: not a regular file", path);
	return 0;
}

static int set(struct sshoal_sftp *sftp, const struct handle *handle,
	       const char *path, const sshoal_attributes *attributes)
{
	sshoal__handle_begin(handle, sftp, SFTP_FSETSTAT);
	sshoal__packet_attributes(&sftp->packet, attributes);
	return ask_status(sftp, path);
}

/* What is longer than the source is another file and can be cut off. One of the
 * same length may be the same file under another name, which a copy over itself
 * leaves as it is. */
static int make_way(struct copy *copy, const sshoal_attributes *from)
{
	struct sshoal_sftp *sftp = copy->sftp;
	const sshoal_attributes empty = { .flags = SSHOAL_ATTRIBUTES_SIZE };
	sshoal_attributes to = { .flags = 0 };
	sshoal__handle_begin(&copy->target, sftp, SFTP_FSTAT);
	int rc = read_attributes(sftp, copy->to, &to);
	if (rc)
		return rc;
	if (!(from->flags & to.flags & SSHOAL_ATTRIBUTES_SIZE))
		return sshoal__error_set(&sftp->error, SSHOAL_EREMOTE,
					 "%s: the server does not say its size",
					 copy->to);
	return to.size_bytes > from->size_bytes ?
		       set(sftp, &copy->target, copy->to, &empty) :
		       0;
}

/* size_bytes 0: to the end. */
static int copy_part(struct copy *copy, uint64_t offset, uint64_t size_bytes)
{
	struct packet *packet = &copy->sftp->packet;
	sshoal__packet_begin_extended(
		packet, sshoal__sftp_extension_name(SFTP_COPY_DATA));
	sshoal__packet_string(packet, copy->source.bytes, copy->source.size);
	sshoal__packet_u64(packet, offset);
	sshoal__packet_u64(packet, size_bytes);
	sshoal__packet_string(packet, copy->target.bytes, copy->target.size);
	sshoal__packet_u64(packet, offset);
	return ask_status(copy->sftp, copy->to);
}

/* The server says nothing while it copies, which must not last too long. */
static int copy_contents(struct copy *copy, uint64_t size_bytes)
{
	int rc = 0;
	uint64_t offset = 0;
	while (rc == 0 && size_bytes - offset > PART_BYTES) {
		rc = copy_part(copy, offset, PART_BYTES);
		offset += PART_BYTES;
	}
	if (rc == SSHOAL_EEMPTY)
		return sshoal__error_set(&copy->sftp->error, SSHOAL_EREMOTE,
					 "%s: became shorter meanwhile",
					 copy->from);
	return rc ? rc : copy_part(copy, offset, 0);
}

static int copy_all(struct copy *copy)
{
	struct sshoal_sftp *sftp = copy->sftp;
	sshoal_attributes there = { .flags = 0 };
	int rc = look(sftp, copy->from, &there);
	const sshoal_attributes mode = {
		.flags = there.flags & SSHOAL_ATTRIBUTES_MODE,
		.mode = there.mode,
	};
	if (rc == 0)
		rc = open_one(&copy->source, sftp, copy->from, SSHOAL_FILE_READ,
			      NULL);
	if (rc == 0)
		rc = open_one(&copy->target, sftp, copy->to,
			      SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE, &mode);
	if (rc == 0)
		rc = make_way(copy, &there);
	/* Who must not read it must not do so meanwhile. */
	if (rc == 0 && mode.flags)
		rc = set(sftp, &copy->target, copy->to, &mode);
	if (rc == 0)
		rc = copy_contents(copy, there.size_bytes);
	/* Writing takes set-ID bits away. */
	if (rc == 0 && (mode.mode & SET_ID_BITS))
		rc = set(sftp, &copy->target, copy->to, &mode);
	return rc;
}

static int copy_and_close(struct copy *copy)
{
	struct sshoal_sftp *sftp = copy->sftp;
	int rc = copy_all(copy);
	sshoal_error first = sftp->error;
	int closed = sshoal__handle_close(&copy->target, sftp, copy->to);
	if (rc == 0) {
		rc = closed;
		first = sftp->error;
	}
	(void)sshoal__handle_close(&copy->source, sftp, copy->from);
	if (rc == SSHOAL_EEMPTY)
		rc = SSHOAL_EREMOTE;
	if (rc && !sftp->fate.code) {
		sftp->error = first;
		sftp->error.code = rc;
	}
	return rc;
}

int sshoal_sftp_copy(sshoal_sftp *sftp, const char *from, const char *to)
{
	if (sshoal__sftp_check_path(to, NULL))
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter_extended(sftp, from, SFTP_COPY_DATA);
	if (rc)
		return rc;
	struct copy copy = { .sftp = sftp, .from = from, .to = to };
	rc = copy_and_close(&copy);
	sshoal__sftp_leave(sftp);
	return rc;
}
