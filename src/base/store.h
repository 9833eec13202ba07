/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_STORE_H
#define SSHOAL_BASE_STORE_H

#include <stddef.h>

/*
 * Memory that grows in large pieces and is wiped and freed as a whole. What is
 * in it never moves.
 */
struct store {
	struct store_piece *pieces;
};

#define STORE_INIT \
	{ \
		.pieces = NULL \
	}

/* n zeroed bytes, aligned for any type; NULL when memory refuses. */
void *sshoal__store_get(struct store *store, size_t n);

/* A copy of n bytes with a NUL after them; NULL when memory refuses. */
char *sshoal__store_text(struct store *store, const char *text, size_t n);

void sshoal__store_fini(struct store *store);

#endif
