/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_EDIT_SCRIPT_H
#define SSHOAL_REPORT_EDIT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/line_list.h"

/* More lines than this that differ are not looked for. */
#define EDIT_SCRIPT_MOST 1000

/* How one text becomes another: the lines that go and those that come. */
struct edit_script {
	bool *gone; /* of the first text's lines */
	bool *come; /* of the second one's */
};

/*
 * Finds the fewest lines. *found is false where there are more than
 * EDIT_SCRIPT_MOST, or *budget, which counts comparisons, is used up; nothing
 * is to be freed then. 0 or SSHOAL_ENOMEM.
 */
int sshoal__edit_script_find(struct edit_script *script, bool *found,
			     const struct line_list *first,
			     const struct line_list *second, uint64_t *budget);

void sshoal__edit_script_fini(struct edit_script *script);

#endif
