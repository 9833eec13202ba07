/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/umask.h"
#include "sftp/upload.h"

/* All contents are there: attributes, the disk, a look at what was written,
 * and its name. */

#define SET_ID 07000u
#define PERMISSIONS 0777u
#define ALL_PERMISSIONS 07777u

static const sshoal_transfer_options *options_of(const struct upload *upload)
{
	return upload->context->transfer->options;
}

static struct sshoal_sftp *sftp_of(const struct upload *upload)
{
	return upload->context->transfer->sftp;
}

static struct packet *begin_handle(const struct upload *upload,
				   enum sftp_type type)
{
	struct packet *packet = &sftp_of(upload)->packet;
	sshoal__packet_begin(packet, type);
	sshoal__packet_string(packet, upload->handle, upload->handle_size);
	return packet;
}

static void on_owned(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = sshoal__upload_answered(step);
	upload->owned = !reply->code && reply->type == SFTP_STATUS &&
			reply->status == SFTP_OK;
}

static void on_ignored(struct step *step, const struct sftp_reply *reply)
{
	(void)reply;
	(void)sshoal__upload_answered(step);
}

/* Whose it shall be: true if somebody's. */
static bool wanted_owner(const struct upload *upload,
			 sshoal_attributes *attributes)
{
	const sshoal_transfer_options *options = options_of(upload);
	*attributes = (sshoal_attributes){ .flags = SSHOAL_ATTRIBUTES_OWNER };
	if (options->has_owner) {
		attributes->uid = options->uid;
		attributes->gid = options->gid;
	} else if (options->preserve) {
		attributes->uid = upload->entry->uid;
		attributes->gid = upload->entry->gid;
	} else if (upload->exists && !options->in_place &&
		   (upload->old.flags & SSHOAL_ATTRIBUTES_OWNER)) {
		attributes->uid = upload->old.uid;
		attributes->gid = upload->old.gid;
	} else {
		return false;
	}
	return true;
}

/* What it shall be: flags 0 if all is as it was made. *must: nothing less will
 * do. */
static sshoal_attributes wanted_attributes(const struct upload *upload,
					   bool *must)
{
	const sshoal_transfer_options *options = options_of(upload);
	const struct manifest_entry *entry = upload->entry;
	sshoal_attributes wanted = { .flags = 0 };
	*must = true;
	if (options->has_mode) {
		wanted.flags |= SSHOAL_ATTRIBUTES_MODE;
		wanted.mode = options->mode;
	} else if (options->preserve) {
		wanted.flags |= SSHOAL_ATTRIBUTES_MODE;
		wanted.mode = entry->mode & ALL_PERMISSIONS;
	} else if (upload->exists && !options->in_place &&
		   (upload->old.flags & SSHOAL_ATTRIBUTES_MODE)) {
		wanted.flags |= SSHOAL_ATTRIBUTES_MODE;
		wanted.mode = upload->old.mode & ALL_PERMISSIONS;
		*must = false;
	} else if (upload->has_part) {
		/* It was made by an earlier call, for its owner only. */
		wanted.flags |= SSHOAL_ATTRIBUTES_MODE;
		wanted.mode = entry->mode & PERMISSIONS & ~sshoal__umask();
	}
	if (options->preserve || options->skip_unchanged) {
		wanted.flags |= SSHOAL_ATTRIBUTES_TIMES;
		wanted.atime_s = entry->atime_s;
		wanted.mtime_s = entry->mtime.tv_sec;
		*must = true;
	}
	if (upload->resumed) {
		wanted.flags |= SSHOAL_ATTRIBUTES_SIZE;
		wanted.size_bytes = entry->size_bytes;
		*must = true;
	}
	return wanted;
}

/* The rest, once it is known whose it is: another's file must not get the
 * set-ID bits that were meant for somebody else's. */
