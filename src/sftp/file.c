/* SPDX-License-Identifier: MIT */
#include <sshoal/file.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sftp/calls.h"
#include "sftp/open_file.h"

/* A file from its opening to its end. */

#define FLAGS_ALL \
	(SSHOAL_FILE_READ | SSHOAL_FILE_WRITE | SSHOAL_FILE_APPEND | \
	 SSHOAL_FILE_CREATE | SSHOAL_FILE_TRUNCATE | SSHOAL_FILE_EXCLUSIVE)

static void free_file(struct sshoal_file *file)
{
	sshoal__ahead_forget(&file->ahead);
	free(file->path);
	free(file);
}

int sshoal__file_enter(struct sshoal_file *file, uint32_t flag)
{
	struct sshoal_sftp *sftp = file->sftp;
	int rc = sshoal__sftp_enter(sftp);
	if (rc || (file->flags & flag))
		return rc;
	(void)sshoal__error_set(
		&sftp->error, SSHOAL_EINVAL, "%s: not open for %s", file->path,
		flag == SSHOAL_FILE_READ ? "reading" : "writing");
	sshoal__sftp_leave(sftp);
	return SSHOAL_EINVAL;
}

int sshoal__file_look(struct sshoal_file *file, sshoal_attributes *attributes)
{
	struct sshoal_sftp *sftp = file->sftp;
	struct sftp_answer answer;
	sshoal__handle_begin(&file->handle, sftp, SFTP_FSTAT);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, file->path);
	sshoal_attributes came = { .flags = 0 };
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, &came);
	if (rc == 0 && answer.body.failed)
		rc = sshoal__error_set(&sftp->error, SSHOAL_EPROTOCOL,
				       "%s: the server's answer is damaged",
				       file->path);
	sshoal__sftp_answer_fini(&answer);
	if (rc == 0)
		*attributes = came;
	return rc;
}

static int open_it(struct sshoal_file *file, uint32_t mode)
{
	struct sshoal_sftp *sftp = file->sftp;
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_MODE,
		.mode = mode,
	};
	sshoal__packet_begin(&sftp->packet, SFTP_OPEN);
	sshoal__packet_text(&sftp->packet, file->path);
	sshoal__packet_u32(&sftp->packet, file->flags);
	sshoal__packet_attributes(
		&sftp->packet,
		file->flags & SSHOAL_FILE_CREATE ? &attributes : NULL);
	return sshoal__handle_open(&file->handle, sftp, file->path);
}

int sshoal_file_open(sshoal_file **file, sshoal_sftp *sftp, const char *path,
		     uint32_t flags, uint32_t mode, sshoal_error *error)
{
	if (!file || !sftp || (flags & ~FLAGS_ALL) ||
	    !(flags & (SSHOAL_FILE_READ | SSHOAL_FILE_WRITE)))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no room for the file, no sftp, or "
					 "wrong flags");
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return sshoal__error_set(error, rc, "%s", sftp->error.text);
	struct sshoal_file *made = calloc(1, sizeof *made);
	if (made)
		made->path = strdup(path);
	if (made && made->path) {
		made->sftp = sftp;
		made->flags = flags;
		made->appended = UINT64_MAX;
		rc = open_it(made, mode);
	} else {
		rc = sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	}
	if (rc && error)
		*error = sftp->error;
	if (rc && made)
		free_file(made);
	if (rc == 0)
		*file = made;
	sshoal__sftp_leave(sftp);
	return rc;
}

int sshoal_file_stat(sshoal_file *file, sshoal_attributes *attributes)
{
	if (!file || !attributes)
		return SSHOAL_EINVAL;
	int rc = sshoal__sftp_enter(file->sftp);
	if (rc)
		return rc;
	rc = sshoal__file_look(file, attributes);
	sshoal__sftp_leave(file->sftp);
	return rc;
}

int64_t sshoal_file_size(sshoal_file *file)
{
	sshoal_attributes attributes;
	int rc = sshoal_file_stat(file, &attributes);
	if (rc)
		return rc;
	if (attributes.flags & SSHOAL_ATTRIBUTES_SIZE &&
	    attributes.size_bytes <= INT64_MAX)
		return (int64_t)attributes.size_bytes;
	return sshoal__error_set(&file->sftp->error, SSHOAL_EPROTOCOL,
				 "%s: the server does not say its size",
				 file->path);
}

int64_t sshoal_file_seek(sshoal_file *file, int64_t offset, int whence)
{
	int64_t base = 0;
	if (!file)
		return SSHOAL_EINVAL;
	if (whence == SEEK_CUR)
		base = (int64_t)file->place;
	else if (whence == SEEK_END)
		base = sshoal_file_size(file);
	else if (whence != SEEK_SET)
		return SSHOAL_EINVAL;
	if (base < 0)
		return base;
	if (offset > INT64_MAX - base || offset < -base)
		return SSHOAL_EINVAL;
	file->place = (uint64_t)(base + offset);
	return (int64_t)file->place;
}

int64_t sshoal_file_tell(const sshoal_file *file)
{
	return file ? (int64_t)file->place : SSHOAL_EINVAL;
}

int sshoal_file_setstat(sshoal_file *file, const sshoal_attributes *attributes)
{
	if (!file || !attributes)
		return SSHOAL_EINVAL;
	int rc = sshoal__sftp_enter(file->sftp);
	if (rc)
		return rc;
	sshoal__ahead_forget(&file->ahead);
	sshoal__handle_begin(&file->handle, file->sftp, SFTP_FSETSTAT);
	sshoal__packet_attributes(&file->sftp->packet, attributes);
	return sshoal__call_status(file->sftp, file->path);
}

int sshoal_file_truncate(sshoal_file *file, uint64_t size_bytes)
{
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_SIZE,
		.size_bytes = size_bytes,
	};
	return sshoal_file_setstat(file, &attributes);
}

/* Begins an extension that has a handle. */
static int enter_extended(struct sshoal_file *file,
			  enum sftp_extension extension)
{
	struct sshoal_sftp *sftp = file->sftp;
	int rc = sshoal__call_enter_extended(sftp, file->path, extension);
	if (rc == 0)
		sshoal__packet_string(&sftp->packet, file->handle.bytes,
				      file->handle.size);
	return rc;
}

int sshoal_file_sync(sshoal_file *file)
{
	int rc = file ? enter_extended(file, SFTP_FSYNC) : SSHOAL_EINVAL;
	return rc ? rc : sshoal__call_status(file->sftp, file->path);
}

int sshoal_file_statvfs(sshoal_file *file, sshoal_statvfs *statvfs)
{
	int rc = file && statvfs ? enter_extended(file, SFTP_FSTATVFS) :
				   SSHOAL_EINVAL;
	if (rc)
		return rc;
	struct sftp_answer answer;
	rc = sshoal__sftp_ask(file->sftp, &answer, SFTP_EXTENDED_REPLY,
			      file->path);
	if (rc == 0)
		rc = sshoal__call_read_statvfs(file->sftp, &answer.body,
					       file->path, statvfs);
	sshoal__sftp_answer_fini(&answer);
	sshoal__sftp_leave(file->sftp);
	return rc;
}

int sshoal_file_close(sshoal_file *file)
{
	if (!file)
		return 0;
	struct sshoal_sftp *sftp = file->sftp;
	int rc = sshoal__sftp_enter(sftp);
	if (rc == 0) {
		rc = sshoal__handle_close(&file->handle, sftp, file->path);
		sshoal__sftp_leave(sftp);
	}
	free_file(file);
	return rc;
}
