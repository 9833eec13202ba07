/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_ADDITION_H
#define SSHOAL_TRUST_ADDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "trust/line.h"
#include "trust/lookup.h"

/* A line to be added to a known-hosts file: as text, and taken apart as those
 * who read it will take it. */
struct addition {
	struct line line; /* borrows from the text */
	size_t size;      /* of the text, with its newline */
	char *text;       /* text[-1] is spare */
	char bytes[];
};

/* Makes the line that gives a query's host its key, with its name hashed if that
 * is wanted. 0, SSHOAL_ENOMEM, or
 * SSHOAL_EINVAL where no line can say that and nothing else. */
int sshoal__addition_new(struct addition **addition, const struct query *query,
			 bool is_hashed);

void sshoal__addition_free(struct addition *addition);

#endif
