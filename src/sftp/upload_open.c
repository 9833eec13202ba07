/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sftp/overlap.h"
#include "sftp/prefix.h"
#include "sftp/upload.h"

/* What is there already, and what becomes of it: left alone, gone on with, or
 * replaced. */

/* What an interrupted upload left is read again up to so many bytes; more is
 * compared by a digest where the host can make one. */
#define READ_AGAIN ((uint64_t)4 * 1024 * 1024)

#define PERMISSIONS 0777u
#define PRIVATE 0600u

static const sshoal_transfer_options *options_of(const struct upload *upload)
{
	return upload->context->transfer->options;
}

static struct packet *begin(const struct upload *upload, enum sftp_type type,
			    const char *path)
{
	struct packet *packet = &upload->context->transfer->sftp->packet;
	sshoal__packet_begin(packet, type);
	sshoal__packet_text(packet, path);
	return packet;
}

static bool offers(const struct upload *upload, enum sftp_extension extension)
{
	return upload->context->transfer->sftp->extensions[extension];
}

/* Reads attributes; no file is no failure: *there tells. */
static void note_attributes(struct upload *upload,
			    const struct sftp_reply *reply, bool *there,
			    sshoal_attributes *attributes)
{
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_ATTRS, upload->path, &error);
	*there = rc == 0;
	if (rc == SSHOAL_ENOENT)
		return;
	if (rc) {
		sshoal__upload_fail(upload, rc, error.code ? &error : NULL);
		return;
	}
	struct wire body = reply->body;
	sshoal__packet_read_attributes(&body, attributes);
	if (body.failed)
		sshoal__upload_fail(upload, SSHOAL_EPROTOCOL, NULL);
}

static void on_old(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = sshoal__upload_answered(step);
	note_attributes(upload, reply, &upload->exists, &upload->old);
}

static void on_part(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = sshoal__upload_answered(step);
	note_attributes(upload, reply, &upload->has_part, &upload->part);
}

static void refuse(struct upload *upload, int code, const char *why)
{
	sshoal_error error;
	(void)sshoal__error_set(&error, code, "%s: %s", upload->path, why);
	sshoal__upload_fail(upload, code, &error);
}

/* Whether links and files that exist can be replaced in one step. */
static bool can_replace(struct upload *upload)
{
	if (!upload->exists || options_of(upload)->in_place ||
	    offers(upload, SFTP_POSIX_RENAME))
		return true;
	refuse(upload, SSHOAL_EUNSUPPORTED,
	       "it is there already, and this server cannot replace a file in "
	       "one step: write it in place");
	return false;
}

/* From here on there is something to be removed. */
static void on_opened(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = step->owner;
	sshoal__upload_on_handle(step, reply);
	upload->made = upload->handle_size > 0;
}

/* A file or link that is to take the place of what is there. */
static void open_other(struct upload *upload)
{
	const sshoal_transfer_options *options = options_of(upload);
	if (!can_replace(upload))
		return;
	if (upload->entry->kind == SSHOAL_FILE_LINK) {
		/* The order of OpenSSH and those that follow it. */
		struct packet *packet =
			begin(upload, SFTP_SYMLINK, upload->entry->target);
		sshoal__packet_text(packet, upload->other);
		upload->made = true;
		upload->next = sshoal__upload_name;
		sshoal__upload_ask(upload, sshoal__upload_must);
		return;
	}
	/* Where the mode is to be less the server's umask, only the server can
	 * set it, and only when it makes the file. */
	bool by_server =
		!upload->exists && !options->has_mode && !options->preserve;
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_MODE,
		.mode = by_server ? upload->entry->mode & PERMISSIONS : PRIVATE,
	};
	uint32_t flags = SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE;
	if (options->in_place)
		flags |= SSHOAL_FILE_TRUNCATE;
	else if (options->resume)
		flags |= SSHOAL_FILE_READ;
	else
		flags |= SSHOAL_FILE_EXCLUSIVE;
	struct packet *packet = begin(upload, SFTP_OPEN, upload->other);
	sshoal__packet_u32(packet, flags);
	sshoal__packet_attributes(packet, &attributes);
	upload->next = sshoal__upload_opened;
	sshoal__upload_ask(upload, on_opened);
}

