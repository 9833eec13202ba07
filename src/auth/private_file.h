/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_PRIVATE_FILE_H
#define SSHOAL_AUTH_PRIVATE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "base/buffer.h"

/* A file that holds a secret, read as a whole. */
struct private_file {
	char *path;             /* "~/" expanded */
	struct buffer contents; /* wiped when freed */
	unsigned int mode;      /* permission bits */
	bool is_exposed;        /* regular, ours, and open to others */
};

/*
 * Reads a file of at most max_bytes without ever blocking on it. It must be
 * regular or, where pipe_timeout_ms is over 0, a pipe that is read to its end
 * in that time, or until cancel_fd is readable (-1: none). On success
 * sshoal__private_file_fini() frees it.
 * 0, SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EFORMAT (another kind of file, too
 * large), SSHOAL_EIO (also: the time is over), SSHOAL_ECANCELLED,
 * SSHOAL_ELOCAL, SSHOAL_ENOMEM.
 * The text begins with the path.
 */
int sshoal__private_file_read(struct private_file *file, const char *path,
			      size_t max_bytes, int64_t pipe_timeout_ms,
			      int cancel_fd, sshoal_error *error);

/* SSHOAL_EACCESS, and the chmod that helps, for a file that is exposed. */
int sshoal__private_file_check(const struct private_file *file,
			       sshoal_error *error);

void sshoal__private_file_fini(struct private_file *file);

#endif
