/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_SOURCE_H
#define SSHOAL_INVENTORY_SOURCE_H

#include <stdbool.h>

#include <sshoal/error.h>

#include "base/buffer.h"

/* A hosts file, read once as a whole. Its bytes are wiped when it is freed. */
struct hosts_source {
	struct hosts_source *next; /* of the same inventory */
	char *path;                /* as given; "-" is standard input */
	char *folder; /* absolute: what relative paths in it start from */
	struct buffer bytes; /* with a NUL after them, not counted */
	bool is_exposed;     /* others can read it or write to it */
};

/* 0, SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EFORMAT (too large), SSHOAL_EIO,
 * SSHOAL_ELOCAL or SSHOAL_ENOMEM; the text names the file. */
int sshoal__hosts_source_read(struct hosts_source **source, const char *path,
			      sshoal_error *error);

void sshoal__hosts_source_free(struct hosts_source *source);

#endif
