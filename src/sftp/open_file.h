/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_OPEN_FILE_H
#define SSHOAL_SFTP_OPEN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/file.h>

#include "sftp/handle.h"
#include "sftp/pipeline.h"

/* A file that a caller has open. */
struct sshoal_file {
	struct sshoal_sftp *sftp;
	char *path;
	struct handle handle;
	uint64_t place;
	uint32_t flags;
	/* What was read ahead of the place. */
	unsigned char *ahead;
	uint64_t ahead_offset;
	size_t ahead_size;
	size_t window;     /* how much is read ahead next; 0: nothing */
	uint64_t read_end; /* where the last read in order ended */
};

/* Reads at an offset: how many bytes, less than size only at the end of the
 * file, or a code with its text in sftp->error. file_read.c. */
int64_t sshoal__file_read_at(struct sshoal_file *file, unsigned char *buffer,
			     size_t size, uint64_t offset);

/* Writes all of it. 0 or a code, likewise. file_write.c. */
int sshoal__file_write_at(struct sshoal_file *file, const unsigned char *data,
			  size_t size, uint64_t offset);

/* Forgets what was read ahead. */
void sshoal__file_forget(struct sshoal_file *file);

#endif
