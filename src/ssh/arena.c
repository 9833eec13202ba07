/* SPDX-License-Identifier: MIT */
#include "ssh/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

/*
 * A server decides how much libssh2 allocates, so the arena caps it; libssh2
 * reads past some strings and trusts fresh memory, so every block is zeroed
 * and has slack behind it; and libssh2 hides what the server said of a
 * command's end, so the tap sees each packet when it is given back.
 */

#define SLACK 32

struct arena_block {
	struct arena_block *next;
	struct arena_block *previous;
	size_t size;
	size_t unused; /* keeps what follows aligned to 16 */
};

static struct arena_block *block_of(void *memory)
{
	return (struct arena_block *)memory - 1;
}

void *sshoal__arena_alloc(struct arena *arena, size_t size)
{
	if (size > ARENA_BLOCK_MAX ||
	    arena->total_bytes + size > ARENA_TOTAL_MAX) {
		arena->refused = true;
		return NULL;
	}
	/* glibc's calloc() does not take from what the thread freed last, which
	 * would stay unused with every idle session. */
	struct arena_block *block = malloc(sizeof *block + size + SLACK);
	if (!block) {
		arena->refused = true;
		return NULL;
	}
	memset(block, 0, sizeof *block + size + SLACK);
	block->size = size;
	block->next = arena->first;
	if (arena->first)
		arena->first->previous = block;
	arena->first = block;
	arena->total_bytes += size;
	unsigned char *given = (unsigned char *)(block + 1);
	if (arena->given)
		arena->given(arena->data, given);
	return given;
}

static void release(struct arena *arena, struct arena_block *block)
{
	if (block->previous)
		block->previous->next = block->next;
	else
		arena->first = block->next;
	if (block->next)
		block->next->previous = block->previous;
	arena->total_bytes -= block->size;
	if (arena->wipe)
		OPENSSL_cleanse(block + 1, block->size);
	free(block);
}

void sshoal__arena_free(struct arena *arena, void *memory)
{
	if (!memory)
		return;
	struct arena_block *block = block_of(memory);
	if (arena->taken)
		arena->taken(arena->data, memory, block->size);
	release(arena, block);
}

void *sshoal__arena_realloc(struct arena *arena, void *memory, size_t size)
{
	if (!memory)
		return sshoal__arena_alloc(arena, size);
	struct arena_block *old = block_of(memory);
	void *fresh = sshoal__arena_alloc(arena, size);
	if (!fresh)
		return NULL;
	memcpy(fresh, memory, old->size < size ? old->size : size);
	release(arena, old);
	return fresh;
}

size_t sshoal__arena_fini(struct arena *arena)
{
	size_t left = arena->total_bytes;
	struct arena_block *block = arena->first;
	while (block) {
		struct arena_block *next = block->next;
		if (arena->wipe)
			OPENSSL_cleanse(block + 1, block->size);
		free(block);
		block = next;
	}
	arena->first = NULL;
	arena->total_bytes = 0;
	return left;
}
