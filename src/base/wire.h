/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_WIRE_H
#define SSHOAL_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t sshoal__wire_load_u32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline void sshoal__wire_store_u32(unsigned char *p, uint32_t value)
{
	p[0] = (unsigned char)(value >> 24);
	p[1] = (unsigned char)(value >> 16);
	p[2] = (unsigned char)(value >> 8);
	p[3] = (unsigned char)value;
}

/*
 * Reads SSH's wire forms (RFC 4251 section 5) from bytes that are not trusted.
 * A read past the end sets failed, returns 0, false or NULL, and so does every
 * read after it: check failed once at the end.
 */
struct wire {
	const unsigned char *at;
	size_t left;
	bool failed;
};

static inline struct wire sshoal__wire(const void *bytes, size_t n)
{
	return (struct wire){ .at = bytes, .left = n };
}

unsigned char sshoal__wire_byte(struct wire *wire);
uint32_t sshoal__wire_u32(struct wire *wire);

/* The bytes of a string, inside the input; *n is its length. */
const unsigned char *sshoal__wire_string(struct wire *wire, size_t *n);

/* n bytes as they are. */
const unsigned char *sshoal__wire_bytes(struct wire *wire, size_t n);

/* Whether the next string is exactly text; consumes it either way. */
bool sshoal__wire_is(struct wire *wire, const char *text);

#endif
