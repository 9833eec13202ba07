/* SPDX-License-Identifier: MIT */
#include "cli/given.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/option_table.h"

/* Options as they were given, so that they can be given again. */

int sshoal__given_add(struct given_list *list, const struct option_spec *spec,
		      const char *value)
{
	if (list->count == list->room) {
		size_t room = 2 * list->room + 8;
		struct given *items =
			reallocarray(list->items, room, sizeof *items);
		if (!items)
			return SSHOAL_ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] =
		(struct given){ .spec = spec, .value = value };
	return 0;
}

char *sshoal__given_word(const struct given *given)
{
	const struct option_spec *spec = given->spec;
	const char *value = given->value ? given->value : "";
	char *word = NULL;
	int n = spec->name ? asprintf(&word, "--%s%s%s", spec->name,
				      given->value ? "=" : "", value) :
			     asprintf(&word, "-%c%s", spec->letter, value);
	return n < 0 ? NULL : word;
}
