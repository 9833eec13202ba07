/* SPDX-License-Identifier: MIT */
#include "freed.h"

/* One thread only. The names are those that ld --wrap asks for. */
void __real_free(void *block);
void __wrap_free(void *block);

static unsigned char wanted;
static size_t looked_at_bytes;
static size_t found;
static size_t blocks_seen;

void freed_watch(unsigned char byte, size_t size_bytes)
{
	wanted = byte;
	looked_at_bytes = size_bytes;
	found = 0;
	blocks_seen = 0;
}

size_t freed_found(size_t *blocks)
{
	*blocks = blocks_seen;
	looked_at_bytes = 0;
	return found;
}

void __wrap_free(void *block)
{
	const unsigned char *bytes = block;
	if (bytes && looked_at_bytes > 0) {
		blocks_seen++;
		for (size_t i = 0; i < looked_at_bytes; i++)
			found += bytes[i] == wanted;
	}
	__real_free(block);
}
