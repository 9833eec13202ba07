/* SPDX-License-Identifier: MIT */
#include "inventory/config_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "inventory/config_match.h"
#include "inventory/config_value.h"
#include "inventory/config_words.h"

/* A line is checked as a whole when it is read, so that a mistake is told
 * whatever host is asked for; only what a keyword that is not known means has
 * to wait for what IgnoreUnknown says of it. */

int sshoal__config_line_wrong(const struct config_line *line,
			      sshoal_error *error, const char *format, ...)
{
	char why[sizeof error->text];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(why, sizeof why, format, list);
	va_end(list);
	return sshoal__place_error(error, SSHOAL_EFORMAT, line->place, "%s",
				   why);
}

/* Ends the text before the blanks at its end. */
static void trim(char *text)
{
	size_t n = strlen(text);
	while (n > 0 && strchr(CONFIG_BLANKS "\f", text[n - 1]))
		text[--n] = '\0';
}

/* The keyword in lower case, NULL where there is none; the rest is where its
 * arguments begin. */
static char *read_keyword(char *text, char **rest)
{
	*rest = text;
	char *keyword = sshoal__config_token_next(rest);
	if (keyword && !*keyword)
		keyword = sshoal__config_token_next(rest);
	if (!keyword || !*keyword || *keyword == '#')
		return NULL;
	sshoal__config_lower(keyword);
	if (*rest)
		*rest += strspn(*rest, CONFIG_BLANKS);
	return keyword;
}

static int split(struct config_line *line, const char *rest,
		 struct store *store, sshoal_error *error)
{
	size_t n = strlen(rest);
	char *copy = sshoal__store_text(store, rest, n);
	line->values =
		sshoal__store_get(store, (n / 2 + 1) * sizeof *line->values);
	if (!copy || !line->values)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (!sshoal__config_words_split(copy, line->values, &line->count))
		return sshoal__config_line_wrong(
			line, error, "a quote that is not closed: close it");
	return 0;
}

int sshoal__config_line_parse(struct config_line *line, char *text,
			      struct store *store, sshoal_error *error)
{
	trim(text);
	char *rest = NULL;
	const char *name = read_keyword(text, &rest);
	if (!name)
		return 0;
	line->name = sshoal__store_text(store, name, strlen(name));
	if (!line->name)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (!rest || !*rest)
		return sshoal__config_line_wrong(
			line, error, "no argument after %s", line->name);
	line->keyword = sshoal__config_keyword_find(name);
	int rc = split(line, rest, store, error);
	if (rc == 0 && line->keyword) {
		rc = line->keyword->kind == CONFIG_KIND_MATCH ?
			     sshoal__config_match_parse(line, rest, store,
							error) :
			     sshoal__config_value_check(line, rest, store,
							error);
	}
	return rc ? rc : 1;
}
