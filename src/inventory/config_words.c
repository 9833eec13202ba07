/* SPDX-License-Identifier: MIT */
#include "inventory/config_words.h"

#include <string.h>

/* OpenSSH has two ways to split a line: an old one for keywords and Match, and
 * one like a shell's for all other arguments. */

char *sshoal__config_token_next(char **rest)
{
	char *token = *rest;
	if (!token)
		return NULL;
	char *end = strpbrk(token, CONFIG_BLANKS "\"=");
	*rest = NULL;
	if (!end)
		return token;
	bool is_quoted = *end == '"';
	if (is_quoted) {
		memmove(end, end + 1, strlen(end));
		end = strchr(end, '"');
		if (!end)
			return NULL;
	}
	bool may_equal = !is_quoted && *end != '=';
	*end = '\0';
	end += 1 + strspn(end + 1, CONFIG_BLANKS);
	if (may_equal && *end == '=')
		end += 1 + strspn(end + 1, CONFIG_BLANKS);
	*rest = end;
	return token;
}

/* Whether a backslash makes the character after it an ordinary one. */
static bool is_escape(const char *at, char quote)
{
	return *at == '\\' && at[1] &&
	       (strchr("'\"\\", at[1]) || (!quote && at[1] == ' '));
}

/* Copies a word to where it begins and ends it there. NULL when a quote is not
 * closed, else where the rest begins. */
static char *copy_word(char *word)
{
	char *to = word;
	char *at = word;
	char quote = '\0';
	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
		if (is_escape(at, quote))
			*to++ = *++at;
		else if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = (char)(quote ? 0 : *at);
		else
			*to++ = *at;
	}
	if (quote)
		return NULL;
	char *rest = *at ? at + 1 : at;
	*to = '\0';
	return rest;
}

bool sshoal__config_words_split(char *text, const char **words, size_t *count)
{
	size_t found = 0;
	for (;;) {
		text += strspn(text, " \t");
		if (!*text || *text == '#')
			break;
		words[found++] = text;
		text = copy_word(text);
		if (!text)
			return false;
	}
	*count = found;
	return true;
}

void sshoal__config_lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}