static void dress_rest(struct upload *upload)
{
	const sshoal_transfer_options *options = options_of(upload);
	bool must = true;
	sshoal_attributes wanted = wanted_attributes(upload, &must);
	if (!upload->owned && !options->has_mode)
		wanted.mode &= ~SET_ID;
	if (wanted.flags) {
		sshoal__packet_attributes(begin_handle(upload, SFTP_FSETSTAT),
					  &wanted);
		sshoal__upload_ask(upload,
				   must ? sshoal__upload_must : on_ignored);
	}
	if (options->sync) {
		struct packet *packet = &sftp_of(upload)->packet;
		sshoal__packet_begin_extended(
			packet, sshoal__sftp_extension_name(SFTP_FSYNC));
		sshoal__packet_string(packet, upload->handle,
				      upload->handle_size);
		sshoal__upload_ask(upload, sshoal__upload_must);
	}
	upload->next = sshoal__upload_name;
	sshoal__upload_close(upload);
}

void sshoal__upload_dress(struct upload *upload)
{
	const sshoal_transfer_options *options = options_of(upload);
	sshoal_attributes owner;
	bool must;
	bool someones = wanted_owner(upload, &owner);
	if (someones) {
		sshoal__packet_attributes(begin_handle(upload, SFTP_FSETSTAT),
					  &owner);
		upload->owned = options->has_owner != 0;
		sshoal__upload_ask(upload, options->has_owner ?
						   sshoal__upload_must :
						   on_owned);
	}
	if (someones && !options->has_owner &&
	    (wanted_attributes(upload, &must).mode & SET_ID))
		upload->next = dress_rest;
	else
		dress_rest(upload);
}

static void verified(struct upload *upload)
{
	const struct compare *compare = &upload->compare;
	if (compare->failed) {
		sshoal__upload_fail(upload, compare->failed, &compare->error);
		return;
	}
	if (compare->differs) {
		sshoal_error error;
		(void)sshoal__error_set(&error, SSHOAL_EDIFFER,
					"%s: what was written is not what was "
					"sent",
					upload->path);
		upload->discard = true;
		sshoal__upload_fail(upload, SSHOAL_EDIFFER, &error);
		return;
	}
	upload->verified = true;
	upload->next = sshoal__upload_name;
	sshoal__upload_close(upload);
}

static bool feed_compare(struct upload *upload)
{
	return sshoal__compare_feed(&upload->compare);
}

static void verify(struct upload *upload)
{
	upload->compare = (struct compare){
		.transfer = upload->context->transfer,
		.source = upload->context->source,
		.entry = upload->index,
		.handle = upload->handle,
		.handle_size = upload->handle_size,
		.end = upload->entry->size_bytes,
	};
	upload->feed = feed_compare;
	upload->next = verified;
}

static void rename_it(struct upload *upload)
{
	struct sshoal_sftp *sftp = sftp_of(upload);
	struct packet *packet = &sftp->packet;
	upload->next = sshoal__upload_done;
	if (strcmp(upload->path, upload->other) == 0)
		return;
	if (sftp->extensions[SFTP_POSIX_RENAME])
		sshoal__packet_begin_extended(
			packet, sshoal__sftp_extension_name(SFTP_POSIX_RENAME));
	else
		sshoal__packet_begin(packet, SFTP_RENAME);
	sshoal__packet_text(packet, upload->other);
	sshoal__packet_text(packet, upload->path);
	sshoal__upload_ask(upload, sshoal__upload_must);
}

void sshoal__upload_name(struct upload *upload)
{
	const sshoal_transfer_options *options = options_of(upload);
	bool is_file = upload->entry->kind == SSHOAL_FILE_REGULAR;
	if (is_file && options->verify && !upload->verified) {
		struct packet *packet = &sftp_of(upload)->packet;
		sshoal__packet_begin(packet, SFTP_OPEN);
		sshoal__packet_text(packet, upload->other);
		sshoal__packet_u32(packet, SSHOAL_FILE_READ);
		sshoal__packet_attributes(packet, NULL);
		upload->next = verify;
		sshoal__upload_ask(upload, sshoal__upload_on_handle);
		return;
	}
	sshoal_error error;
	int rc = is_file ? sshoal__source_check(upload->context->source,
						upload->index, &error) :
			   0;
	if (rc) {
		upload->discard = true;
		sshoal__upload_fail(upload, rc, &error);
		return;
	}
	rename_it(upload);
}
