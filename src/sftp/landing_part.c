/* SPDX-License-Identifier: MIT */
#include "sftp/landing_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
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

/* A directory that nobody else can enter. 0 or an errno. */
static int make_closet(int folder, char closet[LANDING_OTHER_SIZE], int *fd)
{
	int number = sshoal__landing_random_name(closet);
	if (number)
		return number;
	if (mkdirat(folder, closet, 0700) != 0)
		return errno;
	struct stat status;
	int made = openat(folder, closet,
			  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (made >= 0 && fstat(made, &status) == 0 &&
	    status.st_uid == geteuid() && (status.st_mode & 077) == 0) {
		*fd = made;
		return 0;
	}
	number = made < 0 ? errno : EEXIST;
	if (made >= 0)
		(void)close(made);
	(void)unlinkat(folder, closet, AT_REMOVEDIR);
	return number;
}

/* Gives a file its name back unless somebody else has taken it. */
static bool move_back(int closet, int folder, const char *other)
{
	if (renameat2(closet, other, folder, other, RENAME_NOREPLACE) == 0)
		return true;
	/* Not every file system can do that. */
	return errno == EINVAL && renameat(closet, other, folder, other) == 0;
}

/* Finds out whether a file has that name alone. Who can write to the directory
 * can give it a name there and take it away again between two looks, so that
 * each of them sees one; so it is counted where nobody else can do that. What
 * has other names loses this one. 0 or an errno. */
static int check_alone(int folder, const char *other, int fd, bool *alone)
{
	char name[LANDING_OTHER_SIZE];
	int closet = -1;
	int number = make_closet(folder, name, &closet);
	if (number)
		return number;
	struct stat status;
	*alone = false;
	if (renameat(folder, other, closet, other) == 0) {
		*alone = fstat(fd, &status) == 0 && status.st_nlink == 1 &&
			 has_name(closet, other, &status) &&
			 move_back(closet, folder, other);
		if (!*alone)
			(void)unlinkat(closet, other, 0);
	}
	(void)close(closet);
	(void)unlinkat(folder, name, AT_REMOVEDIR);
	return 0;
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
	bool alone = false;
	number = check_alone(folder, other, fd, &alone);
	/* It may have been given its mode before it failed to get its name. */
	if (number == 0 && alone && fchmod(fd, 0600) != 0)
		number = errno;
	*found = alone ? FOUND_PART : FOUND_NOTHING;
	return number;
}

/* The part that is there. 0 or an errno. */
static int open_part(int folder, const char *other, int *fd, enum found *found)
{
	int opened = openat(folder, other, OPEN_FLAGS);
	if (opened < 0) {
		*found = errno == ENOENT ? FOUND_NOTHING : FOUND_STRANGE;
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ?
			       errno :
			       0;
	}
	int number = examine(folder, other, opened, found);
	if (number == 0 && *found == FOUND_PART)
		*fd = opened;
	else
		(void)close(opened);
	return number;
}

/* One where there was none a moment ago. It may have been taken, finished and
 * given its name by somebody else before it is locked. 0 or an errno. */
static int make_part(int folder, const char *other, int *fd, enum found *found)
{
	int made = openat(folder, other, OPEN_FLAGS | O_CREAT | O_EXCL, 0600);
	if (made < 0)
		return errno;
	struct stat status;
	int number = lock(made);
	if (number == 0 && fstat(made, &status) != 0)
		number = errno;
	/* The umask takes what the next transfer needs. */
	if (number == 0 && fchmod(made, 0600) != 0)
		number = errno;
	*found = number == 0 && has_name(folder, other, &status) ?
			 FOUND_PART :
			 FOUND_NOTHING;
	if (*found == FOUND_PART)
		*fd = made;
	else
		(void)close(made);
	return number;
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
