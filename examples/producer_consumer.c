/* SPDX-License-Identifier: MIT */
/*
 * A producer and three consumers share a queue that holds four items: the
 * producer waits where it is full, the consumers where it is empty. The
 * producer knows by sshoal_queue_join() when all is done, the consumers by
 * SSHOAL_ECLOSED that no more will come.
 */
#include <pthread.h>
#include <stdio.h>

#include <sshoal.h>

#define ITEMS 100
#define CONSUMERS 3

struct consumer {
	pthread_t thread;
	sshoal_queue *queue;
	int count;
	int sum;
	int rc; /* what ended it */
};

static void *consume(void *argument)
{
	struct consumer *consumer = argument;
	for (;;) {
		void *item;
		consumer->rc = sshoal_queue_get(consumer->queue, &item, -1);
		if (consumer->rc)
			return NULL;
		consumer->count++;
		consumer->sum += *(const int *)item;
		(void)sshoal_queue_task_done(consumer->queue);
	}
}

static int produce(sshoal_queue *queue, int *items)
{
	int rc = 0;
	for (int i = 0; i < ITEMS && rc == 0; i++) {
		items[i] = i;
		rc = sshoal_queue_put(queue, &items[i], 0, -1);
	}
	return rc ? rc : sshoal_queue_join(queue, -1);
}

int main(void)
{
	static int items[ITEMS];
	struct consumer consumers[CONSUMERS];
	sshoal_queue *queue = NULL;
	if (sshoal_queue_new(&queue, SSHOAL_QUEUE_FIFO, 4))
		return 1;
	for (int i = 0; i < CONSUMERS; i++) {
		consumers[i] = (struct consumer){ .queue = queue };
		if (pthread_create(&consumers[i].thread, NULL, consume,
				   &consumers[i]))
			return 1;
	}
	int rc = produce(queue, items);
	(void)printf("produced %d items: %s\n", ITEMS,
		     rc ? sshoal_error_name(rc) : "all of them are done");
	sshoal_queue_close(queue);
	int count = 0, sum = 0;
	for (int i = 0; i < CONSUMERS; i++) {
		(void)pthread_join(consumers[i].thread, NULL);
		(void)printf("consumer %d ended: %s\n", i + 1,
			     sshoal_error_name(consumers[i].rc));
		count += consumers[i].count;
		sum += consumers[i].sum;
	}
	(void)printf("consumed %d items, their sum is %d\n", count, sum);
	sshoal_queue_free(queue);
	return 0;
}
