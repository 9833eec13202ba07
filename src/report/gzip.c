/* SPDX-License-Identifier: MIT */
#include "report/gzip.h"

#include <assert.h>
#include <stdlib.h>

#include <sshoal/error.h>

/* zlib's input pointer is to const then. */
#define ZLIB_CONST
#include <zlib.h>

/* zlib needs a quarter of a megabyte for a stream, which is too much for each
 * of thousands of files: one stream makes a member from whatever one file has
 * at a time. */

/* The whole window, and a gzip header instead of zlib's own. */
#define WINDOW_BITS (15 + 16)
#define MEMORY_LEVEL 8

/* The thread that packs is the one that drives the run. */
#define LEVEL 3

struct gzip {
	z_stream stream;
	size_t size;
	unsigned char member[];
};

int sshoal__gzip_new(struct gzip **gzip)
{
	z_stream stream = { .zalloc = Z_NULL };
	if (deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return SSHOAL_ENOMEM;
	size_t size = deflateBound(&stream, GZIP_PIECE_BYTES);
	(void)deflateEnd(&stream);
	struct gzip *made = calloc(1, sizeof *made + size);
	if (!made)
		return SSHOAL_ENOMEM;
	made->size = size;
	if (deflateInit2(&made->stream, LEVEL, Z_DEFLATED, WINDOW_BITS,
			 MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(made);
		return SSHOAL_ENOMEM;
	}
	*gzip = made;
	return 0;
}

size_t sshoal__gzip_pack(struct gzip *gzip, const void *bytes,
			 size_t size_bytes, const void **member)
{
	z_stream *stream = &gzip->stream;
	assert(size_bytes <= GZIP_PIECE_BYTES);
	stream->next_in = bytes;
	stream->avail_in = (uInt)size_bytes;
	stream->next_out = gzip->member;
	stream->avail_out = (uInt)gzip->size;
	/* There is room for the largest member that may come out. */
	int rc = deflate(stream, Z_FINISH);
	assert(rc == Z_STREAM_END);
	(void)rc;
	*member = gzip->member;
	size_t packed = gzip->size - stream->avail_out;
	(void)deflateReset(stream);
	return packed;
}

void sshoal__gzip_free(struct gzip *gzip)
{
	if (!gzip)
		return;
	(void)deflateEnd(&gzip->stream);
	free(gzip);
}
