/* SPDX-License-Identifier: MIT */
#include "base/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* What was written under the other name is removed by every failure; a program
 * that is killed half-way leaves it behind, open to its owner only. */

#define NAME_SIZE (sizeof ".sshoal-0123456789abcdef")
#define ATTEMPTS_MAX 16

static int fail(const char *path, int number, sshoal_error *error)
{
	int code = number == EEXIST ? SSHOAL_EEXIST :
				      sshoal__error_from_errno(number);
	return sshoal__error_set(error, code, "%s: %s", path,
				 number == EEXIST ? "it exists already" :
						    strerror(number));
}

int sshoal__new_file_check(const char *path, bool may_replace,
			   sshoal_error *error)
{
	struct stat status;
	/* Other failures are told where the file is made. */
	if (lstat(path, &status) != 0)
		return 0;
	if (!may_replace)
		return fail(path, EEXIST, error);
	if (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode))
		return 0;
	return sshoal__error_set(error, SSHOAL_EEXIST,
				 "%s: it exists and is no regular file, so it "
				 "is not replaced",
				 path);
}

/* Beside the path, where a rename is possible. */
static char *make_room(const char *path, size_t *folder_size)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	char *other = malloc(n + NAME_SIZE);
	if (!other)
		return NULL;
	memcpy(other, path, n);
	*folder_size = n;
	return other;
}

/* *fd is open for writing. 0 or an errno. */
static int open_other(char *other, size_t folder_size, int *fd)
{
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		uint64_t number;
		if (getrandom(&number, sizeof number, 0) !=
		    (ssize_t)sizeof number)
			return EIO;
		(void)snprintf(other + folder_size, NAME_SIZE,
			       ".sshoal-%016" PRIx64, number);
		*fd = open(other,
			   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			   0600);
		if (*fd >= 0)
			return 0;
		if (errno != EEXIST)
			return errno;
	}
	return EIO;
}

/* 0 or an errno. */
static int write_all(int fd, const struct new_file *file)
{
	const char *at = file->bytes;
	size_t left = file->size;
	while (left > 0) {
		ssize_t n = write(fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		at += n;
		left -= (size_t)n;
	}
	/* The umask has taken from the mode; now that all is there, others may
	 * read it where that is wanted. */
	if (fchmod(fd, file->mode) != 0 || fsync(fd) != 0)
		return errno;
	return 0;
}

/* Gives the file its name unless that is taken. Some file systems have no hard
 * links; those have renameat2(2). 0 or an errno. */
static int name_new(const char *other, const char *path)
{
	if (link(other, path) == 0) {
		(void)unlink(other);
		return 0;
	}
	int number = errno;
	if (number != EPERM && number != EOPNOTSUPP && number != ENOSYS &&
	    number != EMLINK)
		return number;
	return renameat2(AT_FDCWD, other, AT_FDCWD, path, RENAME_NOREPLACE) ==
			       0 ?
		       0 :
		       errno;
}

static int name_file(const char *other, const char *path,
		     const struct new_file *file)
{
	if (!file->may_replace)
		return name_new(other, path);
	return rename(other, path) == 0 ? 0 : errno;
}

/* Has the name on the disk as well, where the file system can. */
static void sync_folder(char *other, size_t folder_size)
{
	other[folder_size] = '\0';
	int fd = open(folder_size > 0 ? other : ".",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

int sshoal__new_file_write(const char *path, const struct new_file *file,
			   sshoal_error *error)
{
	int rc = sshoal__new_file_check(path, file->may_replace, error);
	if (rc)
		return rc;
	size_t folder_size = 0;
	char *other = make_room(path, &folder_size);
	if (!other)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int fd = -1;
	int number = open_other(other, folder_size, &fd);
	if (number == 0) {
		number = write_all(fd, file);
		if (close(fd) != 0 && number == 0 && errno != EINTR)
			number = errno;
		if (number == 0)
			number = name_file(other, path, file);
		if (number)
			(void)unlink(other);
		else
			sync_folder(other, folder_size);
	}
	free(other);
	return number ? fail(path, number, error) : 0;
}
