/* SPDX-License-Identifier: MIT */
#include "report/json_text.h"

#include <stdio.h>

/* Output goes straight from where it came to the console's buffer: it may be
 * gigabytes, and no copy of it is worth having. */

static int put(struct console *console, const char *bytes, size_t n)
{
	return sshoal__console_write(console, SSHOAL_STDOUT, bytes, n);
}

static int put_escaped(struct console *console, unsigned char byte)
{
	char text[8];
	int n;
	switch (byte) {
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
		n = snprintf(text, sizeof text, "\\u%04x", byte);
		return put(console, text, (size_t)n);
	}
}

int sshoal__json_text_write(struct console *console, const char *bytes,
			    size_t size_bytes)
{
	size_t plain = 0; /* where what needs no escape begins */
	int rc = 0;
	for (size_t i = 0; i < size_bytes && rc == 0; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		(void)put(console, bytes + plain, i - plain);
		rc = put_escaped(console, byte);
		plain = i + 1;
	}
	if (rc)
		return rc;
	return put(console, bytes + plain, size_bytes - plain);
}

int sshoal__json_text_write_base64(struct console *console, const char *bytes,
				   size_t size_bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes;
	int rc = 0;
	for (size_t i = 0; i < size_bytes && rc == 0; i += 3) {
		size_t left = size_bytes - i;
		unsigned int group = (unsigned int)p[i] << 16;
		if (left > 1)
			group |= (unsigned int)p[i + 1] << 8;
		if (left > 2)
			group |= p[i + 2];
		char text[4] = { digits[group >> 18], digits[group >> 12 & 63],
				 '=', '=' };
		if (left > 1)
			text[2] = digits[group >> 6 & 63];
		if (left > 2)
			text[3] = digits[group & 63];
		rc = put(console, text, sizeof text);
	}
	return rc;
}
