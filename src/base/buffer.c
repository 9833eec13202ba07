/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/wire.h"

/* A buffer never holds more than its maximum, whatever a peer sends. */

static void release(struct buffer *buffer, unsigned char *bytes, size_t n)
{
	if (buffer->wipe && bytes)
		OPENSSL_cleanse(bytes, n);
	free(bytes);
}

static size_t grown(const struct buffer *buffer, size_t need)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	while (capacity < need && capacity <= buffer->max / 2)
		capacity *= 2;
	return capacity < need || capacity > buffer->max ? buffer->max :
							   capacity;
}

unsigned char *sshoal__buffer_reserve(struct buffer *buffer, size_t n)
{
	size_t size = sshoal__buffer_size(buffer);
	if (n > buffer->max || size > buffer->max - n)
		return NULL;
	if (buffer->capacity - buffer->end >= n && buffer->bytes)
		return buffer->bytes + buffer->end;
	if (buffer->bytes && size + n <= buffer->capacity &&
	    buffer->start >= size) {
		memcpy(buffer->bytes, buffer->bytes + buffer->start, size);
		if (buffer->wipe)
			OPENSSL_cleanse(buffer->bytes + buffer->start, size);
		buffer->start = 0;
		buffer->end = size;
		return buffer->bytes + size;
	}
	size_t capacity = grown(buffer, size + n);
	unsigned char *bytes = malloc(capacity ? capacity : 1);
	if (!bytes)
		return NULL;
	if (buffer->bytes)
		memcpy(bytes, buffer->bytes + buffer->start, size);
	release(buffer, buffer->bytes, buffer->capacity);
	buffer->bytes = bytes;
	buffer->start = 0;
	buffer->end = size;
	buffer->capacity = capacity;
	return bytes + size;
}

void sshoal__buffer_fill(struct buffer *buffer, size_t n)
{
	assert(n <= buffer->capacity - buffer->end);
	buffer->end += n;
}

int sshoal__buffer_append(struct buffer *buffer, const void *bytes, size_t n)
{
	if (n == 0)
		return 0;
	if (n > buffer->max || sshoal__buffer_size(buffer) > buffer->max - n)
		return SSHOAL_ELIMIT;
	unsigned char *room = sshoal__buffer_reserve(buffer, n);
	if (!room)
		return SSHOAL_ENOMEM;
	memcpy(room, bytes, n);
	buffer->end += n;
	return 0;
}

void sshoal__buffer_consume(struct buffer *buffer, size_t n)
{
	assert(n <= sshoal__buffer_size(buffer));
	if (buffer->wipe && n > 0)
		OPENSSL_cleanse(buffer->bytes + buffer->start, n);
	buffer->start += n;
	if (buffer->start == buffer->end)
		buffer->start = buffer->end = 0;
}

void sshoal__buffer_fini(struct buffer *buffer)
{
	release(buffer, buffer->bytes, buffer->capacity);
	buffer->bytes = NULL;
	buffer->start = buffer->end = buffer->capacity = 0;
}

int sshoal__buffer_put_u32(struct buffer *buffer, uint32_t value)
{
	unsigned char raw[4];
	sshoal__wire_store_u32(raw, value);
	return sshoal__buffer_append(buffer, raw, sizeof raw);
}

int sshoal__buffer_put_string(struct buffer *buffer, const void *bytes,
			      size_t n)
{
	if (n > UINT32_MAX)
		return SSHOAL_ELIMIT;
	int rc = sshoal__buffer_put_u32(buffer, (uint32_t)n);
	return rc ? rc : sshoal__buffer_append(buffer, bytes, n);
}

int sshoal__buffer_put_cstring(struct buffer *buffer, const char *text)
{
	return sshoal__buffer_put_string(buffer, text, strlen(text));
}

int sshoal__buffer_put_mpint(struct buffer *buffer, const unsigned char *bytes,
			     size_t n)
{
	static const unsigned char zero;
	while (n > 0 && bytes[0] == 0) {
		bytes++;
		n--;
	}
	if (n == 0 || bytes[0] < 0x80)
		return sshoal__buffer_put_string(buffer, bytes, n);
	if (n >= UINT32_MAX)
		return SSHOAL_ELIMIT;
	/* A set top bit would make it negative. */
	int rc = sshoal__buffer_put_u32(buffer, (uint32_t)n + 1);
	if (rc == 0)
		rc = sshoal__buffer_append(buffer, &zero, 1);
	return rc ? rc : sshoal__buffer_append(buffer, bytes, n);
}
