/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_SECTION_H
#define SSHOAL_INVENTORY_SECTION_H

#include <stdbool.h>
#include <stddef.h>

/* What the lines of a section are. */
enum section_kind {
	SECTION_HOSTS,    /* [GROUP], and before any section */
	SECTION_SETTINGS, /* [GROUP:vars], [defaults] */
	SECTION_CHILDREN  /* [GROUP:children] */
};

/* The line that begins a section. */
struct section {
	const char *name;
	enum section_kind kind;
	bool is_defaults;
	bool is_everything; /* [all] or [ungrouped], which list no members */
};

/* Whether a line, at its first byte that is no blank, begins a section; an
 * IPv6 address in brackets does not. */
bool sshoal__section_is(const char *text);

/*
 * Takes such a line apart, which is overwritten and which the section borrows.
 * NULL, or a constant text "what: what to do" and in *at the byte that is
 * wrong.
 */
const char *sshoal__section_parse(struct section *section, char *text,
				  size_t *at);

#endif
