/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_LINE_LIST_H
#define SSHOAL_REPORT_LINE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/mask.h"
#include "report/roll.h"

/* Texts with more than this are not compared line by line. */
#define LINE_LIST_BYTES ((size_t)4 * 1024 * 1024)
#define LINE_LIST_LINES ((size_t)100 * 1000)

/* A line with its newline, and what of it is compared. */
struct text_line {
	size_t start; /* in the list's text */
	size_t size;
	size_t compared_start; /* in the list's masked text */
	size_t compared_size;
	uint64_t hash; /* of what is compared */
};

/* A text in memory, as lines; those of more than 64 KiB are cut. */
struct line_list {
	char *text;
	char *masked; /* NULL: nothing is masked */
	size_t text_size;
	size_t masked_size;
	struct text_line *lines;
	size_t count;
};

/* Takes what a roll has of a stream. *fits tells whether it is within the
 * bounds; the list is empty otherwise. 0, SSHOAL_ENOMEM, or SSHOAL_ELOCAL with
 * a text. */
int sshoal__line_list_load(struct line_list *list, bool *fits,
			   const struct roll *roll, const struct stash *stash,
			   int stream, struct mask *mask, sshoal_error *error);

/* Whether two lines are the same, but for what is masked. */
bool sshoal__line_list_same(const struct line_list *one, size_t at,
			    const struct line_list *other, size_t other_at);

void sshoal__line_list_fini(struct line_list *list);

#endif
