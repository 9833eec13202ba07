/* SPDX-License-Identifier: MIT */
#include "ssh/hello.h"

#include <stdio.h>
#include <string.h>

#include <sshoal/text.h>

#include "base/wire.h"

/* The bytes are a peer's and nothing vouches for them: they are only shown. */

#define MESSAGE_KEXINIT 20

static size_t line_length(const char *bytes, size_t n)
{
	size_t length = 0;
	while (length < n && bytes[length] != '\n' && bytes[length] != '\r')
		length++;
	return length;
}

void sshoal__hello_line(char *out, size_t out_size, const void *bytes, size_t n)
{
	size_t length = bytes ? line_length(bytes, n) : 0;
	(void)sshoal_text_escape(out, out_size, bytes,
				 length > 200 ? 200 : length);
}

/* Where the line begins that begins with "SSH-"; n where there is none. */
static size_t banner_at(const char *bytes, size_t n)
{
	size_t at = 0;
	while (n - at >= 4 && memcmp(bytes + at, "SSH-", 4) != 0) {
		const char *newline = memchr(bytes + at, '\n', n - at);
		if (!newline)
			return n;
		at = (size_t)(newline + 1 - bytes);
	}
	return n - at >= 4 ? at : n;
}

bool sshoal__hello_is_busy(const void *bytes, size_t n)
{
	static const char *const words[] = {
		"MaxStartups",
		"Not allowed at this time",
	};
	if (!bytes)
		return false;
	size_t before = banner_at(bytes, n);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(bytes, before, words[i], strlen(words[i])))
			return true;
	return false;
}

/* What follows the banner. */
static struct wire after_banner(const char *bytes, size_t n)
{
	size_t at = banner_at(bytes, n);
	const char *newline = memchr(bytes + at, '\n', n - at);
	if (!newline)
		return sshoal__wire(NULL, 0);
	return sshoal__wire(newline + 1, (size_t)(bytes + n - newline - 1));
}

/* The lists of the KEXINIT, the first of them next. */
static struct wire kexinit(const void *bytes, size_t n)
{
	struct wire wire =
		bytes ? after_banner(bytes, n) : sshoal__wire(NULL, 0);
	(void)sshoal__wire_bytes(&wire, 5);
	if (sshoal__wire_byte(&wire) != MESSAGE_KEXINIT)
		wire.failed = true;
	(void)sshoal__wire_bytes(&wire, 16);
	return wire;
}

bool sshoal__hello_host_keys(char *out, size_t out_size, const void *bytes,
			     size_t n)
{
	struct wire wire = kexinit(bytes, n);
	size_t length;
	(void)sshoal__wire_string(&wire, &length);
	const unsigned char *list = sshoal__wire_string(&wire, &length);
	if (!list || length >= out_size)
		return false;
	memcpy(out, list, length);
	out[length] = '\0';
	return true;
}

bool sshoal__hello_offer(char *out, size_t out_size, const void *bytes,
			 size_t n)
{
	static const char *const names[] = { "key exchange", "; host keys",
					     "; ciphers", NULL, "; macs" };
	struct wire wire = kexinit(bytes, n);
	char text[400];
	size_t used = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t length;
		const unsigned char *list = sshoal__wire_string(&wire, &length);
		if (!list)
			return false;
		if (!names[i] || used >= sizeof text)
			continue;
		int more = snprintf(text + used, sizeof text - used, "%s %.*s",
				    names[i], length > 100 ? 100 : (int)length,
				    (const char *)list);
		used += more > 0 ? (size_t)more : 0;
	}
	(void)sshoal_text_escape(out, out_size, text, strlen(text));
	return true;
}
