/* SPDX-License-Identifier: MIT */
#include "auth/armor.h"

#include <string.h>

#include "base/error.h"
#include "trust/base64.h"

/* PEM is read here and not by OpenSSL, whose reader leaves copies of what it
 * read behind and cannot say what was wrong. */

struct line {
	const char *at;
	size_t length; /* without blanks and the line end behind it */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool next_line(struct armor_text *text, struct line *line)
{
	if (text->left == 0)
		return false;
	const char *end = memchr(text->at, '\n', text->left);
	size_t length = end ? (size_t)(end - text->at) : text->left;
	line->at = text->at;
	line->length = length;
	while (line->length > 0 && is_blank(line->at[line->length - 1]))
		line->length--;
	length += end ? 1 : 0;
	text->at += length;
	text->left -= length;
	return true;
}

static bool has_prefix(const struct line *line, const char *prefix)
{
	size_t n = strlen(prefix);
	return line->length >= n && memcmp(line->at, prefix, n) == 0;
}

static bool is_begin(const struct line *line, char label[ARMOR_LABEL_SIZE])
{
	static const char begin[] = "-----BEGIN ";
	static const char dashes[] = "-----";
	size_t around = sizeof begin - 1 + sizeof dashes - 1;
	if (line->length <= around || !has_prefix(line, begin))
		return false;
	size_t length = line->length - around;
	const char *at = line->at + sizeof begin - 1;
	if (length >= ARMOR_LABEL_SIZE ||
	    memcmp(at + length, dashes, sizeof dashes - 1) != 0)
		return false;
	memcpy(label, at, length);
	label[length] = '\0';
	return true;
}

bool sshoal__armor_find(struct armor_text *text, char label[ARMOR_LABEL_SIZE])
{
	struct line line;
	while (next_line(text, &line))
		if (is_begin(&line, label))
			return true;
	return false;
}

static bool is_private(const char *label)
{
	static const char end[] = "PRIVATE KEY";
	size_t n = strlen(label);
	return n >= sizeof end - 1 &&
	       strcmp(label + n - sizeof end + 1, end) == 0;
}

/* The headers are there if the first line has a colon, and end at an empty
 * line. */
static int read_headers(struct armor *armor, struct armor_text *text)
{
	struct armor_text ahead = *text;
	struct line line;
	size_t n = 0;
	armor->headers[0] = '\0';
	while (next_line(&ahead, &line) && line.length > 0) {
		if (n == 0 && !memchr(line.at, ':', line.length))
			return 0;
		if (line.length + 2 > sizeof armor->headers - n)
			return SSHOAL_EFORMAT;
		memcpy(armor->headers + n, line.at, line.length);
		n += line.length;
		armor->headers[n++] = '\n';
		armor->headers[n] = '\0';
	}
	*text = ahead;
	return 0;
}

/* The base64 up to the line "-----END LABEL-----", without its line ends. */
static int read_digits(struct buffer *digits, const char *label,
		       struct armor_text text, sshoal_error *error)
{
	static const char end[] = "-----END ";
	size_t label_length = strlen(label);
	struct line line;
	while (next_line(&text, &line)) {
		if (has_prefix(&line, end))
			return line.length == label_length + 14 &&
					       memcmp(line.at + 9, label,
						      label_length) == 0 ?
				       0 :
				       sshoal__error_set(
					       error, SSHOAL_EFORMAT,
					       "damaged: BEGIN %s and its END "
					       "do not agree",
					       label);
		int rc = sshoal__buffer_append(digits, line.at, line.length);
		if (rc)
			return sshoal__error_code(error, rc);
	}
	return sshoal__error_set(error, SSHOAL_EFORMAT,
				 "damaged: the line END %s is missing", label);
}

static int decode(struct buffer *body, const struct buffer *digits,
		  sshoal_error *error)
{
	size_t n = sshoal__buffer_size(digits);
	if (n == 0)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "damaged: there is nothing between "
					 "BEGIN and END");
	unsigned char *room = sshoal__buffer_reserve(body, BASE64_ROOM(n) + 3);
	if (!room)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	const char *text = (const char *)sshoal__buffer_data(digits);
	size_t size = sshoal__base64_decode(room, text, n);
	if (size == 0)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "damaged: not valid base64");
	sshoal__buffer_fill(body, size);
	return 0;
}

int sshoal__armor_read(struct armor *armor, struct armor_text text,
		       sshoal_error *error)
{
	struct armor block;
	do {
		if (!sshoal__armor_find(&text, block.label))
			return sshoal__error_set(error, SSHOAL_ENOENT,
						 "no private key found");
	} while (!is_private(block.label));
	if (read_headers(&block, &text) != 0)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "damaged: its headers are too long");
	struct buffer digits = BUFFER_INIT(text.left);
	digits.wipe = true;
	block.body = (struct buffer)BUFFER_INIT(text.left + 3);
	block.body.wipe = true;
	int rc = read_digits(&digits, block.label, text, error);
	if (rc == 0)
		rc = decode(&block.body, &digits, error);
	sshoal__buffer_fini(&digits);
	if (rc) {
		sshoal__armor_fini(&block);
		return rc;
	}
	*armor = block;
	return 0;
}

void sshoal__armor_fini(struct armor *armor)
{
	sshoal__buffer_fini(&armor->body);
}
