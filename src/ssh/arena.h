/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_ARENA_H
#define SSHOAL_SSH_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* The largest block and the largest sum of blocks of one session. */
#define ARENA_BLOCK_MAX ((size_t)4 * 1024 * 1024)
#define ARENA_TOTAL_MAX ((size_t)64 * 1024 * 1024)

struct arena_block;

/*
 * The memory of one libssh2 session: zeroed, capped, tracked, and shown to a
 * tap when it is given back. What a session leaves behind is freed with the
 * arena. One thread.
 */
struct arena {
	struct arena_block *first;
	size_t total_bytes;
	bool wipe;    /* overwrite what is given back */
	bool refused; /* a cap was hit or the system had no memory */
	/* Called after a block was given, and before one is taken back. Either
	 * may be NULL. */
	void (*given)(void *data, unsigned char *block);
	void (*taken)(void *data, const unsigned char *block, size_t size);
	void *data;
};

void *sshoal__arena_alloc(struct arena *arena, size_t size);
void *sshoal__arena_realloc(struct arena *arena, void *memory, size_t size);
void sshoal__arena_free(struct arena *arena, void *memory);

/* Frees whatever is left and returns how many bytes that were. */
size_t sshoal__arena_fini(struct arena *arena);

#endif
