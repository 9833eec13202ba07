/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_BACKLOG_H
#define SSHOAL_WORK_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/queue.h>

/*
 * What waits in a queue or a pool, in one of three orders. It has no lock: its
 * owner's protects it. Its owner also decides how much may wait.
 */
struct backlog {
	struct backlog_entry *entries; /* a ring, a stack or a binary heap */
	size_t capacity;               /* a power of two, or 0 */
	size_t first;                  /* of the ring; 0 in other orders */
	size_t count;
	uint64_t sequence; /* of the next item */
	enum sshoal_queue_order order;
};

#define BACKLOG_INIT(of_order) \
	{ \
		.order = (of_order) \
	}

/* Makes room for one more item. 0 or SSHOAL_ENOMEM. */
int sshoal__backlog_reserve(struct backlog *backlog);

/* Adds an item, for which room was made. */
void sshoal__backlog_push(struct backlog *backlog, void *item, int priority);

/* Takes the first item out; there must be one. */
void *sshoal__backlog_pop(struct backlog *backlog);

void sshoal__backlog_fini(struct backlog *backlog);

#endif
