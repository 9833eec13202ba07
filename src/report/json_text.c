/* SPDX-License-Identifier: MIT */
#include "report/json_text.h"

#include <stdio.h>

/* Output goes straight from where it came to the console's buffer: it may be
 * gigabytes, and no copy of it is worth having. */

static int put(struct console *console, const char *bytes, size_t n)
{
	return sshoal__console_write(console, SSHOAL_STDOUT, bytes, n);
}

static int put_escaped(struct console *console, unsigned char point)
{
	char text[8];
	int n;
	switch (point) {
	case '\n':
		return put(console, "\\n", 2);
	case '\t':
		return put(console, "\\t", 2);
	case '\r':
		return put(console, "\\r", 2);
	case '"':
		return put(console, "\\\"", 2);
	case '\\':
		return put(console, "\\\\", 2);
	default:
		n = snprintf(text, sizeof text, "\\u%04x", point);
		return put(console, text, (size_t)n);
	}
}

/* How many bytes a character has that must not stand as it is: JSON's own, and
 * the controls from U+007F to U+009F, on which a terminal acts, too. 0: it
 * may. *point is its number. */
static size_t must_escape(const char *bytes, size_t n, unsigned char *point)
{
	*point = (unsigned char)bytes[0];
	if (*point < 0x20 || *point == '"' || *point == '\\' || *point == 0x7f)
		return 1;
	if (*point != 0xc2 || n < 2 || (unsigned char)bytes[1] > 0x9f)
		return 0;
	*point = (unsigned char)bytes[1];
	return 2;
}

int sshoal__json_text_write(struct console *console, const char *bytes,
			    size_t size_bytes)
{
	size_t plain = 0; /* where what needs no escape begins */
	size_t at = 0;
	int rc = 0;
	while (at < size_bytes && rc == 0) {
		unsigned char point;
		size_t n = must_escape(bytes + at, size_bytes - at, &point);
		if (n == 0) {
			at++;
			continue;
		}
		(void)put(console, bytes + plain, at - plain);
		rc = put_escaped(console, point);
		at += n;
		plain = at;
	}
	if (rc)
		return rc;
	return put(console, bytes + plain, size_bytes - plain);
}

/* Three bytes, or as many as are left, become four digits. */
static void encode(char text[4], const unsigned char *p, size_t left)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int group = (unsigned int)p[0] << 16;
	if (left > 1)
		group |= (unsigned int)p[1] << 8;
	if (left > 2)
		group |= p[2];
	text[0] = digits[group >> 18];
	text[1] = digits[group >> 12 & 63];
	text[2] = '=';
	text[3] = '=';
	if (left > 1)
		text[2] = digits[group >> 6 & 63];
	if (left > 2)
		text[3] = digits[group & 63];
}

int sshoal__json_text_write_base64(struct console *console, const char *bytes,
				   size_t size_bytes)
{
	const unsigned char *p = (const unsigned char *)bytes;
	int rc = 0;
	for (size_t i = 0; i < size_bytes && rc == 0; i += 3) {
		char text[4];
		encode(text, p + i, size_bytes - i);
		rc = put(console, text, sizeof text);
	}
	return rc;
}

void sshoal__json_text_base64(char *text, const char *bytes, size_t size_bytes)
{
	const unsigned char *p = (const unsigned char *)bytes;
	for (size_t i = 0; i < size_bytes; i += 3, text += 4)
		encode(text, p + i, size_bytes - i);
	*text = '\0';
}
