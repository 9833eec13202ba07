/* SPDX-License-Identifier: MIT */
#include "base/long_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* There is never more than one directory open on the way. */

/* How much of a path goes into one call: all of it, or up to a slash and with
 * it. 0: no call can take the name. */
static size_t piece_of(const char *path)
{
	size_t n = strnlen(path, PATH_MAX);
	if (n < PATH_MAX)
		return n;
	const char *slash = memrchr(path, '/', PATH_MAX - 1);
	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Moves the directory *at to one from which the rest of the path is short
 * enough. 0 or an errno; *at is to be closed in both cases. */
static int approach(int *at, const char **path)
{
	const char *rest = *path;
	while (strnlen(rest, PATH_MAX) == PATH_MAX) {
		char piece[PATH_MAX];
		size_t n = piece_of(rest);
		if (n == 0)
			return ENAMETOOLONG;
		memcpy(piece, rest, n);
		piece[n] = '\0';
		int next = openat(*at, piece, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			return errno;
		if (*at != AT_FDCWD)
			(void)close(*at);
		*at = next;
		/* What begins with a slash would start at the root again. */
		rest += n;
		rest += strspn(rest, "/");
	}
	*path = *rest || *at == AT_FDCWD ? rest : ".";
	return 0;
}

static void leave(int at)
{
	if (at != AT_FDCWD)
		(void)close(at);
}

int sshoal__long_path_open(int *fd, const char *path, int flags)
{
	int at = AT_FDCWD;
	int number = approach(&at, &path);
	if (number == 0) {
		int opened = openat(at, path, flags | O_CLOEXEC);
		if (opened < 0)
			number = errno;
		else
			*fd = opened;
	}
	leave(at);
	return number;
}

int sshoal__long_path_status(struct stat *status, const char *path, bool follow)
{
	int at = AT_FDCWD;
	int number = approach(&at, &path);
	if (number == 0 &&
	    fstatat(at, path, status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
		number = errno;
	leave(at);
	return number;
}
