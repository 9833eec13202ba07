/* SPDX-License-Identifier: MIT */
#include "sftp/compare.h"

#include <string.h>

#include "base/error.h"
#include "sftp/step.h"

/* Contents are compared as they come, in any order. */

static void fail(struct compare *compare, int code)
{
	if (!compare->failed)
		compare->failed = code;
}

static void on_read(struct step *step, const struct sftp_reply *reply);

static unsigned char *give_room(struct sftp_request *request, size_t n)
{
	struct step *step = (struct step *)((char *)request -
					    offsetof(struct step, request));
	const struct compare *compare = step->owner;
	return n <= step->size ? sshoal__transfer_room(compare->transfer, n) :
				 NULL;
}

static void ask(struct compare *compare, uint64_t offset, size_t n, bool again)
{
	struct sshoal_sftp *sftp = compare->transfer->sftp;
	struct step *step = sshoal__step_new(compare, on_read);
	if (step) {
		step->offset = offset;
		step->size = n;
		step->kind = again;
		step->request.room = give_room;
		step->request.in_flight = (uint32_t)n;
	}
	sshoal__packet_begin(&sftp->packet, SFTP_READ);
	sshoal__packet_string(&sftp->packet, compare->handle,
			      compare->handle_size);
	sshoal__packet_u64(&sftp->packet, offset);
	sshoal__packet_u32(&sftp->packet, (uint32_t)n);
	int rc = sshoal__step_send(sftp, step, NULL);
	if (rc)
		fail(compare, sshoal__error_code(&compare->error, rc));
	else
		compare->pending++;
}

/* Compares bytes that lie in one block. */
static void look(struct compare *compare, const unsigned char *bytes, size_t n,
		 uint64_t offset)
{
	const struct source_block *block = NULL;
	size_t skip = (size_t)(offset % SOURCE_BLOCK);
	int rc = sshoal__source_block(compare->source, compare->entry,
				      offset - skip, &block, &compare->error);
	if (rc) {
		fail(compare, rc);
		return;
	}
	if (skip + n > block->size ||
	    memcmp(block->bytes + skip, bytes, n) != 0)
		compare->differs = true;
	sshoal__source_release(compare->source, block);
}

static void on_read(struct step *step, const struct sftp_reply *reply)
{
	struct compare *compare = step->owner;
	compare->pending--;
	if (reply->code || reply->type != SFTP_DATA) {
		int rc = sshoal__sftp_judge(reply, SFTP_DATA, "",
					    &compare->error);
		if (rc == SSHOAL_EEMPTY)
			compare->differs = true;
		else
			fail(compare, rc);
		return;
	}
	if (compare->failed || compare->differs)
		return;
	size_t n = reply->data_size;
	if (n == 0) {
		compare->differs = true;
		return;
	}
	look(compare, compare->transfer->room, n, step->offset);
	if (step->kind)
		sshoal__sftp_gave_less(compare->transfer->sftp, n);
	for (size_t at = n;
	     at < step->size && !compare->failed && !compare->differs;) {
		size_t part = compare->transfer->sftp->read_size;
		if (part > step->size - at)
			part = step->size - at;
		ask(compare, step->offset + at, part, true);
		at += part;
	}
}

bool sshoal__compare_feed(struct compare *compare)
{
	while (compare->next < compare->end && !compare->failed &&
	       !compare->differs) {
		size_t n = compare->transfer->sftp->read_size;
		size_t block =
			SOURCE_BLOCK - (size_t)(compare->next % SOURCE_BLOCK);
		if (n > block)
			n = block;
		if (n > compare->end - compare->next)
			n = (size_t)(compare->end - compare->next);
		if (!sshoal__transfer_may_move(compare->transfer, n))
			return true;
		ask(compare, compare->next, n, false);
		compare->next += n;
	}
	return false;
}