/* Resuming needs to know what there is under the other name. */
static void look_at_part(struct upload *upload)
{
	upload->next = open_other;
	if (!options_of(upload)->resume ||
	    upload->entry->kind != SSHOAL_FILE_REGULAR)
		return;
	(void)begin(upload, SFTP_LSTAT, upload->other);
	sshoal__upload_ask(upload, on_part);
}

static void old_compared(struct upload *upload)
{
	const struct compare *compare = &upload->compare;
	if (compare->failed) {
		sshoal__upload_fail(upload, compare->failed, &compare->error);
		return;
	}
	upload->unchanged = !compare->differs;
	upload->next = upload->unchanged ? sshoal__upload_done : look_at_part;
	sshoal__upload_close(upload);
}

static bool feed_compare(struct upload *upload)
{
	return sshoal__compare_feed(&upload->compare);
}

static void compare_with(struct upload *upload, uint64_t end,
			 void (*next)(struct upload *upload))
{
	upload->compare = (struct compare){
		.transfer = upload->context->transfer,
		.source = upload->context->source,
		.entry = upload->index,
		.handle = upload->handle,
		.handle_size = upload->handle_size,
		.end = end,
	};
	upload->feed = feed_compare;
	upload->next = next;
}

static void old_opened(struct upload *upload)
{
	compare_with(upload, upload->entry->size_bytes, old_compared);
}

/* Leaves alone what is as it should be. */
static void skip_or_open(struct upload *upload)
{
	const sshoal_transfer_options *options = options_of(upload);
	const sshoal_attributes *old = &upload->old;
	upload->next = look_at_part;
	if (!upload->exists || !options->skip_unchanged ||
	    sshoal_attributes_kind(old) != SSHOAL_FILE_REGULAR ||
	    old->size_bytes != upload->entry->size_bytes)
		return;
	if (options->skip_unchanged == 2) {
		struct packet *packet = begin(upload, SFTP_OPEN, upload->path);
		sshoal__packet_u32(packet, SSHOAL_FILE_READ);
		sshoal__packet_attributes(packet, NULL);
		upload->next = old_opened;
		sshoal__upload_ask(upload, sshoal__upload_on_handle);
		return;
	}
	upload->unchanged = (old->flags & SSHOAL_ATTRIBUTES_TIMES) &&
			    old->mtime_s == upload->entry->mtime.tv_sec;
	if (upload->unchanged)
		upload->next = sshoal__upload_done;
}

static void on_resolved(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = sshoal__upload_answered(step);
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_NAME, upload->path, &error);
	if (rc) {
		sshoal__upload_fail(upload, rc, error.code ? &error : NULL);
		return;
	}
	struct packet_names names;
	struct packet_name name;
	if (!sshoal__packet_names(&names, &reply->body) ||
	    !sshoal__packet_next_name(&names, &name) || name.name_size == 0) {
		sshoal__upload_fail(upload, SSHOAL_EPROTOCOL, NULL);
		return;
	}
	char *path = sshoal__sftp_copy_string(name.name, name.name_size);
	if (!path || !sshoal__upload_move(upload, path))
		sshoal__upload_fail(upload, SSHOAL_ENOMEM, NULL);
}

/* What a link points to is looked at in its own place. */
static void look_again(struct upload *upload)
{
	upload->next = skip_or_open;
	(void)begin(upload, SFTP_STAT, upload->path);
	sshoal__upload_ask(upload, on_old);
}

