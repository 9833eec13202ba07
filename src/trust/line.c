/* SPDX-License-Identifier: MIT */
#include "trust/line.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "trust/host_key.h"
#include "trust/trust.h"

/* One line of a known-hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). A
 * line is good as a whole or not at all. */

struct word {
	char *at;
	size_t size;
};

/* The next run without blanks; the rest stays in *text. */
static struct word next_word(struct word *text)
{
	while (text->size > 0 && (*text->at == ' ' || *text->at == '\t')) {
		text->at++;
		text->size--;
	}
	struct word word = { .at = text->at };
	while (text->size > 0 && *text->at != ' ' && *text->at != '\t') {
		text->at++;
		text->size--;
		word.size++;
	}
	return word;
}

static bool is(struct word word, const char *text)
{
	return word.size == strlen(text) &&
	       memcmp(word.at, text, word.size) == 0;
}

void sshoal__line_lower(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
}

static const char *read_marker(struct line *line, struct word word)
{
	if (is(word, "@revoked"))
		line->marker = LINE_REVOKED;
	else if (is(word, "@cert-authority"))
		line->marker = LINE_AUTHORITY;
	else
		return "unknown marker";
	return NULL;
}

static const char *read_names(struct line *line, struct word word)
{
	if (word.size == 0)
		return "no host names";
	if (*word.at == '@')
		return "more than one marker";
	line->names = word.at;
	line->names_size = word.size;
	if (*word.at == '|') {
		line->form = LINE_HASHED;
		if (!sshoal__hashed_parse(&line->hashed, word.at, word.size))
			return "damaged hashed host name";
		return NULL;
	}
	line->form = LINE_PLAIN;
	for (size_t i = 0; i < word.size; i++)
		if (strchr("*?!", word.at[i]))
			line->form = LINE_PATTERN;
	sshoal__line_lower(word.at, word.size);
	return NULL;
}

static const char *read_key(struct line *line, struct word type,
			    struct word base64)
{
	if (type.size == 0)
		return "no key type";
	bool digits = true;
	for (size_t i = 0; i < type.size; i++)
		digits = digits && type.at[i] >= '0' && type.at[i] <= '9';
	if (digits)
		return "a key of SSH protocol 1";
	if (base64.size == 0)
		return "no key";
	line->key_size =
		sshoal__base64_decode(line->key, base64.at, base64.size);
	if (line->key_size == 0)
		return "the key is not base64";
	char name[HOST_KEY_TYPE_SIZE];
	if (!sshoal__trust_key_type(name, sizeof name, line->key,
				    line->key_size) ||
	    !is(type, name))
		return "the key is not of the type before it";
	if (!sshoal__host_key_is_sound(line->key, line->key_size))
		return "damaged key";
	line->kind = sshoal__host_key_kind(name);
	return NULL;
}

int sshoal__line_parse(struct line *line, char *text, size_t n,
		       const char **why)
{
	struct word rest = { .at = text, .size = n };
	if (n > 0 && text[n - 1] == '\r')
		rest.size--;
	struct word word = next_word(&rest);
	if (word.size == 0 || *word.at == '#')
		return 0;
	const char *bad = NULL;
	if (n > LINE_SIZE_MAX)
		bad = "longer than 64 KiB";
	else if (memchr(text, '\0', n))
		bad = "a NUL byte";
	line->marker = LINE_KEY;
	if (!bad && *word.at == '@') {
		bad = read_marker(line, word);
		word = next_word(&rest);
	}
	if (!bad)
		bad = read_names(line, word);
	if (!bad) {
		struct word type = next_word(&rest);
		bad = read_key(line, type, next_word(&rest));
	}
	if (!bad)
		return 1;
	*why = bad;
	return SSHOAL_EFORMAT;
}
