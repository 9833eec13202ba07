/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_JUMP_H
#define SSHOAL_INVENTORY_JUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many hosts may lie between here and a target. */
#define JUMP_HOPS_MAX 8

/* The hosts that another one is reached through, the nearest to us first:
 * "[user@]host[:port]" or "ssh://[user@]host[:port]", several with commas, as
 * for ssh -J; "none" is none of them. */
struct jump {
	char *text; /* what the hops point into */
	struct jump_hop {
		const char *name; /* an IPv6 address without its brackets */
		const char *user; /* NULL where none is written */
		uint32_t port;    /* 0 where none is written */
	} hops[JUMP_HOPS_MAX];
	size_t count;
};

/*
 * Takes text apart; _fini() is due in any case. NULL, or a constant text "what:
 * what to do" and in *at the byte that is wrong. Without memory *at is SIZE_MAX.
 */
const char *sshoal__jump_init(struct jump *jump, const char *text, size_t *at);

void sshoal__jump_fini(struct jump *jump);

/* Whether a name is one of the hops'. */
bool sshoal__jump_has(const struct jump *jump, const char *name);

/* Whether text says that there is none. */
bool sshoal__jump_is_none(const char *text);

#endif
