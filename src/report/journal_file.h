/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JOURNAL_FILE_H
#define SSHOAL_REPORT_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/cancel.h>
#include <sshoal/error.h>

/*
 * A file that is appended to and that nobody else appends to. What is appended
 * is in the file when the call returns, so that it outlives this process; a
 * thread brings it to the disk, as much as there is at a time.
 */
struct journal_file;

struct journal_file_options {
	const char *path;
	/* It is a new file of ours, which goes away again if nothing is
	 * appended. */
	bool is_new;
};

/*
 * Opens and locks a file; with is_new it is made, or else where it is not there.
 * What a crash left at its end is ended first.
 * 0, SSHOAL_EBUSY (another process has it), SSHOAL_EEXIST (is_new, and it is
 * there), SSHOAL_EFORMAT (it is something else), SSHOAL_ENOENT, SSHOAL_EACCESS
 * (it cannot be made there), SSHOAL_ELOCAL or SSHOAL_ENOMEM. The text names the
 * file.
 */
int sshoal__journal_file_open(struct journal_file **file,
			      const struct journal_file_options *options,
			      sshoal_error *error);

/* As it was opened; valid as long as the file. */
const char *sshoal__journal_file_path(const struct journal_file *file);

/* 0, or an errno; also where the disk has failed what was appended before. */
int sshoal__journal_file_append(struct journal_file *file, const void *bytes,
				size_t size_bytes);

/* Sets so much of the disk aside for what is appended next, where the file
 * system can do that. 0, or an errno where the disk has no room for it. */
int sshoal__journal_file_reserve(struct journal_file *file, size_t size_bytes);

/* Waits until all is on the disk. 0 or an errno: ETIMEDOUT after half a minute,
 * ECANCELED where cancel, which may be NULL, is at its level ABORT. */
int sshoal__journal_file_sync(struct journal_file *file, sshoal_cancel *cancel);

/* Gives the file and the lock back. NULL is ignored. */
void sshoal__journal_file_close(struct journal_file *file);

#endif
