/* SPDX-License-Identifier: MIT */
#include "inventory/expression.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Terms are taken from left to right; each adds to what is chosen. */

static int wrong(sshoal_error *error, int code, size_t column, const char *why)
{
	return sshoal__error_set(error, code, "column %zu: %s", column, why);
}

/* What later versions give a meaning must not be taken for part of a name. */
static const char *later(char c)
{
	switch (c) {
	case '!':
		return "the difference (!) is not supported in this version";
	case '&':
		return "the intersection (&) is not supported in this version";
	case '^':
		return "the symmetric difference (^) is not supported in this "
		       "version; a file of hosts is no expression, load it as "
		       "a hosts file";
	case '*':
	case '?':
		return "a pattern is not supported in this version: write each "
		       "name, or @GROUP";
	default:
		return NULL;
	}
}

static int check_later(const char *expression, sshoal_error *error)
{
	const char *found = strpbrk(expression, "!&^*?");
	if (!found)
		return 0;
	return wrong(error, SSHOAL_EINVAL, (size_t)(found - expression) + 1,
		     later(*found));
}

static int select_group(struct selection *selection, const char *name,
			size_t column, sshoal_error *error)
{
	size_t at = 0;
	const char *why = sshoal__name_fault_group(name, &at);
	if (why)
		return wrong(error, SSHOAL_EINVAL, column + at, why);
	const struct sshoal_inventory *inventory = selection->inventory;
	if (inventory && strcmp(name, "all") == 0)
		return sshoal__selection_add_all(selection);
	if (inventory && strcmp(name, "ungrouped") == 0)
		return sshoal__selection_add_ungrouped(selection);
	struct group *group =
		inventory ? sshoal__group_find(&inventory->groups, name) : NULL;
	if (group)
		return sshoal__selection_add_group(selection, group);
	return sshoal__error_set(
		error, SSHOAL_ENOENT, "column %zu: no group %s: %s", column,
		name,
		inventory ? "the hosts files have none of that name" :
			    "no hosts file is loaded");
}

static int select_address(struct selection *selection, char *text,
			  size_t column, sshoal_error *error)
{
	struct address address;
	size_t at = 0;
	const char *why = sshoal__address_parse(&address, text, &at);
	if (why)
		return wrong(error, SSHOAL_EINVAL, column + at, why);
	int rc = sshoal__selection_add_address(selection, &address);
	if (rc == SSHOAL_ENOENT)
		return sshoal__error_set(
			error, rc,
			"column %zu: no host %s: the hosts files have none of "
			"that name",
			column + address.name_at, address.name);
	return rc;
}

static int select_terms(struct selection *selection, char *text,
			sshoal_error *error)
{
	size_t column = 1;
	for (;;) {
		char *comma = strchr(text, ',');
		if (comma)
			*comma = '\0';
		size_t size = strlen(text);
		int rc = *text == '@' ?
				 select_group(selection, text + 1, column + 1,
					      error) :
				 select_address(selection, text, column, error);
		if (rc == SSHOAL_ENOMEM)
			return sshoal__error_code(error, rc);
		if (rc || !comma)
			return rc;
		text = comma + 1;
		column += size + 1;
	}
}

int sshoal__expression_select(struct selection *selection,
			      const char *expression, sshoal_error *error)
{
	int rc = check_later(expression, error);
	if (rc)
		return rc;
	char *text = strdup(expression);
	if (!text)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	rc = select_terms(selection, text, error);
	free(text);
	return rc;
}
