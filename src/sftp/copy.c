/* SPDX-License-Identifier: MIT */
#include <sshoal/file.h>

#include "base/error.h"
#include "sftp/calls.h"
#include "sftp/handle.h"

/* A copy that the server makes (draft-ietf-secsh-filexfer-extensions-00
 * section 7). */

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

static int look(const struct handle *handle, struct sshoal_sftp *sftp,
		const char *path, sshoal_attributes *attributes)
{
	struct sftp_answer answer;
	sshoal__handle_begin(handle, sftp, SFTP_FSTAT);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, path);
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, attributes);
	sshoal__sftp_answer_fini(&answer);
	return rc;
}

static int copy_contents(struct sshoal_sftp *sftp, const struct handle *from,
			 const struct handle *to, const char *path)
{
	struct packet *packet = &sftp->packet;
	sshoal__packet_begin_extended(
		packet, sshoal__sftp_extension_name(SFTP_COPY_DATA));
	sshoal__packet_string(packet, from->bytes, from->size);
	sshoal__packet_u64(packet, 0);
	/* To its end. */
	sshoal__packet_u64(packet, 0);
	sshoal__packet_string(packet, to->bytes, to->size);
	sshoal__packet_u64(packet, 0);
	return ask_status(sftp, path);
}

static int copy(struct sshoal_sftp *sftp, const char *from, const char *to)
{
	struct handle source = { .size = 0 };
	struct handle target = { .size = 0 };
	sshoal_attributes attributes = { .flags = 0 };
	int rc = open_one(&source, sftp, from, SSHOAL_FILE_READ, NULL);
	if (rc == 0)
		rc = look(&source, sftp, from, &attributes);
	/* The target is cut off at the end and not before: it may be the same
	 * file under another name. */
	attributes.flags &= SSHOAL_ATTRIBUTES_MODE | SSHOAL_ATTRIBUTES_SIZE;
	const sshoal_attributes at_first = {
		.flags = attributes.flags & SSHOAL_ATTRIBUTES_MODE,
		.mode = attributes.mode,
	};
	if (rc == 0)
		rc = open_one(&target, sftp, to,
			      SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE,
			      &at_first);
	if (rc == 0)
		rc = copy_contents(sftp, &source, &target, to);
	if (rc == 0 && attributes.flags) {
		sshoal__handle_begin(&target, sftp, SFTP_FSETSTAT);
		sshoal__packet_attributes(&sftp->packet, &attributes);
		rc = ask_status(sftp, to);
	}
	sshoal_error first = sftp->error;
	int closed = sshoal__handle_close(&target, sftp, to);
	(void)sshoal__handle_close(&source, sftp, from);
	if (rc && !sftp->fate.code)
		sftp->error = first;
	return rc ? rc : closed;
}

int sshoal_sftp_copy(sshoal_sftp *sftp, const char *from, const char *to)
{
	if (sshoal__sftp_check_path(to, NULL))
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter_extended(sftp, from, SFTP_COPY_DATA);
	if (rc)
		return rc;
	rc = copy(sftp, from, to);
	sshoal__sftp_leave(sftp);
	return rc;
}
