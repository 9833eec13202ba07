/* SPDX-License-Identifier: MIT */
#include "sftp/landing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sftp/landing_folder.h"

/*
 * The end of what was made in a landing. A file that is whole takes its name by
 * a rename, and only after all that can fail has been done.
 */

/* 0 or an errno. */
static int dress(int fd, const struct landing_finish *finish)
{
	/* A change of the owner takes the set-ID bits away, so it comes first.
	 */
	if (finish->has_owner && geteuid() == 0 &&
	    fchown(fd, finish->uid, finish->gid) != 0)
		return errno;
	struct stat status;
	if (fstat(fd, &status) != 0)
		return errno;
	mode_t mode = finish->mode & 07777;
	if (finish->has_owner && status.st_uid != finish->uid)
		mode &= ~(mode_t)S_ISUID;
	if (finish->has_owner && status.st_gid != finish->gid)
		mode &= ~(mode_t)S_ISGID;
	/* A file in place may be another user's, who let us write it. */
	if ((status.st_mode & 07777) != mode && fchmod(fd, mode) != 0)
		return errno;
	const struct timespec times[] = {
		{ .tv_sec = finish->atime_s },
		{ .tv_sec = finish->mtime_s },
	};
	if (finish->has_times && futimens(fd, times) != 0)
		return errno;
	return 0;
}

/* 0 or an errno. */
static int cut(int fd, uint64_t size_bytes)
{
	if (size_bytes > INT64_MAX)
		return EFBIG;
	int number;
	do
		number = ftruncate(fd, (off_t)size_bytes) == 0 ? 0 : errno;
	while (number == EINTR);
	return number;
}

/* 0 or an errno. */
static int sync_file(int fd)
{
	int number;
	do
		number = fsync(fd) == 0 ? 0 : errno;
	while (number == EINTR);
	return number;
}

/* Hears what close(2) has to say, such as that a server's disk is full, while
 * the file stays open: with it, its lock would go before it has its name.
 * 0 or an errno. */
static int hear_close(int fd)
{
	int twin = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (twin < 0)
		return errno;
	return close(twin) == 0 || errno == EINTR ? 0 : errno;
}

static int fail_rename(const struct landing_file *file, int number,
		       sshoal_error *error)
{
	if (number == EISDIR || number == EEXIST || number == ENOTEMPTY)
		return sshoal__landing_tell(file->folder, file->name,
					    SSHOAL_EEXIST,
					    "it has become a directory", error);
	return sshoal__landing_fail(file->folder, file->name, number, error);
}

/* What is written gets its name, and nothing else that has come in its way. */
static int take_place(struct landing_file *file, sshoal_error *error)
{
	int folder = -1;
	int rc = sshoal__landing_use(file->folder, &folder, error);
	if (rc)
		return rc;
	struct stat own;
	struct stat named;
	if (fstat(file->fd, &own) != 0)
		return sshoal__landing_fail(file->folder, file->name, errno,
					    error);
	if (fstatat(folder, file->other, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
	    named.st_dev != own.st_dev || named.st_ino != own.st_ino)
		return sshoal__landing_tell(
			file->folder, file->name, SSHOAL_ECHANGED,
			"somebody took it away while it was written", error);
	if (renameat(folder, file->other, folder, file->name) != 0)
		return fail_rename(file, errno, error);
	free(file->other);
	file->other = NULL;
	return 0;
}

int sshoal__landing_finish(struct landing_file *file, uint64_t size_bytes,
			   const struct landing_finish *finish,
			   sshoal_error *error)
{
	int number = cut(file->fd, size_bytes);
	if (number == 0)
		number = dress(file->fd, finish);
	if (number == 0 && finish->sync)
		number = sync_file(file->fd);
	if (number == 0)
		number = hear_close(file->fd);
	int rc = 0;
	if (number)
		rc = sshoal__landing_fail(file->folder, file->name, number,
					  error);
	if (rc == 0 && file->other)
		rc = take_place(file, error);
	if (rc == 0 && finish->sync)
		rc = sshoal__landing_sync(file->folder, error);
	/* One that has its place is only closed by this. */
	sshoal__landing_drop(file);
	return rc;
}

int sshoal__landing_dress(struct landing_folder *folder,
			  const struct landing_finish *finish,
			  sshoal_error *error)
{
	int fd = -1;
	int rc = sshoal__landing_use(folder, &fd, error);
	if (rc)
		return rc;
	int number = dress(fd, finish);
	return number ? sshoal__landing_fail(folder, NULL, number, error) : 0;
}
