/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_ROLL_H
#define SSHOAL_REPORT_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "report/stash.h"

/* A piece of the stash's file. */
struct roll_extent {
	uint64_t at;
	uint64_t size;
};

/* What one host has said on both streams, in the order in which it came; the
 * beginning may be in the stash's file. */
struct roll {
	uint64_t sizes[2]; /* bytes of standard output, standard error */
	struct roll_extent *extents;
	size_t extent_count;
	char *bytes; /* the end of it, as whole records */
	size_t used;
	size_t room;
	size_t last; /* where the last record begins; none if it is used */
	bool is_cut; /* something could not be held */
};

#define ROLL_INIT \
	{ \
		.extent_count = 0 \
	}

/* Adds bytes of a stream. 0, SSHOAL_ENOMEM or SSHOAL_ELOCAL (as
 * sshoal__stash_write()): the roll is cut then and takes nothing more. */
int sshoal__roll_add(struct roll *roll, struct stash *stash, int stream,
		     const void *bytes, size_t n, sshoal_error *error);

/* Nothing more comes: takes no more memory than is needed. As above. */
int sshoal__roll_seal(struct roll *roll, struct stash *stash,
		      sshoal_error *error);

/* Forgets it all. */
void sshoal__roll_drop(struct roll *roll, struct stash *stash);

/* Non-zero ends the call that ran it, which returns the same. */
typedef int roll_cb(int stream, const char *bytes, size_t n, void *data);

/* Hands on all that was said, in order. 0, what cb returned, SSHOAL_ENOMEM, or
 * SSHOAL_ELOCAL with a text. */
int sshoal__roll_read(const struct roll *roll, const struct stash *stash,
		      roll_cb *cb, void *data, sshoal_error *error);

#endif
