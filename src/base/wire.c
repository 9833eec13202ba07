/* SPDX-License-Identifier: MIT */
#include "base/wire.h"

#include <string.h>

/* A length is compared with what is left before anything is read. */

const unsigned char *sshoal__wire_bytes(struct wire *wire, size_t n)
{
	if (wire->failed || n > wire->left) {
		wire->failed = true;
		return NULL;
	}
	const unsigned char *at = wire->at;
	wire->at += n;
	wire->left -= n;
	return at;
}

unsigned char sshoal__wire_byte(struct wire *wire)
{
	const unsigned char *at = sshoal__wire_bytes(wire, 1);
	return at ? *at : 0;
}

uint32_t sshoal__wire_u32(struct wire *wire)
{
	const unsigned char *at = sshoal__wire_bytes(wire, 4);
	return at ? sshoal__wire_load_u32(at) : 0;
}

const unsigned char *sshoal__wire_string(struct wire *wire, size_t *n)
{
	*n = 0;
	uint32_t length = sshoal__wire_u32(wire);
	const unsigned char *at = sshoal__wire_bytes(wire, length);
	if (at)
		*n = length;
	return at;
}

bool sshoal__wire_is(struct wire *wire, const char *text)
{
	size_t n;
	const unsigned char *at = sshoal__wire_string(wire, &n);
	return at && n == strlen(text) && memcmp(at, text, n) == 0;
}
