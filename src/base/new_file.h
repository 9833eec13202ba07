/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_NEW_FILE_H
#define SSHOAL_BASE_NEW_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>

/* What becomes of a file, and how. */
struct new_file {
	const void *bytes;
	size_t size;
	unsigned int mode; /* whatever the umask is; never more before */
	bool may_replace;  /* a regular file or a symbolic link, itself */
};

/*
 * Makes a file that is there as a whole, on the disk, or not at all: it is
 * written beside its place under another name, which only its owner can open.
 * path has no "~/" any more. Nothing that path names is followed or written
 * to.
 * 0, SSHOAL_EEXIST, SSHOAL_ENOENT (the folder), SSHOAL_EACCESS, SSHOAL_EIO,
 * SSHOAL_ELOCAL, SSHOAL_ENOMEM. The text begins with the path.
 */
int sshoal__new_file_write(const char *path, const struct new_file *file,
			   sshoal_error *error);

/* The refusals that sshoal__new_file_write() would end with, before anything
 * was made: SSHOAL_EEXIST or 0. */
int sshoal__new_file_check(const char *path, bool may_replace,
			   sshoal_error *error);

#endif
