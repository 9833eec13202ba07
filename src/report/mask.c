/* SPDX-License-Identifier: MIT */
#include "report/mask.h"

#include <assert.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/splitter.h"

/* Each pattern takes away what it matches from what those before it have
 * left. */

/* With a newline or a NUL: regexec() is told where a line ends, but not everybody
 * that stands in for it looks there. */
#define MASKED_BYTES (SPLITTER_LINE_BYTES + 1)

struct mask {
	size_t count;
	char buffers[2][MASKED_BYTES]; /* for patterns in turn */
	regex_t patterns[];
};

static int compile(regex_t *regex, const char *pattern, sshoal_error *error)
{
	int rc = regcomp(regex, pattern, REG_EXTENDED);
	if (rc == 0)
		return 0;
	char why[120];
	(void)regerror(rc, regex, why, sizeof why);
	error->code = rc == REG_ESPACE ? SSHOAL_ENOMEM : SSHOAL_EINVAL;
	(void)snprintf(error->text, sizeof error->text,
		       "--mask \"%.60s\": not an extended regular expression: "
		       "%s",
		       pattern, why);
	return error->code;
}

int sshoal__mask_new(struct mask **mask, const char *const *patterns,
		     size_t count, sshoal_error *error)
{
	*mask = NULL;
	if (count == 0)
		return 0;
	struct mask *made =
		calloc(1, sizeof *made + count * sizeof *made->patterns);
	if (!made)
		return SSHOAL_ENOMEM;
	for (; made->count < count; made->count++) {
		int rc = compile(&made->patterns[made->count],
				 patterns[made->count], error);
		if (rc) {
			sshoal__mask_free(made);
			return rc;
		}
	}
	*mask = made;
	return 0;
}

/* Copies a line without what the pattern matches. *left tells how much that
 * is. */
static int take_away(const regex_t *regex, char *to, size_t *left,
		     const char *line, size_t n)
{
	size_t at = 0;
	*left = 0;
	while (at <= n) {
		regmatch_t match = { .rm_so = (regoff_t)at,
				     .rm_eo = (regoff_t)n };
		int rc = regexec(regex, line, 1, &match,
				 REG_STARTEND | (at > 0 ? REG_NOTBOL : 0));
		if (rc == REG_ESPACE)
			return SSHOAL_ENOMEM;
		size_t start = rc ? n : (size_t)match.rm_so;
		size_t end = rc ? n + 1 : (size_t)match.rm_eo;
		/* What is empty takes nothing away, and would be found again.
		 */
		size_t kept = end == start && start < n ? start + 1 : start;
		memcpy(to + *left, line + at, kept - at);
		*left += kept - at;
		at = end > kept ? end : kept;
		if (end == start && start == n)
			break;
	}
	return 0;
}

int sshoal__mask_line(struct mask *mask, const char **line, size_t *n)
{
	const char *from = *line;
	bool is_whole = *n > 0 && from[*n - 1] == '\n';
	size_t left = *n - is_whole;
	assert(left <= SPLITTER_LINE_BYTES);
	char *to = mask->buffers[0];
	memcpy(to, from, left);
	for (size_t i = 0; i < mask->count; i++) {
		to[left] = '\0';
		from = to;
		to = mask->buffers[(i + 1) % 2];
		int rc = take_away(&mask->patterns[i], to, &left, from, left);
		if (rc)
			return rc;
	}
	if (is_whole)
		to[left++] = '\n';
	*line = to;
	*n = left;
	return 0;
}

void sshoal__mask_free(struct mask *mask)
{
	if (!mask)
		return;
	for (size_t i = 0; i < mask->count; i++)
		regfree(&mask->patterns[i]);
	free(mask);
}
