/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_LONG_PATH_H
#define SSHOAL_BASE_LONG_PATH_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Files whose path may be longer than PATH_MAX, which the system takes of a
 * path at a time: such a path is gone along in pieces. Both return 0 or an
 * errno.
 */

/* As open(2) with O_CLOEXEC. */
int sshoal__long_path_open(int *fd, const char *path, int flags);

/* As stat(2), or as lstat(2) where follow is not set. */
int sshoal__long_path_status(struct stat *status, const char *path,
			     bool follow);

#endif
