/* SPDX-License-Identifier: MIT */
#include "sftp/landing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sftp/landing_folder.h"
#include "sftp/landing_name.h"

/* A symbolic link of a landing. It is made and never followed, so it may lead
 * wherever it likes. */

/* Whether the name is a link that holds the target. */
static bool holds(int folder, const char *name, const char *target)
{
	char held[PATH_MAX];
	ssize_t n = readlinkat(folder, name, held, sizeof held);
	return n >= 0 && (size_t)n == strlen(target) &&
	       memcmp(held, target, (size_t)n) == 0;
}

/* A link beside its place. 0 or an errno. */
static int make_other(int folder, const char *target,
		      char other[LANDING_OTHER_SIZE])
{
	for (int i = 0; i < LANDING_ATTEMPTS; i++) {
		int number = sshoal__landing_random_name(other);
		if (number)
			return number;
		if (symlinkat(target, folder, other) == 0)
			return 0;
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

/* 0 or an errno. */
static int make_link(int folder, const char *name, const char *target)
{
	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode))
		return EEXIST;
	char other[LANDING_OTHER_SIZE];
	int number = make_other(folder, target, other);
	if (number)
		return number;
	if (renameat(folder, other, folder, name) == 0)
		return 0;
	number = errno;
	(void)unlinkat(folder, other, 0);
	return number == EISDIR ? EEXIST : number;
}

int sshoal__landing_link(struct landing_folder *folder, const char *name,
			 const char *target, bool *same, sshoal_error *error)
{
	int fd = -1;
	int rc = sshoal__landing_check_string(name, error);
	if (rc == 0 && *target == '\0')
		rc = sshoal__landing_tell(folder, name, SSHOAL_EFORMAT,
					  "a link that leads nowhere", error);
	if (rc == 0)
		rc = sshoal__landing_use(folder, &fd, error);
	if (rc)
		return rc;
	if (holds(fd, name, target)) {
		*same = true;
		return 0;
	}
	int number = make_link(fd, name, target);
	if (number == EEXIST)
		return sshoal__landing_tell(folder, name, SSHOAL_EEXIST,
					    "it exists and is no regular file, "
					    "so it is not replaced",
					    error);
	if (number)
		return sshoal__landing_fail(folder, name, number, error);
	*same = false;
	return 0;
}
