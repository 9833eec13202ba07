/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_BUFFER_H
#define SSHOAL_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A growing run of bytes with a maximum: filled at its end, consumed at its
 * start. With wipe set, every byte it gives up is overwritten first.
 */
struct buffer {
	unsigned char *bytes; /* NULL while nothing was needed */
	size_t start;         /* the first byte that counts */
	size_t end;           /* past the last one */
	size_t capacity;
	size_t max;
	bool wipe;
};

#define BUFFER_INIT(max_bytes) \
	{ \
		.max = (max_bytes) \
	}

static inline size_t sshoal__buffer_size(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

static inline unsigned char *sshoal__buffer_data(const struct buffer *buffer)
{
	return buffer->bytes ? buffer->bytes + buffer->start : NULL;
}

/* Makes room for n more bytes and returns where they go, NULL when memory or
 * the maximum refuses. sshoal__buffer_fill() says how many were written. */
unsigned char *sshoal__buffer_reserve(struct buffer *buffer, size_t n);
void sshoal__buffer_fill(struct buffer *buffer, size_t n);

/* 0, SSHOAL_ENOMEM or SSHOAL_ELIMIT. */
int sshoal__buffer_append(struct buffer *buffer, const void *bytes, size_t n);

/* Drops n bytes from the start; n is at most the size. */
void sshoal__buffer_consume(struct buffer *buffer, size_t n);

/* Frees the memory; the buffer is empty and usable afterwards. */
void sshoal__buffer_fini(struct buffer *buffer);

/* SSH's wire forms (RFC 4251 section 5). 0, SSHOAL_ENOMEM or SSHOAL_ELIMIT. */
int sshoal__buffer_put_u32(struct buffer *buffer, uint32_t value);
int sshoal__buffer_put_string(struct buffer *buffer, const void *bytes,
			      size_t n);
int sshoal__buffer_put_cstring(struct buffer *buffer, const char *text);

/* A number that is not negative, given as n big-endian bytes. */
int sshoal__buffer_put_mpint(struct buffer *buffer, const unsigned char *bytes,
			     size_t n);

#endif
