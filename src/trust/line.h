/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_LINE_H
#define SSHOAL_TRUST_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "trust/base64.h"
#include "trust/hashed.h"

/* The longest line that is read, and the longest key in one. */
#define LINE_SIZE_MAX 65536
#define LINE_KEY_MAX BASE64_ROOM(LINE_SIZE_MAX)

/* What a line says about its key. */
enum line_marker {
	LINE_KEY,      /* the host's */
	LINE_REVOKED,  /* @revoked */
	LINE_AUTHORITY /* @cert-authority */
};
#define LINE_MARKERS 3

enum line_names {
	LINE_PLAIN,   /* "a,b", in lower case */
	LINE_PATTERN, /* "*.example.org,!old*", in lower case */
	LINE_HASHED   /* one hashed name */
};

/* One line of a known-hosts file. */
struct line {
	enum line_marker marker;
	enum line_names form;
	const char *names; /* inside the text, not terminated */
	size_t names_size;
	struct hashed hashed;
	uint32_t kind; /* one of the TRUST_ kinds */
	size_t key_size;
	unsigned char key[LINE_KEY_MAX];
};

/*
 * Takes a line, without its newline, apart; the names in the text become lower
 * case and stay borrowed. Returns 1; 0 for a blank line or a comment;
 * SSHOAL_EFORMAT, and *why is a constant text.
 */
int sshoal__line_parse(struct line *line, char *text, size_t n,
		       const char **why);

/* Makes A-Z of n bytes lower case, whatever the locale. */
void sshoal__line_lower(char *text, size_t n);

#endif
