/* SPDX-License-Identifier: MIT */
#include <sshoal/text.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * Makes text harmless for a terminal. What may pass is decided by code point;
 * whatever is not well-formed UTF-8 (RFC 3629) is shown byte by byte.
 */

struct sink {
	char *out;
	size_t room; /* without the NUL's byte */
	size_t length;
};

static void emit(struct sink *sink, const char *bytes, size_t n)
{
	if (sink->length + n <= sink->room)
		memcpy(sink->out + sink->length, bytes, n);
	else if (sink->length < sink->room)
		sink->room = sink->length;
	sink->length += n;
}

/* The length of a well-formed character at p, and its code point; 0 if it is
 * none. */
static size_t decode(const unsigned char *p, size_t n, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = p[0] < 0x80 ? 1 :
			p[0] < 0xc2 ? 0 :
			p[0] < 0xe0 ? 2 :
			p[0] < 0xf0 ? 3 :
			p[0] < 0xf5 ? 4 :
				      0;
	if (length == 0 || length > n)
		return 0;
	uint32_t value = length == 1 ? p[0] : p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3f);
	}
	if (value < least[length] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*point = value;
	return length;
}

/* What a terminal may act on or a reader may be fooled by. */
static bool is_unsafe(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x08 },       { 0x0b, 0x1f },     { 0x7f, 0x9f },
		{ 0x061c, 0x061c },   { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f },   { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe0fff },
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

static void emit_visible(struct sink *sink, uint32_t point)
{
	char text[12];
	int n = point == '\r' ? snprintf(text, sizeof text, "\\r") :
		point < 0x100 ? snprintf(text, sizeof text, "\\x%02x", point) :
		point < 0x10000 ?
				snprintf(text, sizeof text, "\\u%04x", point) :
				snprintf(text, sizeof text, "\\U%06x", point);
	emit(sink, text, (size_t)n);
}

size_t sshoal_text_escape(char *out, size_t size_bytes, const void *text,
			  size_t text_bytes)
{
	const unsigned char *p = text;
	struct sink sink = {
		.out = out,
		.room = size_bytes ? size_bytes - 1 : 0,
	};
	for (size_t i = 0; i < text_bytes;) {
		uint32_t point = p[i];
		size_t n = decode(p + i, text_bytes - i, &point);
		if (n == 0 || is_unsafe(point))
			emit_visible(&sink, point);
		else
			emit(&sink, (const char *)p + i, n);
		i += n ? n : 1;
	}
	if (size_bytes)
		out[sink.length < sink.room ? sink.length : sink.room] = '\0';
	return sink.length;
}
