/* SPDX-License-Identifier: MIT */
#include "inventory/jump.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/address.h"

/* Every hop is an address of its own: the names in it are held to the rules of
 * all names. */

static const char scheme[] = "ssh://";

bool sshoal__jump_is_none(const char *text)
{
	return strcasecmp(text, "none") == 0;
}

/* One hop, which is cut out of the text. */
static const char *read_hop(struct jump_hop *hop, char *text, size_t *at)
{
	struct address address = { .name = NULL };
	size_t skipped = 0;
	size_t n = strlen(text);
	if (strncasecmp(text, scheme, sizeof scheme - 1) == 0) {
		skipped = sizeof scheme - 1;
		if (n > skipped && text[n - 1] == '/')
			text[n - 1] = '\0';
	}
	const char *why = sshoal__address_parse(&address, text + skipped, at);
	*at += skipped;
	*hop = (struct jump_hop){
		.name = address.name,
		.user = address.user,
		.port = address.port,
	};
	return why;
}

const char *sshoal__jump_init(struct jump *jump, const char *text, size_t *at)
{
	*jump = (struct jump){ .text = NULL };
	*at = 0;
	if (sshoal__jump_is_none(text))
		return NULL;
	jump->text = strdup(text);
	if (!jump->text) {
		*at = SIZE_MAX;
		return "out of memory";
	}
	char *hop = jump->text;
	while (hop) {
		char *comma = strchr(hop, ',');
		size_t begin = (size_t)(hop - jump->text);
		*at = begin;
		if (jump->count == JUMP_HOPS_MAX)
			return "too many jump hosts: at most 8";
		if (comma)
			*comma = '\0';
		const char *why = read_hop(&jump->hops[jump->count], hop, at);
		if (why) {
			*at += begin;
			return why;
		}
		jump->count++;
		hop = comma ? comma + 1 : NULL;
	}
	return NULL;
}

bool sshoal__jump_has(const struct jump *jump, const char *name)
{
	for (size_t i = 0; i < jump->count; i++)
		if (strcmp(jump->hops[i].name, name) == 0)
			return true;
	return false;
}

void sshoal__jump_fini(struct jump *jump)
{
	free(jump->text);
	*jump = (struct jump){ .text = NULL };
}
