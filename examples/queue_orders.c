/* SPDX-License-Identifier: MIT */
/*
 * The three orders of a queue: first in first out, last in first out, and by
 * priority, lowest number first and equal ones as they came. A queue that is
 * full or empty says so at once, after some time, or waits.
 */
#include <stdio.h>

#include <sshoal.h>

#define ITEMS 5

static const struct {
	const char *word;
	int priority;
} items[ITEMS] = {
	{ "delta", 3 },      { "alpha", 1 }, { "bravo", 2 },
	{ "also-alpha", 1 }, { "zero", -7 },
};

static int show(const char *name, int order)
{
	sshoal_queue *queue = NULL;
	int rc = sshoal_queue_new(&queue, order, ITEMS);
	for (int i = 0; rc == 0 && i < ITEMS; i++)
		rc = sshoal_queue_put(queue, (void *)items[i].word,
				      items[i].priority, 0);
	if (rc) {
		sshoal_queue_free(queue);
		return rc;
	}
	(void)printf("%s:", name);
	rc = sshoal_queue_put(queue, NULL, 0, 0);
	void *item;
	while (sshoal_queue_get(queue, &item, 0) == 0)
		(void)printf(" %s", (const char *)item);
	(void)printf("\n  one more put: %s", sshoal_error_name(rc));
	rc = sshoal_queue_get(queue, &item, 10);
	(void)printf(", one more get: %s\n", sshoal_error_name(rc));
	sshoal_queue_free(queue);
	return 0;
}

int main(void)
{
	int rc = show("first in first out", SSHOAL_QUEUE_FIFO);
	if (rc == 0)
		rc = show("last in first out", SSHOAL_QUEUE_LIFO);
	if (rc == 0)
		rc = show("by priority", SSHOAL_QUEUE_PRIORITY);
	if (rc)
		(void)fprintf(stderr, "%s\n", sshoal_error_text(rc));
	return rc ? 1 : 0;
}
