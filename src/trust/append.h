/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_APPEND_H
#define SSHOAL_TRUST_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sshoal/error.h>

/* A file that is open for adding lines, and locked against other processes
 * unless it is a device. */
struct append {
	int fd;
	const char *path; /* borrowed */
	off_t size;       /* before the last line was added */
	size_t added;     /* bytes of the last line */
};

/*
 * Opens and locks the file that has the path once it is locked. One that does
 * not exist is made, for its owner only, and so is the folder ~/.ssh. 0,
 * SSHOAL_EACCESS, SSHOAL_ELOCAL, SSHOAL_ENOMEM, SSHOAL_ECANCELLED, or
 * SSHOAL_EIO, which is also what another process's lock at the deadline is.
 */
int sshoal__append_open(struct append *file, const char *path,
			int64_t deadline_ms, int cancel_fd,
			sshoal_error *error);

/*
 * Adds a line, which ends in a newline, in one write; where the last line in
 * the file has none, that gets one in the same write. text[-1] belongs to the
 * caller and is written to. *lines is how many lines end by it, 1 or 2. 0 or
 * SSHOAL_EIO: then the file is as it was.
 */
int sshoal__append_line(struct append *file, char *text, size_t n,
			size_t *lines, sshoal_error *error);

/* Takes the last line back, unless something came after it. */
void sshoal__append_undo(struct append *file);

/* Unlocks and closes. */
void sshoal__append_close(struct append *file);

#endif
