/* SPDX-License-Identifier: MIT */
#include "auth/public_line.h"

#include <stdlib.h>
#include <string.h>

#include "auth/comment.h"
#include "auth/key_object.h"
#include "auth/private_file.h"
#include "base/error.h"
#include "base/wire.h"
#include "trust/base64.h"

/* The type stands on a line twice, and both must agree, as in OpenSSH. */

#define FILE_MAX_BYTES ((size_t)1 << 20)

/* Text of which words are taken from the start. */
struct words {
	const char *at;
	size_t left;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct words *words)
{
	while (words->left > 0 && is_blank(words->at[0])) {
		words->at++;
		words->left--;
	}
}

static const char *next_word(struct words *words, size_t *n)
{
	skip_blanks(words);
	const char *word = words->at;
	size_t length = 0;
	while (length < words->left && !is_blank(word[length]))
		length++;
	words->at += length;
	words->left -= length;
	*n = length;
	return word;
}

/* The first line without blanks around it. */
static struct words first_line(const char *text, size_t n)
{
	const char *end = n > 0 ? memchr(text, '\n', n) : NULL;
	struct words line = { text, end ? (size_t)(end - text) : n };
	while (line.left > 0 &&
	       (is_blank(text[line.left - 1]) || text[line.left - 1] == '\r'))
		line.left--;
	skip_blanks(&line);
	return line;
}

static int refuse(const char *why, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EFORMAT, "%s", why);
}

static int decode(struct public_line *line, const char *type, size_t type_size,
		  const char *digits, size_t n, sshoal_error *error)
{
	if (BASE64_ROOM(n) > KEY_BLOB_MAX)
		return refuse("the public key is too large", error);
	line->blob = malloc(BASE64_ROOM(n) + 3);
	if (!line->blob)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	line->blob_size = sshoal__base64_decode(line->blob, digits, n);
	struct wire wire = sshoal__wire(line->blob, line->blob_size);
	size_t name_size = 0;
	const unsigned char *name = sshoal__wire_string(&wire, &name_size);
	if (!name || name_size != type_size ||
	    memcmp(name, type, type_size) != 0)
		return refuse("damaged: its type and its base64 do not agree",
			      error);
	return 0;
}

int sshoal__public_line_parse(struct public_line *line, const char *text,
			      size_t n, sshoal_error *error)
{
	struct words words = first_line(text, n);
	if (words.left >= 11 && memcmp(words.at, "-----BEGIN ", 11) == 0)
		return refuse("not a public key but a file with BEGIN and END: "
			      "a line such as ssh-keygen -y prints is needed",
			      error);
	size_t type_size = 0;
	const char *type = next_word(&words, &type_size);
	size_t digits_size = 0;
	const char *digits = next_word(&words, &digits_size);
	if (type_size == 0 || digits_size == 0)
		return refuse("not a public key: a line \"type base64\" is "
			      "needed",
			      error);
	skip_blanks(&words);
	struct public_line made = { .blob = NULL };
	int rc = decode(&made, type, type_size, digits, digits_size, error);
	if (rc == 0) {
		made.comment = sshoal__comment_copy(words.at, words.left);
		if (!made.comment)
			rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	if (rc) {
		sshoal__public_line_fini(&made);
		return rc;
	}
	*line = made;
	return 0;
}

int sshoal__public_line_read(struct public_line *line, const char *path,
			     sshoal_error *error)
{
	struct private_file file;
	int rc = sshoal__private_file_read(&file, path, FILE_MAX_BYTES, 0, -1,
					   error);
	if (rc)
		return rc;
	const char *text = (const char *)sshoal__buffer_data(&file.contents);
	rc = sshoal__public_line_parse(
		line, text, sshoal__buffer_size(&file.contents), error);
	if (rc)
		(void)sshoal__error_prefix(error, "%s", file.path);
	sshoal__private_file_fini(&file);
	return rc;
}

void sshoal__public_line_fini(struct public_line *line)
{
	free(line->blob);
	free(line->comment);
	line->blob = NULL;
	line->comment = NULL;
}
