/* SPDX-License-Identifier: MIT */
#include "sftp/landing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sftp/landing_folder.h"
#include "sftp/landing_name.h"
#include "sftp/landing_part.h"

/*
 * A file of a landing until it is finished. What has its name is not touched by
 * it, unless it is written in place.
 */

/* Nothing that a file was replaced with makes an open wait or act. */
#define OPEN_FLAGS (O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* What has the name; a mode of 0: nothing. 0 or an errno. */
static int look(int folder, const char *name, struct stat *status)
{
	if (fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	*status = (struct stat){ .st_mode = 0 };
	return errno == ENOENT ? 0 : errno;
}

int sshoal__landing_look(struct landing_folder *folder, const char *name,
			 struct landing_place *place, sshoal_error *error)
{
	int fd = -1;
	int rc = sshoal__landing_check_string(name, error);
	if (rc == 0)
		rc = sshoal__landing_use(folder, &fd, error);
	if (rc)
		return rc;
	struct stat status;
	int number = look(fd, name, &status);
	if (number)
		return sshoal__landing_fail(folder, name, number, error);
	*place = (struct landing_place){ .exists = status.st_mode != 0 };
	if (!place->exists)
		return 0;
	place->attributes = (sshoal_attributes){
		.size_bytes = (uint64_t)status.st_size,
		.flags = SSHOAL_ATTRIBUTES_SIZE | SSHOAL_ATTRIBUTES_OWNER |
			 SSHOAL_ATTRIBUTES_MODE | SSHOAL_ATTRIBUTES_TIMES,
		.mode = status.st_mode,
		.uid = status.st_uid,
		.gid = status.st_gid,
		.atime_s = status.st_atim.tv_sec,
		.mtime_s = status.st_mtim.tv_sec,
	};
	return 0;
}

/* Whether a file can take the place, or be what is there. */
static int check_place(struct landing_folder *folder, int fd, const char *name,
		       bool in_place, sshoal_error *error)
{
	struct stat status;
	int number = look(fd, name, &status);
	if (number)
		return sshoal__landing_fail(folder, name, number, error);
	if (status.st_mode == 0 || S_ISREG(status.st_mode) ||
	    (S_ISLNK(status.st_mode) && !in_place))
		return 0;
	return sshoal__landing_tell(folder, name, SSHOAL_EEXIST,
				    "it exists and is no regular file, so it "
				    "is not replaced",
				    error);
}

/* 0 or an errno. */
static int open_in_place(int folder, const char *name, bool resume, int *fd)
{
	int flags = resume ? READ_FLAGS : OPEN_FLAGS | O_CREAT;
	int opened = openat(folder, name, flags, 0600);
	if (opened < 0)
		return errno;
	struct stat status;
	int number = fstat(opened, &status) == 0 ? 0 : errno;
	if (number == 0 && !S_ISREG(status.st_mode))
		number = EEXIST;
	if (number == 0 && !resume && ftruncate(opened, 0) != 0)
		number = errno;
	if (number)
		(void)close(opened);
	else
		*fd = opened;
	return number;
}

/* 0 or an errno. */
static int open_beside(int folder, char *other, int *fd)
{
	for (int i = 0; i < LANDING_ATTEMPTS; i++) {
		int number = sshoal__landing_random_name(other);
		if (number)
			return number;
		*fd = openat(folder, other, OPEN_FLAGS | O_CREAT | O_EXCL,
			     0600);
		if (*fd >= 0)
			return 0;
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

/* The file's names are there. 0 or an errno. */
static int open_file(struct landing_file *file, int folder, bool resume,
		     uint64_t *size_bytes)
{
	int number = 0;
	if (!file->other)
		number = open_in_place(folder, file->name, resume, &file->fd);
	else if (!resume)
		return open_beside(folder, file->other, &file->fd);
	else
		number = sshoal__landing_part_name(file->other, file->name);
	if (number == 0 && file->other)
		number = sshoal__landing_part_open(folder, file->other,
						   &file->fd);
	if (number)
		return number;
	struct stat status;
	if (fstat(file->fd, &status) != 0)
		return errno;
	*size_bytes = (uint64_t)status.st_size;
	return 0;
}

/* Its name, and room for the other one where it has one. */
static bool name_file(struct landing_file *file, const char *name,
		      bool in_place)
{
	size_t n = strlen(name) + 1;
	char *copy = malloc(n);
	char *other = in_place ? NULL : malloc(LANDING_OTHER_SIZE);
	if (!copy || (!other && !in_place)) {
		free(other);
		free(copy);
		return false;
	}
	memcpy(copy, name, n);
	file->name = copy;
	file->other = other;
	return true;
}

/* Tells why it was not opened. */
static int fail_open(struct landing_folder *folder, const char *name,
		     int number, sshoal_error *error)
{
	if (number == EWOULDBLOCK)
		return sshoal__landing_tell(folder, name, SSHOAL_EEXIST,
					    "somebody else is writing it",
					    error);
	if (number == EEXIST || number == EISDIR || number == ELOOP)
		return sshoal__landing_tell(folder, name, SSHOAL_EEXIST,
					    "something is in its way", error);
	return sshoal__landing_fail(folder, name, number, error);
}

int sshoal__landing_begin(struct landing_file *file,
			  struct landing_folder *folder, const char *name,
			  bool in_place, bool resume, uint64_t *size_bytes,
			  sshoal_error *error)
{
	int fd = -1;
	int rc = sshoal__landing_check_string(name, error);
	if (rc == 0)
		rc = sshoal__landing_use(folder, &fd, error);
	if (rc == 0)
		rc = check_place(folder, fd, name, in_place, error);
	if (rc)
		return rc;
	struct landing_file begun = { .fd = -1, .keeps = resume };
	if (!name_file(&begun, name, in_place))
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	uint64_t size = 0;
	int number = open_file(&begun, fd, resume, &size);
	if (number) {
		if (begun.fd >= 0)
			(void)close(begun.fd);
		free(begun.other);
		free(begun.name);
		return fail_open(folder, name, number, error);
	}
	begun.folder = sshoal__landing_ref(folder);
	*file = begun;
	*size_bytes = size;
	return 0;
}

int sshoal__landing_write(struct landing_file *file, const void *bytes,
			  size_t n, uint64_t offset, sshoal_error *error)
{
	const char *at = bytes;
	int number = offset > INT64_MAX || n > INT64_MAX - offset ? EFBIG : 0;
	while (n > 0 && number == 0) {
		ssize_t written = pwrite(file->fd, at, n, (off_t)offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			number = written < 0 ? errno : EIO;
			continue;
		}
		at += written;
		n -= (size_t)written;
		offset += (uint64_t)written;
	}
	if (number == 0)
		return 0;
	return sshoal__landing_fail(file->folder, file->name, number, error);
}

int64_t sshoal__landing_read(struct landing_file *file, void *bytes, size_t n,
			     uint64_t offset, sshoal_error *error)
{
	char *at = bytes;
	size_t left = n;
	if (offset > INT64_MAX || n > INT64_MAX - offset)
		return sshoal__landing_fail(file->folder, file->name, EFBIG,
					    error);
	while (left > 0) {
		ssize_t got = pread(file->fd, at, left, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sshoal__landing_fail(file->folder, file->name,
						    errno, error);
		if (got == 0)
			break;
		at += got;
		left -= (size_t)got;
		offset += (uint64_t)got;
	}
	return (int64_t)(n - left);
}

void sshoal__landing_drop(struct landing_file *file)
{
	int folder = -1;
	if (!file->folder)
		return;
	if (file->other && !file->keeps &&
	    sshoal__landing_use(file->folder, &folder, NULL) == 0)
		(void)unlinkat(folder, file->other, 0);
	(void)close(file->fd);
	free(file->other);
	free(file->name);
	sshoal__landing_leave(file->folder);
	*file = (struct landing_file){ .fd = -1 };
}
