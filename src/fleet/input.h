/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_INPUT_H
#define SSHOAL_FLEET_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "ssh/feed.h"

/*
 * The bytes that every host is given as its standard input, from the first one
 * on, whenever it starts. A file is read by each host for itself; what comes
 * once, as from a pipe, is read when the host that is furthest needs more of
 * it, and kept for the others.
 */
struct input;

/* Opens a file, or takes a descriptor, of which it makes its own, from where
 * that stands; path is NULL then. 0, SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EIO,
 * SSHOAL_EINVAL, SSHOAL_ELOCAL or SSHOAL_ENOMEM. */
int sshoal__input_open(struct input **input, const char *path, int fd,
		       sshoal_error *error);

/* What the scheduler is to wait for: when it is readable, _serve() has
 * something to do. -1: nothing will ever be. NULL gives that, too. */
int sshoal__input_fd(struct input *input);

/* Reads what has come, for those who wait for it. Waits for nothing. */
void sshoal__input_serve(struct input *input);

/* No host needs it any more. */
void sshoal__input_free(struct input *input);

/* Those who wait for the same bytes. */
struct tide;

/* One host's place in it. Its worker's. */
struct input_reader {
	struct input *input;
	struct tide *tide; /* what it waits for; NULL: nothing */
	uint64_t offset;
	bool failed; /* what is to be read cannot be */
};

/* Begins at the first byte; the source it gives is the reader's. _fini() is
 * due. */
struct feed_source sshoal__input_reader_init(struct input_reader *reader,
					     struct input *input);
void sshoal__input_reader_fini(struct input_reader *reader);

#endif
