/* SPDX-License-Identifier: MIT */
#include "inventory/expression.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "inventory/term.h"

/* Terms are taken from left to right, each with the operator before it, as
 * ClusterShell does; none binds stronger than another. */

#define OPERATORS ",!&^"

/* Where the reading of an expression is. */
struct parser {
	struct selection *selection;
	const char
		*written; /* the whole of it, ended by NUL at each operator */
	char *copy;       /* the same, for what overwrites it */
	sshoal_error *error;
};

static int wrong(const struct parser *parser, const char *at, size_t offset,
		 const char *why)
{
	size_t column = (size_t)(at - parser->written) + offset + 1;
	return sshoal__error_set(parser->error, SSHOAL_EINVAL, "column %zu: %s",
				 column, why);
}

/* Says what one of the selection's calls returned for a name. */
static int refuse(const struct parser *parser, int rc, const char *at,
		  const char *name)
{
	size_t column = (size_t)(at - parser->written) + 1;
	const struct selection *selection = parser->selection;
	if (rc == SSHOAL_ENOENT && strpbrk(name, "*?"))
		return sshoal__error_set(
			parser->error, rc, "column %zu: no host matches %s: %s",
			column, name,
			selection->inventory ?
				"the hosts files have no such name" :
				"no hosts file is loaded");
	if (rc == SSHOAL_ENOENT)
		return sshoal__error_set(
			parser->error, rc,
			"column %zu: no host %s: the hosts files have none of "
			"that name",
			column, name);
	if (rc == SSHOAL_ELIMIT)
		return sshoal__error_set(
			parser->error, SSHOAL_EINVAL,
			"column %zu: more than 10 million targets: name fewer",
			column);
	return sshoal__error_code(parser->error, rc);
}

/* "@*" is everything, as for ClusterShell. */
static bool is_everything(const char *name)
{
	return strcmp(name, "all") == 0 || strcmp(name, "*") == 0;
}

static int select_group(const struct parser *parser, const char *at,
			const char *name)
{
	struct selection *selection = parser->selection;
	const struct sshoal_inventory *inventory = selection->inventory;
	if (inventory && is_everything(name))
		return sshoal__selection_all(selection);
	if (inventory && strcmp(name, "ungrouped") == 0)
		return sshoal__selection_ungrouped(selection);
	struct group *group =
		inventory ? sshoal__group_find(&inventory->groups, name) : NULL;
	if (group)
		return sshoal__selection_group(selection, group);
	return sshoal__error_set(
		parser->error, SSHOAL_ENOENT, "column %zu: no group %s: %s",
		(size_t)(at - parser->written) + 1, name,
		inventory ? "the hosts files have none of that name" :
			    "no hosts file is loaded");
}

/* "@" and a group's name, which may have ranges. */
static int select_groups(const struct parser *parser, const char *written,
			 char *copy)
{
	if (strcmp(written, "*") == 0)
		return select_group(parser, written, "*");
	struct range range;
	size_t at = 0;
	const char *why =
		sshoal__range_parse(&range, written, RANGE_DASHES, &at);
	if (why)
		return wrong(parser, written, at, why);
	sshoal__range_mask(&range, copy);
	why = sshoal__name_fault_group(copy, &at);
	if (why)
		return wrong(parser, written, sshoal__range_unmask(&range, at),
			     why);
	char name[NAME_MAX_BYTES + 1];
	int rc = 0;
	size_t n = sshoal__range_next(&range, name);
	for (; rc == 0 && n > 0; n = sshoal__range_next(&range, name)) {
		if (n > NAME_MAX_BYTES)
			return wrong(parser, written, 0,
				     "a name of more than 255 bytes: shorten "
				     "it");
		rc = select_group(parser, written, name);
	}
	return rc;
}

static int select_addresses(const struct parser *parser, const char *written,
			    char *copy)
{
	static const struct term_rules rules = { RANGE_DASHES, true };
	struct selection *selection = parser->selection;
	struct term term;
	size_t at = 0;
	const char *why = sshoal__term_parse(&term, written, copy, &rules, &at);
	if (why)
		return wrong(parser, written, at, why);
	const char *name_at = written + term.address.name_at;
	bool is_idle = term.is_pattern;
	while (sshoal__term_next(&term, &why)) {
		if (why)
			return wrong(parser, name_at, 0, why);
		int rc = term.is_pattern ?
				 sshoal__selection_pattern(selection,
							   &term.address) :
				 sshoal__selection_address(selection,
							   &term.address);
		is_idle = is_idle && rc == SSHOAL_ENOENT;
		/* Of several patterns one must match. */
		bool may_fail = term.is_pattern && rc == SSHOAL_ENOENT;
		if (rc && !may_fail)
			return refuse(parser, rc, name_at, term.address.name);
	}
	return is_idle ? refuse(parser, SSHOAL_ENOENT, name_at,
				term.address.name) :
			 0;
}

static enum selection_operation operation_of(char sign)
{
	switch (sign) {
	case '!':
		return SELECTION_REMOVE;
	case '&':
		return SELECTION_KEEP;
	case '^':
		return SELECTION_TOGGLE;
	default:
		return SELECTION_ADD;
	}
}

static int select_term(const struct parser *parser, char sign,
		       const char *written, char *copy)
{
	struct selection *selection = parser->selection;
	int rc = sshoal__selection_begin(selection, operation_of(sign));
	if (rc)
		return sshoal__error_code(parser->error, rc);
	if (*written == '@')
		rc = select_groups(parser, written + 1, copy + 1);
	else
		rc = select_addresses(parser, written, copy);
	if (rc == SSHOAL_ENOMEM || rc == SSHOAL_ELIMIT)
		return refuse(parser, rc, written, "");
	if (rc == 0)
		sshoal__selection_end(selection);
	return rc;
}

/* Where a term ends: at an operator outside of brackets. */
static size_t term_size(const char *text)
{
	size_t n = 0;
	while (text[n] && !strchr(OPERATORS, text[n])) {
		size_t inner = text[n] == '[' ? strcspn(text + n, "]") : 0;
		/* One that is never closed is refused later, at its place. */
		n += text[n + inner] ? inner + 1 : 1;
	}
	return n;
}

static int select_terms(const struct parser *parser, char *text)
{
	char sign = ',';
	for (;;) {
		size_t n = term_size(text);
		char next = text[n];
		char *copy = parser->copy + (text - parser->written);
		text[n] = '\0';
		copy[n] = '\0';
		int rc = select_term(parser, sign, text, copy);
		if (rc || !next)
			return rc;
		sign = next;
		text += n + 1;
	}
}

int sshoal__expression_select(struct selection *selection,
			      const char *expression, sshoal_error *error)
{
	char *written = strdup(expression);
	char *copy = strdup(expression);
	int rc = written && copy ? 0 : SSHOAL_ENOMEM;
	struct parser parser = {
		.selection = selection,
		.written = written,
		.copy = copy,
		.error = error,
	};
	if (rc == 0)
		rc = select_terms(&parser, written);
	else
		(void)sshoal__error_code(error, rc);
	if (rc == 0)
		sshoal__selection_settle(selection);
	free(copy);
	free(written);
	return rc;
}
