/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_INDEX_H
#define SSHOAL_TRUST_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "trust/line.h"

/*
 * Lines of known-hosts files by the names they are for. Lines are added by one
 * thread while no other looks; look-ups run in any number of threads at once
 * and share nothing but, where names are hashed, what was worked out for a
 * name: that is done once.
 */
struct index;

/* A key on file; it lives as long as its index. */
struct entry {
	const char *file; /* borrowed */
	size_t line;
	size_t key_size;
	uint32_t kind; /* one of the TRUST_ kinds */
	unsigned char key[];
};

/* Called for each line that is for a name, plain ones in the file's order
 * first. */
typedef void index_visit_cb(const struct entry *entry, void *data);

/* 0 or SSHOAL_ENOMEM. */
int sshoal__index_new(struct index **index);
void sshoal__index_free(struct index *index);

/* Adds a line that was parsed; copies it, but for the file's name. 0 or
 * SSHOAL_ENOMEM. */
int sshoal__index_add(struct index *index, const struct line *line,
		      const char *file, size_t number);

/* Visits the lines for a name, which is in lower case. 0, or SSHOAL_ENOMEM:
 * then lines may be missing. NULL is an empty index. */
int sshoal__index_find(struct index *index, const char *name,
		       index_visit_cb *visit, void *data);

#endif
