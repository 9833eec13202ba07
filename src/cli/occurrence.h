/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_OCCURRENCE_H
#define SSHOAL_CLI_OCCURRENCE_H

#include <stdbool.h>

#include "cli/option_table.h"
#include "cli/options.h"

/* One option as it was written. */
struct occurrence {
	const struct option_spec *spec;
	const char *value; /* NULL: it takes none */
	char name[68];     /* "-P" or "--parallel" */
	bool is_letter;
};

/*
 * Gives an option's value to its member. Lists have room for list_room items.
 * Help and version are not for it. 0, SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
int sshoal__occurrence_apply(const struct occurrence *option,
			     struct options *options, size_t list_room,
			     sshoal_error *error);

/* Adds an item to a list that has room for so many. 0 or SSHOAL_ENOMEM. */
int sshoal__text_list_add(struct text_list *list, size_t room,
			  const char *item);

#endif
