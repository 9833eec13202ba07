/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_LOG_FILE_H
#define SSHOAL_REPORT_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>

#include "report/gzip.h"

/* So long a label may be: with what is put around it, it is a file's name. */
#define LOG_LABEL_BYTES_MAX 230

/* A folder with files in it that come to be, and what they share. */
struct log_folder {
	const char *path;
	struct gzip *gzip; /* NULL: files are not compressed */
	size_t held_bytes; /* in all files' buffers */
	int fd;
	char tag[9]; /* in the names of files that are not whole */
};

/*
 * One file on its way. It holds no descriptor: small output stays in a buffer
 * until the end, more of it is appended under another name. All zero is one
 * without bytes.
 */
struct log_file {
	char *bytes;
	size_t used;
	size_t room;
	bool is_begun; /* there is one under the other name */
};

/* What a file is called: LABEL and SUFFIX, such as ".out"; compressed ones have
 * ".gz" after it. */
struct log_name {
	const char *label;
	const char *suffix;
};

/*
 * Opens the folder, which is made with those above it where it is not there.
 * path must stay. 0, SSHOAL_ELOCAL (the text names the folder), SSHOAL_ENOMEM.
 */
int sshoal__log_folder_open(struct log_folder *folder, const char *path,
			    bool compress, sshoal_error *error);

void sshoal__log_folder_close(struct log_folder *folder);

/* Adds bytes to a file. 0, or SSHOAL_ELOCAL with a text that names it. */
int sshoal__log_append(struct log_folder *folder, struct log_file *file,
		       const struct log_name *name, const void *bytes,
		       size_t size_bytes, sshoal_error *error);

/* The file is whole: it gets its name, in the place of what had it, and of a
 * file that differs from it in being compressed. Likewise; discard it then. */
int sshoal__log_finish(struct log_folder *folder, struct log_file *file,
		       const struct log_name *name, sshoal_error *error);

/* Forgets a file that is not whole, and what there is of it. */
void sshoal__log_discard(struct log_folder *folder, struct log_file *file,
			 const struct log_name *name);

#endif
