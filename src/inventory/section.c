/* SPDX-License-Identifier: MIT */
#include "inventory/section.h"

#include <string.h>

#include "inventory/name.h"

/* "[NAME]" or "[NAME:KIND]", with nothing but a comment after it. */

bool sshoal__section_is(const char *text)
{
	if (*text != '[')
		return false;
	char inner[128];
	size_t n = strcspn(text + 1, "]");
	/* A name goes on behind the bracket of its range. */
	if (text[n + 1] && text[n + 2] && !strchr(" \t#;", text[n + 2]))
		return false;
	if (n >= sizeof inner)
		return true;
	memcpy(inner, text + 1, n);
	inner[n] = '\0';
	return !text[n + 1] || !sshoal__name_is_ipv6(inner);
}

static const char *check_rest(const char *text, size_t *at)
{
	size_t blanks = strspn(text + *at, " \t");
	char next = text[*at + blanks];
	if (!next || next == '#' || next == ';')
		return NULL;
	*at += blanks;
	return "something after a section's name: only a comment may follow";
}

static const char *read_kind(struct section *section, const char *kind)
{
	if (strcmp(kind, "vars") == 0)
		section->kind = SECTION_SETTINGS;
	else if (strcmp(kind, "children") == 0)
		section->kind = SECTION_CHILDREN;
	else
		return "no such kind of section: write [GROUP], [GROUP:vars] "
		       "or [GROUP:children]";
	if (strcmp(section->name, "defaults") == 0)
		return "the defaults are no group: write [defaults]";
	if (strcmp(section->name, "ungrouped") == 0)
		return "the hosts without a group have no settings and no "
		       "children of their own: write [all:vars]";
	return NULL;
}

const char *sshoal__section_parse(struct section *section, char *text,
				  size_t *at)
{
	char *close = strchr(text, ']');
	*at = 0;
	if (!close)
		return "a section's name that is not closed: write [GROUP]";
	*at = (size_t)(close - text) + 1;
	const char *why = check_rest(text, at);
	if (why)
		return why;
	*close = '\0';
	struct section read = { .name = text + 1, .kind = SECTION_HOSTS };
	char *colon = strchr(text, ':');
	if (colon)
		*colon = '\0';
	size_t offset = 0;
	why = sshoal__name_fault_group(read.name, &offset);
	*at = 1 + offset;
	if (why)
		return why;
	if (colon) {
		*at = (size_t)(colon - text) + 1;
		why = read_kind(&read, colon + 1);
		if (why)
			return why;
	}
	read.is_defaults = strcmp(read.name, "defaults") == 0;
	if (read.is_defaults)
		read.kind = SECTION_SETTINGS;
	read.is_everything = read.kind == SECTION_HOSTS &&
			     (strcmp(read.name, "all") == 0 ||
			      strcmp(read.name, "ungrouped") == 0);
	*section = read;
	return NULL;
}
