/* SPDX-License-Identifier: MIT */
#include "base/store.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

/* Bytes are given out from the front of the latest piece and never taken
 * back. */

#define PIECE_SIZE ((size_t)64 << 10)
#define ALIGNMENT alignof(max_align_t)

struct store_piece {
	struct store_piece *next;
	size_t size; /* of bytes */
	size_t used;
	alignas(max_align_t) unsigned char bytes[];
};

static struct store_piece *add_piece(struct store *store, size_t n)
{
	size_t size = n > PIECE_SIZE ? n : PIECE_SIZE;
	struct store_piece *piece = calloc(1, sizeof *piece + size);
	if (!piece)
		return NULL;
	piece->size = size;
	piece->next = store->pieces;
	store->pieces = piece;
	return piece;
}

void *sshoal__store_get(struct store *store, size_t n)
{
	if (n > SIZE_MAX / 2)
		return NULL;
	size_t need = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct store_piece *piece = store->pieces;
	if (!piece || piece->size - piece->used < need)
		piece = add_piece(store, need);
	if (!piece)
		return NULL;
	void *bytes = piece->bytes + piece->used;
	piece->used += need;
	return bytes;
}

char *sshoal__store_text(struct store *store, const char *text, size_t n)
{
	char *copy = sshoal__store_get(store, n + 1);
	if (copy)
		memcpy(copy, text, n);
	return copy;
}

void sshoal__store_fini(struct store *store)
{
	while (store->pieces) {
		struct store_piece *piece = store->pieces;
		store->pieces = piece->next;
		OPENSSL_cleanse(piece->bytes, piece->used);
		free(piece);
	}
}
