/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_TERM_H
#define SSHOAL_INVENTORY_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/address.h"
#include "inventory/range.h"

/*
 * [user@]host[:port] where the host may have ranges and be a pattern: one word
 * that names many hosts.
 */
struct term {
	struct address address; /* of the name that came last */
	bool is_pattern;        /* its names have * or ? */
	struct range range;
	bool is_single; /* neither ranges nor a pattern */
	bool is_done;
	char name[NAME_MAX_BYTES + 1];
};

/* What a term may have. */
struct term_rules {
	enum range_style style;
	bool takes_patterns;
};

/*
 * Takes a term apart. written stays as it is and copy, the same text, is
 * overwritten; the term borrows both. NULL, or a constant text "what: what to
 * do" and in *at the byte of written that is wrong.
 */
const char *sshoal__term_parse(struct term *term, const char *written,
			       char *copy, const struct term_rules *rules,
			       size_t *at);

/* Puts the next name into the address, valid until the one after: true, or
 * false after the last. *why is a constant text if one is wrong, else NULL. */
bool sshoal__term_next(struct term *term, const char **why);

#endif
