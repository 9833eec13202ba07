/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_CHANGE_H
#define SSHOAL_TRUST_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * What is to be done to the lines of a file, in order. It is kept apart from
 * the lines, so that it can be done to a file that others have changed.
 */
struct change {
	struct change *next;
	char *from; /* the line that is replaced; NULL: one is added */
	char *to;   /* what takes its place; NULL: nothing */
	char *name; /* whom the added line names, however it is written; NULL:
		       nobody */
	bool is_used;
};

struct changes {
	struct change *first;
	struct change *last;
};

/* Adds a change; copies the texts, which have no newlines. name: as above. 0 or
 * SSHOAL_ENOMEM. */
int sshoal__changes_add(struct changes *changes, const char *from,
			const char *to, const char *name);

/* Takes the last one back. */
void sshoal__changes_undo(struct changes *changes);

/* Whether all of them add a line. */
bool sshoal__changes_only_add(const struct changes *changes);

/*
 * Writes n bytes of a file as they are after the changes; lines that no change
 * is for stay as they are, byte for byte. A line that is there already, or
 * its name and key as a hashed or a plain one, is not added. 0, SSHOAL_ENOMEM or SSHOAL_ELIMIT.
 */
int sshoal__changes_apply(struct changes *changes, const char *bytes, size_t n,
			  struct buffer *out);

void sshoal__changes_fini(struct changes *changes);

#endif
