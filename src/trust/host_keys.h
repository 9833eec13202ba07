/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_HOST_KEYS_H
#define SSHOAL_TRUST_HOST_KEYS_H

#include <stdbool.h>

#include <sshoal/known_hosts.h>

#include "base/buffer.h"
#include "trust/change.h"
#include "trust/known_hosts.h"
#include "trust/record.h"

/* A file, and what is to be done to it. */
struct host_file {
	struct host_file *next;
	struct changes changes;
	char path[];
};

/* Records in the order of their files; those that were added come last. */
struct record_list {
	struct record **records;
	size_t count;
	size_t capacity;
};

struct sshoal_known_hosts {
	struct host_file *files;
	struct record_list list;
	struct known_hosts *index; /* NULL: to be made from the records */
	struct line *scratch;
};

/* Adds a record, which belongs to the list then. 0 or SSHOAL_ENOMEM. */
int sshoal__record_list_add(struct record_list *list, struct record *record);

/* Takes a record out, and frees it. */
void sshoal__record_list_drop(struct record_list *list, size_t at);

void sshoal__record_list_fini(struct record_list *list);

/* Adds the good lines of a file's bytes. 0 or SSHOAL_ENOMEM: then some are
 * there. */
int sshoal__record_list_read(struct record_list *list, struct line *scratch,
			     const struct buffer *bytes, const char *file);

/* Forgets the index, after a change. */
void sshoal__host_keys_forget(struct sshoal_known_hosts *hosts);

#endif
