/* SPDX-License-Identifier: MIT */
#include "sftp/landing_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sftp/landing_name.h"

/*
 * A part has a name that anybody can work out. What is there is written to only
 * if it is ours alone; it is locked, because two transfers of the same file
 * would work on the same part.
 */

#define OPEN_FLAGS (O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* What the name of a part turned out to have. */
enum found {
	FOUND_PART,
	FOUND_NOTHING,
	FOUND_STRANGE, /* whatever is no part */
};

/* Whether this is still what has the name: who held the lock before may have
 * given it another one. */
static bool has_name(int folder, const char *other, const struct stat *status)
{
	struct stat named;
	return fstatat(folder, other, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_dev == status->st_dev && named.st_ino == status->st_ino;
}

/* 0 or an errno. A file system without locks has to do without. */
static int lock(int fd)
{
	int number;
	do
		number = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
	while (number == EINTR);
	return number == EWOULDBLOCK ? number : 0;
}

/* Looks at what was opened. 0 or an errno. */
static int examine(int folder, const char *other, int fd, enum found *found)
{
	int number = lock(fd);
	struct stat status;
	if (number == 0 && fstat(fd, &status) != 0)
		number = errno;
	if (number)
		return number;
	if (!has_name(folder, other, &status)) {
		*found = FOUND_NOTHING;
		return 0;
	}
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    status.st_nlink > 1) {
		*found = FOUND_STRANGE;
		return 0;
	}
	/* It may have been given its mode before it failed to get its name, and
	 * the umask takes from a new one what the next transfer needs. */
	if (fchmod(fd, 0600) != 0)
		return errno;
	*found = FOUND_PART;
	return 0;
}

/* *fd becomes what was opened if that is a part; else it is closed. 0 or an
 * errno. */
static int take(int folder, const char *other, int opened, int *fd,
		enum found *found)
{
	int number = examine(folder, other, opened, found);
	if (number == 0 && *found == FOUND_PART)
		*fd = opened;
	else
		(void)close(opened);
	return number;
}

/* The part that is there. 0 or an errno. */
static int open_part(int folder, const char *other, int *fd, enum found *found)
{
	int opened = openat(folder, other, OPEN_FLAGS);
	if (opened >= 0)
		return take(folder, other, opened, fd, found);
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return errno;
	*found = errno == ENOENT ? FOUND_NOTHING : FOUND_STRANGE;
	return 0;
}

/* One where there was none a moment ago. It may have been taken, finished and
 * given its name by somebody else before it is locked. 0 or an errno. */
static int make_part(int folder, const char *other, int *fd, enum found *found)
{
	int made = openat(folder, other, OPEN_FLAGS | O_CREAT | O_EXCL, 0600);
	return made < 0 ? errno : take(folder, other, made, fd, found);
}

int sshoal__landing_part_open(int folder, const char *other, int *fd)
{
	for (int i = 0; i < LANDING_ATTEMPTS; i++) {
		enum found found = FOUND_NOTHING;
		int number = open_part(folder, other, fd, &found);
		if (number || found == FOUND_PART)
			return number;
		if (found == FOUND_STRANGE && unlinkat(folder, other, 0) != 0 &&
		    errno != ENOENT)
			return errno;
		number = make_part(folder, other, fd, &found);
		if (number != EEXIST && (number || found == FOUND_PART))
			return number;
	}
	return EEXIST;
}
