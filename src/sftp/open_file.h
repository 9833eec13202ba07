/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_OPEN_FILE_H
#define SSHOAL_SFTP_OPEN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/file.h>

#include "sftp/ahead.h"
#include "sftp/handle.h"
#include "sftp/pipeline.h"

/* A file that a caller has open. */
struct sshoal_file {
	struct sshoal_sftp *sftp;
	char *path;
	struct handle handle;
	uint64_t place;
	uint32_t flags;
	struct ahead ahead;
	uint64_t appended; /* where the last write of _APPEND ended */
};

/* Begins a call that needs a flag, SSHOAL_FILE_READ or _WRITE: 0, or a code and
 * nothing else is to be done. file.c. */
int sshoal__file_enter(struct sshoal_file *file, uint32_t flag);

/* Asks for the file's attributes. 0 or a code, likewise. */
int sshoal__file_look(struct sshoal_file *file, sshoal_attributes *attributes);

#endif
