/* SPDX-License-Identifier: MIT */
#include "work/backlog.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include <sshoal/error.h>

/*
 * One array for all orders. The sequence number makes items of equal priority
 * leave a heap as they came, which a heap alone does not promise.
 */

struct backlog_entry {
	void *item;
	uint64_t sequence;
	int priority;
};

static struct backlog_entry *at(const struct backlog *backlog, size_t i)
{
	size_t mask = backlog->capacity - 1;
	return &backlog->entries[(backlog->first + i) & mask];
}

int sshoal__backlog_reserve(struct backlog *backlog)
{
	if (backlog->count < backlog->capacity)
		return 0;
	size_t capacity = backlog->capacity ? backlog->capacity * 2 : 16;
	struct backlog_entry *entries = calloc(capacity, sizeof *entries);
	if (!entries)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < backlog->count; i++)
		entries[i] = *at(backlog, i);
	free(backlog->entries);
	backlog->entries = entries;
	backlog->capacity = capacity;
	backlog->first = 0;
	return 0;
}

static bool precedes(const struct backlog_entry *a,
		     const struct backlog_entry *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->sequence < b->sequence;
}

/* Puts an entry into a heap of which place i, a leaf, is free. */
static void sift_up(struct backlog_entry *heap, size_t i,
		    struct backlog_entry entry)
{
	while (i > 0) {
		size_t parent = (i - 1) / 2;
		if (!precedes(&entry, &heap[parent]))
			break;
		heap[i] = heap[parent];
		i = parent;
	}
	heap[i] = entry;
}

/* Puts an entry into a heap of count places of which the first is free. */
static void sift_down(struct backlog_entry *heap, size_t count,
		      struct backlog_entry entry)
{
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= count)
			break;
		if (child + 1 < count &&
		    precedes(&heap[child + 1], &heap[child]))
			child++;
		if (!precedes(&heap[child], &entry))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = entry;
}

void sshoal__backlog_push(struct backlog *backlog, void *item, int priority)
{
	assert(backlog->count < backlog->capacity);
	struct backlog_entry entry = { .item = item,
				       .sequence = backlog->sequence++,
				       .priority = priority };
	size_t end = backlog->count++;
	if (backlog->order == SSHOAL_QUEUE_PRIORITY)
		sift_up(backlog->entries, end, entry);
	else
		*at(backlog, end) = entry;
}

void *sshoal__backlog_pop(struct backlog *backlog)
{
	assert(backlog->count > 0);
	void *item = NULL;
	backlog->count--;
	switch (backlog->order) {
	case SSHOAL_QUEUE_FIFO:
		item = at(backlog, 0)->item;
		backlog->first = (backlog->first + 1) & (backlog->capacity - 1);
		break;
	case SSHOAL_QUEUE_LIFO:
		item = at(backlog, backlog->count)->item;
		break;
	case SSHOAL_QUEUE_PRIORITY:
		item = backlog->entries[0].item;
		sift_down(backlog->entries, backlog->count,
			  backlog->entries[backlog->count]);
		break;
	}
	return item;
}

void sshoal__backlog_fini(struct backlog *backlog)
{
	free(backlog->entries);
	*backlog = (struct backlog)BACKLOG_INIT(backlog->order);
}
