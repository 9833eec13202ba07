/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_RANGE_H
#define SSHOAL_INVENTORY_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory/name.h"

/* How many names one text with brackets may stand for. */
#define RANGE_NAMES_MAX 10000000u

/* How many brackets a name may have. */
#define RANGE_BRACKETS_MAX 16

/* Whose notation is read: "[01-20,30-39/2]" always, Ansible's "[01:20:2]" and
 * "[a:f]" where a hosts file may be one of its inventories. */
enum range_style { RANGE_DASHES, RANGE_DASHES_AND_COLONS };

/* Numbers or letters in a row, with equal steps. */
struct range_span {
	uint64_t first;
	uint64_t last;
	uint64_t step;
	unsigned width; /* of numbers, with zeros in front; 0: as they are */
	bool is_letter;
};

/* One pair of brackets, and where the counting through it is. */
struct range_bracket {
	size_t open; /* of the brackets in the text */
	size_t close;
	size_t next; /* where the span after the current one begins */
	struct range_span span;
	uint64_t value;
};

/*
 * A name with ranges in brackets, such as "web[01-20].example.com". The text is
 * borrowed. The first bracket counts slowest, so that names come in the order
 * in which they are written.
 */
struct range {
	const char *text;
	size_t size; /* of the part of it that is the name */
	enum range_style style;
	struct range_bracket brackets[RANGE_BRACKETS_MAX];
	size_t bracket_count; /* 0: the text is one name */
	uint64_t name_count;
	bool is_done;
};

/* Whether a bracket at text opens a range: it holds no IPv6 address. */
bool sshoal__range_is(const char *text);

/*
 * Finds and checks the brackets of a name. NULL, or a constant text "what: what
 * to do" and in *at the byte that is wrong.
 */
const char *sshoal__range_parse(struct range *range, const char *text,
				enum range_style style, size_t *at);

/* Ends the name after so many bytes; the brackets are before that. */
void sshoal__range_cut(struct range *range, size_t size);

/* Replaces each pair of brackets in a copy of the text by one digit: what is
 * left can be checked as a name. */
void sshoal__range_mask(const struct range *range, char *text);

/* Where in the text a byte of such a copy is from. */
size_t sshoal__range_unmask(const struct range *range, size_t at);

/* Writes the next name with a NUL and returns its length; 0 after the last.
 * A name that is longer than NAME_MAX_BYTES comes out as SIZE_MAX. */
size_t sshoal__range_next(struct range *range, char name[NAME_MAX_BYTES + 1]);

#endif