static void on_link(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = sshoal__upload_answered(step);
	struct packet_names names;
	struct packet_name name;
	if (reply->code || reply->type != SFTP_NAME ||
	    !sshoal__packet_names(&names, &reply->body) ||
	    !sshoal__packet_next_name(&names, &name))
		return;
	const char *target = upload->entry->target;
	upload->unchanged = name.name_size == strlen(target) &&
			    memcmp(name.name, target, name.name_size) == 0;
}

static void link_looked(struct upload *upload)
{
	upload->next = upload->unchanged ? sshoal__upload_done : open_other;
}

static void looked(struct upload *upload)
{
	int kind = upload->exists ? sshoal_attributes_kind(&upload->old) :
				    SSHOAL_FILE_UNKNOWN;
	if (kind == SSHOAL_FILE_DIRECTORY) {
		refuse(upload, SSHOAL_EEXIST,
		       "it is a directory, which is not replaced by a file");
		return;
	}
	if (upload->entry->kind == SSHOAL_FILE_LINK) {
		upload->next = link_looked;
		if (kind != SSHOAL_FILE_LINK)
			return;
		(void)begin(upload, SFTP_READLINK, upload->path);
		sshoal__upload_ask(upload, on_link);
		return;
	}
	if (kind == SSHOAL_FILE_OTHER && !options_of(upload)->in_place) {
		refuse(upload, SSHOAL_EEXIST,
		       "it is a device, pipe or socket, which is not replaced "
		       "by a file");
		return;
	}
	upload->next = skip_or_open;
	if (kind != SSHOAL_FILE_LINK)
		return;
	/* The file behind a link is replaced, as if it were written to. */
	upload->next = look_again;
	(void)begin(upload, SFTP_REALPATH, upload->path);
	sshoal__upload_ask(upload, on_resolved);
}

void sshoal__upload_look(struct upload *upload)
{
	upload->next = looked;
	if (upload->fresh)
		return;
	(void)begin(upload, SFTP_LSTAT, upload->path);
	sshoal__upload_ask(upload, on_old);
}

static void part_compared(struct upload *upload)
{
	const struct compare *compare = &upload->compare;
	if (compare->failed)
		sshoal__upload_fail(upload, compare->failed, &compare->error);
	else if (!compare->differs)
		upload->offset = compare->end;
	upload->next = sshoal__upload_send;
}

/* Whether what is there has the digest that the source has up to there. */
static int compare_digests(struct upload *upload, uint64_t n, bool *same)
{
	unsigned char here[SOURCE_DIGEST];
	unsigned char there[SOURCE_DIGEST];
	sshoal_error error;
	int rc = sshoal__overlap_digest(upload->context->transfer->sftp,
					upload->other, n, there, &error);
	if (rc == 0)
		rc = sshoal__prefix_digest(upload->context->source,
					   upload->index, n, here, &error);
	if (rc && rc != SSHOAL_EUNSUPPORTED)
		sshoal__upload_fail(upload, rc, &error);
	*same = rc == 0 && memcmp(here, there, sizeof here) == 0;
	return rc;
}

/* Goes on with what an interrupted upload left, if it is this file's. */
static void go_on(struct upload *upload)
{
	uint64_t n = upload->part.size_bytes;
	upload->resumed = true;
	upload->next = sshoal__upload_send;
	if (n == 0 || n > upload->entry->size_bytes)
		return;
	if (n > READ_AGAIN) {
		bool same = false;
		int rc = compare_digests(upload, n, &same);
		if (same)
			upload->offset = n;
		if (rc != SSHOAL_EUNSUPPORTED)
			return;
	}
	compare_with(upload, n, part_compared);
}

void sshoal__upload_opened(struct upload *upload)
{
	upload->next = sshoal__upload_send;
	if (!upload->has_part)
		return;
	if (sshoal_attributes_kind(&upload->part) == SSHOAL_FILE_REGULAR)
		go_on(upload);
	else
		refuse(upload, SSHOAL_EEXIST,
		       "what an interrupted upload left is no file");
}
