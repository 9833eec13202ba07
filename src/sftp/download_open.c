/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <sshoal/file.h>

#include "base/error.h"
#include "sftp/download.h"
#include "sftp/overlap.h"

/* What is here already, what is there, and what becomes of both. */

#define READ_AGAIN ((uint64_t)4 * 1024 * 1024)
#define PERMISSIONS 0777u
#define ALL_PERMISSIONS 07777u
#define DIGEST_BYTES 32

static const sshoal_transfer_options *
options_of(const struct download *download)
{
	return download->transfer->options;
}

static void note_attributes(struct download *download,
			    const struct sftp_reply *reply,
			    sshoal_attributes *attributes)
{
	sshoal_error error = { .code = 0 };
	sshoal_attributes came = { .flags = 0 };
	int rc =
		sshoal__sftp_judge(reply, SFTP_ATTRS, download->remote, &error);
	struct wire body = reply->body;
	if (rc == 0)
		sshoal__packet_read_attributes(&body, &came);
	if (rc == 0 && (body.failed || !(came.flags & SSHOAL_ATTRIBUTES_SIZE)))
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server does not say its size",
				       download->remote);
	if (rc)
		sshoal__download_fail(download, rc, &error);
	else
		*attributes = came;
}

static void on_attributes(struct step *step, const struct sftp_reply *reply)
{
	struct download *download = sshoal__download_answered(step);
	note_attributes(download, reply, &download->attributes);
}

static void on_after(struct step *step, const struct sftp_reply *reply)
{
	struct download *download = sshoal__download_answered(step);
	note_attributes(download, reply, &download->after);
}

static void look_at_handle(struct download *download,
			   void (*done)(struct step *step,
					const struct sftp_reply *reply))
{
	sshoal__handle_begin(&download->handle, download->transfer->sftp,
			     SFTP_FSTAT);
	sshoal__download_ask(download, done);
}

static void on_handle(struct step *step, const struct sftp_reply *reply)
{
	struct download *download = sshoal__download_answered(step);
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_HANDLE, download->remote,
				    &error);
	struct wire body = reply->body;
	size_t n = 0;
	const unsigned char *handle =
		rc ? NULL : sshoal__wire_string(&body, &n);
	if (rc == 0 && (!handle || n == 0 || n > sizeof download->handle.bytes))
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server's handle is damaged",
				       download->remote);
	if (rc || !handle) {
		sshoal__download_fail(download, rc, &error);
		return;
	}
	memcpy(download->handle.bytes, handle, n);
	download->handle.size = n;
}

static bool is_same_file(const struct download *download)
{
	const sshoal_attributes *here = &download->place.attributes;
	return download->place.exists &&
	       sshoal_attributes_kind(here) == SSHOAL_FILE_REGULAR &&
	       here->size_bytes == download->attributes.size_bytes;
}

static bool is_unchanged(const struct download *download)
{
	return is_same_file(download) &&
	       (download->attributes.flags & SSHOAL_ATTRIBUTES_TIMES) &&
	       download->place.attributes.mtime_s ==
		       download->attributes.mtime_s;
}

