/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_BOX_H
#define SSHOAL_INVENTORY_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory/numeral.h"

/* Some of the numerals of one axis, by their rank. */
struct box_side {
	uint32_t *ranks; /* NULL: the one in least */
	size_t count;
	size_t capacity;
	uint64_t digest; /* equal sides have equal ones */
	uint32_t least;
	uint32_t most;
	uint32_t least_text; /* the place of least in the order of texts */
	uint32_t most_text;
	bool is_sorted;
};

/* Names of one pattern with several numbers: all combinations of what is on
 * the sides, as in "rack[1-2]-node[1-9]". */
struct box {
	struct box *next;
	uint64_t volume; /* how many names it is */
	size_t position; /* before it was last sorted */
	size_t side_count;
	struct box_side *sides;
};

/* The numerals of all names in one place of the pattern, each once. */
struct box_axis {
	struct numeral *numerals; /* in order: the index is the rank */
	uint32_t *text_places;    /* of each rank, in the order of texts */
	size_t count;
};

/* Everything of one pattern. */
struct box_list {
	struct box *boxes;
	struct box_side *sides; /* of all boxes */
	size_t side_count;
	struct box **order; /* to sort them */
	size_t count;
	struct box *first; /* in the order in which they are written */
	struct box_axis *axes;
	size_t axis_count;
	uint64_t work; /* comparisons that are left to be done */
};

/*
 * Puts rows of axis_count numerals, no row twice or more needed, into as few
 * boxes as ClusterShell does. 0 or SSHOAL_ENOMEM; fini either way.
 */
int sshoal__box_list_make(struct box_list *list, const struct numeral *rows,
			  size_t row_count, size_t axis_count);

/* Sorts a side's ranks and writes them, as sshoal__numeral_write(). */
int sshoal__box_write_side(struct buffer *buffer, const struct box_list *list,
			   struct box *box, size_t axis);

void sshoal__box_list_fini(struct box_list *list);

#endif
