/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_RECORD_H
#define SSHOAL_TRUST_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "trust/host_key.h"
#include "trust/line.h"
#include "trust/lookup.h"

/* A good line of a known-hosts file, for one who walks through them. */
struct record {
	const char *file; /* borrowed */
	size_t number;    /* of its line; 0 while it is in no file */
	const char *text; /* the line without its newline */
	const char *names;
	const char *lower; /* the names in lower case */
	const unsigned char *key;
	size_t key_size;
	struct hashed hashed;
	enum line_marker marker;
	enum line_names form;
	char type[HOST_KEY_TYPE_SIZE];
};

/* Makes a record of a line without its newline. scratch is overwritten, and
 * holds the line taken apart afterwards. 1; 0 for a line that says nothing or is
 * not good; SSHOAL_ENOMEM. */
int sshoal__record_new(struct record **record, struct line *scratch,
		       const char *text, size_t n, const char *file,
		       size_t number);

/* Makes the line that gives a query's host its key, without a newline; to be
 * freed. 0, SSHOAL_ENOMEM, or SSHOAL_EINVAL where no line can say that. */
int sshoal__record_write(char **text, const struct query *query,
			 bool is_hashed);

/* Whether it is for a name in lower case; the hasher is for that name. 1, 0 or
 * SSHOAL_ENOMEM. */
int sshoal__record_match(const struct record *record, const char *name,
			 struct hasher *hasher);

/*
 * Makes the line without a name in lower case. *text is to be freed, and NULL
 * when no name is left. 1; 0 when the name is not there, or only by a pattern;
 * SSHOAL_ENOMEM.
 */
int sshoal__record_without(char **text, const struct record *record,
			   const char *name, struct hasher *hasher);

void sshoal__record_free(struct record *record);

#endif