/* What the beginning of a file here has for a digest. */
static bool digest_here(struct download *download, uint64_t n,
			unsigned char digest[DIGEST_BYTES])
{
	/* The transfer's room may hold the half of an answer. */
	unsigned char *room = malloc(SFTP_CHUNK);
	EVP_MD_CTX *context = room ? EVP_MD_CTX_new() : NULL;
	bool good =
		context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
	for (uint64_t at = 0; good && at < n;) {
		size_t part =
			n - at < SFTP_CHUNK ? (size_t)(n - at) : SFTP_CHUNK;
		good = sshoal__landing_read(&download->file, room, part, at,
					    NULL) == (int64_t)part &&
		       EVP_DigestUpdate(context, room, part) == 1;
		at += part;
	}
	good = good && EVP_DigestFinal_ex(context, digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	free(room);
	return good;
}

static void part_checked(struct download *download)
{
	if (!download->check.differs)
		download->offset = download->part_bytes;
	sshoal__download_read(download);
}

/* Goes on with what an interrupted call left, if it is this file's. */
static void go_on(struct download *download)
{
	uint64_t n = download->part_bytes;
	sshoal_error error = { .code = 0 };
	download->next = sshoal__download_read;
	if (n > download->size || download->endless)
		return;
	if (n > READ_AGAIN) {
		unsigned char here[DIGEST_BYTES];
		unsigned char there[DIGEST_BYTES];
		int rc = sshoal__overlap_digest(download->transfer->sftp,
						download->remote, n, there,
						&error);
		if (rc == 0 && digest_here(download, n, here) &&
		    memcmp(here, there, sizeof here) == 0)
			download->offset = n;
		if (rc == 0)
			return;
		if (rc != SSHOAL_EUNSUPPORTED) {
			sshoal__download_fail(download, rc, &error);
			return;
		}
	}
	sshoal__download_check(download, &download->file, n, part_checked);
}

static void begin(struct download *download)
{
	const sshoal_transfer_options *options = options_of(download);
	sshoal_error error = { .code = 0 };
	int rc = sshoal__landing_begin(&download->file, download->folder,
				       download->name, options->in_place != 0,
				       options->resume != 0,
				       &download->part_bytes, &error);
	if (rc)
		sshoal__download_fail(download, rc, &error);
	else if (options->resume && download->part_bytes > 0)
		go_on(download);
	else
		sshoal__download_read(download);
}

static void old_checked(struct download *download)
{
	sshoal__landing_drop(&download->old);
	download->unchanged = !download->check.differs;
	download->next = download->unchanged ? sshoal__download_done : begin;
	if (download->unchanged)
		sshoal__download_close(download);
}

static void opened(struct download *download)
{
	const sshoal_transfer_options *options = options_of(download);
	sshoal_error error = { .code = 0 };
	uint64_t size = 0;
	download->size = download->attributes.size_bytes;
	download->endless = download->size == 0;
	download->next = begin;
	if (options->skip_unchanged == 1 && is_unchanged(download)) {
		download->unchanged = true;
		download->next = sshoal__download_done;
		sshoal__download_close(download);
		return;
	}
	if (options->skip_unchanged != 2 || !is_same_file(download))
		return;
	/* In place and not cut off: to be read. */
	int rc = sshoal__landing_begin(&download->old, download->folder,
				       download->name, true, true, &size,
				       &error);
	if (rc == 0)
		sshoal__download_check(download, &download->old, download->size,
				       old_checked);
}

static void ask_size(struct download *download)
{
	download->next = opened;
	look_at_handle(download, on_attributes);
}

void sshoal__download_look(struct download *download)
{
	struct packet *packet = &download->transfer->sftp->packet;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__landing_look(download->folder, download->name,
				      &download->place, &error);
	if (rc) {
		sshoal__download_fail(download, rc, &error);
		return;
	}
	download->size = download->attributes.size_bytes;
	if (options_of(download)->skip_unchanged == 1 &&
	    is_unchanged(download)) {
		download->unchanged = true;
		download->next = sshoal__download_done;
		return;
	}
	sshoal__packet_begin(packet, SFTP_OPEN);
	sshoal__packet_text(packet, download->remote);
	sshoal__packet_u32(packet, SSHOAL_FILE_READ);
	sshoal__packet_attributes(packet, NULL);
	download->next = ask_size;
	sshoal__download_ask(download, on_handle);
}

static struct landing_finish looks(const struct download *download)
{
	const sshoal_transfer_options *options = options_of(download);
	const sshoal_attributes *there = &download->attributes;
	const sshoal_attributes *here = &download->place.attributes;
	bool replaces = download->place.exists &&
			sshoal_attributes_kind(here) == SSHOAL_FILE_REGULAR;
	uint32_t mode =
		there->flags & SSHOAL_ATTRIBUTES_MODE ? there->mode : 0666u;
	struct landing_finish finish = {
		.mode = mode & PERMISSIONS & ~download->umask,
		.has_times = (options->preserve || options->skip_unchanged) &&
			     (there->flags & SSHOAL_ATTRIBUTES_TIMES),
		.sync = options->sync != 0,
		.atime_s = there->atime_s,
		.mtime_s = there->mtime_s,
	};
	if (options->has_mode)
		finish.mode = options->mode;
	else if (options->preserve)
		finish.mode = mode & ALL_PERMISSIONS;
	else if (replaces)
		finish.mode = here->mode & ALL_PERMISSIONS;
	if (options->has_owner) {
		finish.has_owner = true;
		finish.uid = options->uid;
		finish.gid = options->gid;
	} else if (options->preserve &&
		   (there->flags & SSHOAL_ATTRIBUTES_OWNER)) {
		finish.has_owner = true;
		finish.uid = there->uid;
		finish.gid = there->gid;
	} else if (replaces && geteuid() == 0) {
		finish.has_owner = true;
		finish.uid = here->uid;
		finish.gid = here->gid;
	}
	return finish;
}

static void changed(struct download *download, const char *how)
{
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_ECHANGED, "%s: %s",
				download->remote, how);
	sshoal__download_fail(download, SSHOAL_ECHANGED, &error);
}

/* Gives it its name. */
static void land(struct download *download)
{
	const struct landing_finish finish = looks(download);
	sshoal_error error = { .code = 0 };
	download->next = sshoal__download_done;
	int rc = sshoal__landing_finish(&download->file, download->size,
					&finish, &error);
	if (rc)
		sshoal__download_fail(download, rc, &error);
}

static void verified(struct download *download)
{
	sshoal__download_close(download);
	download->next = land;
	if (!download->check.differs)
		return;
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_EDIFFER,
				"%s: what was written is not what is there",
				download->remote);
	download->file.keeps = false;
	sshoal__download_fail(download, SSHOAL_EDIFFER, &error);
}

/* What it is now says whether it stood still meanwhile. */
static void look_back(struct download *download)
{
	const sshoal_attributes *before = &download->attributes;
	const sshoal_attributes *after = &download->after;
	if (!download->endless && after->size_bytes < download->size) {
		changed(download, "it became shorter while it was read");
		return;
	}
	if (!download->endless && download->has_more &&
	    after->size_bytes <= download->size) {
		changed(download, "there is more of it than its size says");
		return;
	}
	if (!download->endless && after->size_bytes == download->size &&
	    (before->flags & after->flags & SSHOAL_ATTRIBUTES_TIMES) &&
	    before->mtime_s != after->mtime_s) {
		changed(download, "it was written to while it was read");
		return;
	}
	if (options_of(download)->verify) {
		sshoal__download_check(download, &download->file,
				       download->size, verified);
		return;
	}
	download->next = land;
	sshoal__download_close(download);
}

void sshoal__download_finish(struct download *download)
{
	download->next = look_back;
	if (!download->endless)
		sshoal__download_look_beyond(download);
	look_at_handle(download, on_after);
}
