/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/error.h"
#include "sftp/upload.h"

/* Contents on their way: a block of the source is lent to the session until it
 * was sent, so that it is copied by nobody. */

/* A block that is lent, and to whom it is given back. */
struct lent {
	struct source *source;
	const struct source_block *block;
};

static void give_back(void *data)
{
	struct lent *lent = data;
	sshoal__source_release(lent->source, lent->block);
	free(lent);
}

static void on_written(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = step->owner;
	size_t n = step->size;
	sshoal__upload_must(step, reply);
	if (reply->code || reply->type != SFTP_STATUS ||
	    reply->status != SFTP_OK)
		return;
	upload->sent_bytes += n;
	upload->context->transfer->progress.bytes += n;
}

/* How much is sent next: no more than lies in one block. */
static size_t next_size(const struct upload *upload)
{
	size_t n = upload->context->transfer->sftp->write_size;
	size_t block = SOURCE_BLOCK - (size_t)(upload->offset % SOURCE_BLOCK);
	uint64_t left = upload->entry->size_bytes - upload->offset;
	if (n > block)
		n = block;
	return left < n ? (size_t)left : n;
}

static int lend(struct upload *upload, struct sftp_loan *loan, size_t n)
{
	struct source *source = upload->context->source;
	size_t skip = (size_t)(upload->offset % SOURCE_BLOCK);
	sshoal_error error;
	const struct source_block *block = NULL;
	int rc = sshoal__source_block(source, upload->index,
				      upload->offset - skip, &block, &error);
	if (rc) {
		sshoal__upload_fail(upload, rc, &error);
		return rc;
	}
	struct lent *lent =
		block->size < skip + n ? NULL : malloc(sizeof *lent);
	if (!lent) {
		sshoal__source_release(source, block);
		sshoal__upload_fail(upload, SSHOAL_ENOMEM, NULL);
		return SSHOAL_ENOMEM;
	}
	*lent = (struct lent){ source, block };
	*loan = (struct sftp_loan){
		.bytes = block->bytes + skip,
		.size = n,
		.release = give_back,
		.data = lent,
	};
	return 0;
}

static int send_one(struct upload *upload, size_t n)
{
	struct sshoal_sftp *sftp = upload->context->transfer->sftp;
	struct sftp_loan loan;
	int rc = lend(upload, &loan, n);
	if (rc)
		return rc;
	struct step *step = sshoal__step_new(upload, on_written);
	if (step) {
		step->size = n;
		step->request.in_flight = (uint32_t)n;
	}
	sshoal__packet_begin(&sftp->packet, SFTP_WRITE);
	sshoal__packet_string(&sftp->packet, upload->handle,
			      upload->handle_size);
	sshoal__packet_u64(&sftp->packet, upload->offset);
	sshoal__packet_u32(&sftp->packet, (uint32_t)n);
	rc = sshoal__step_send(sftp, step, &loan);
	if (rc) {
		sshoal__upload_fail(upload, rc, NULL);
		return rc;
	}
	upload->pending++;
	upload->offset += n;
	return 0;
}

static bool feed(struct upload *upload)
{
	while (upload->offset < upload->entry->size_bytes && !upload->failed) {
		size_t n = next_size(upload);
		if (!sshoal__transfer_may_move(upload->context->transfer, n))
			return true;
		if (send_one(upload, n))
			return false;
	}
	/* What follows is sent at once: a server does one after the other, and
	 * the file has its name only when all were agreed to. */
	if (!upload->failed)
		sshoal__upload_dress(upload);
	return false;
}

void sshoal__upload_send(struct upload *upload)
{
	upload->context->transfer->progress.bytes += upload->offset;
	upload->feed = feed;
	upload->next = sshoal__upload_name;
}
