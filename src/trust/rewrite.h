/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_REWRITE_H
#define SSHOAL_TRUST_REWRITE_H

#include <sshoal/error.h>

#include "base/buffer.h"
#include "trust/change.h"

/* The largest file that is read or written here. */
#define REWRITE_MAX ((size_t)256 * 1024 * 1024)

/* Reads a file as a whole; one that does not exist is empty. 0, SSHOAL_EACCESS,
 * SSHOAL_EIO (also one that is too large), SSHOAL_ELOCAL or SSHOAL_ENOMEM. */
int sshoal__rewrite_read(struct buffer *bytes, const char *path,
			 sshoal_error *error);

/*
 * Makes changes to a file while other processes that add to it are locked out:
 * lines that are only added are appended, anything else makes a new file that
 * takes its place with the same mode. bytes receives what is in it then. Errors
 * as above; the file is as it was then, or has some of the lines that were to
 * be added.
 */
int sshoal__rewrite_change(const char *path, struct changes *changes,
			   struct buffer *bytes, sshoal_error *error);

/* Puts bytes in the place of whatever is in a file. */
int sshoal__rewrite_replace(const char *path, const struct buffer *bytes,
			    sshoal_error *error);

#endif
