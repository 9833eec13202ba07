/* SPDX-License-Identifier: MIT */
/*
 * A gate as a traffic light: cars that come while it is red wait, all of them
 * pass when it turns green, and nobody waits while it is. A fleet that is
 * given a gate is paused and resumed by it in the same way.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <sshoal.h>

#define CARS 3

struct street {
	sshoal_gate *light; /* open: green */
	sshoal_queue *arrivals;
	atomic_int passed;
};

static void *drive(void *argument)
{
	struct street *street = argument;
	(void)sshoal_queue_put(street->arrivals, NULL, 0, -1);
	if (sshoal_gate_wait(street->light, -1) == 0)
		street->passed++;
	return NULL;
}

static int send_cars(struct street *street, pthread_t *cars)
{
	void *item;
	for (int i = 0; i < CARS; i++)
		if (pthread_create(&cars[i], NULL, drive, street))
			return -1;
	for (int i = 0; i < CARS; i++)
		(void)sshoal_queue_get(street->arrivals, &item, -1);
	return 0;
}

static void await_cars(pthread_t *cars)
{
	for (int i = 0; i < CARS; i++)
		(void)pthread_join(cars[i], NULL);
}

int main(void)
{
	pthread_t cars[CARS];
	struct street street = { .light = NULL };
	if (sshoal_gate_new(&street.light) ||
	    sshoal_queue_new(&street.arrivals, SSHOAL_QUEUE_FIFO, 0))
		return 1;
	for (int round = 0; round < 2; round++) {
		(void)sshoal_gate_shut(street.light);
		street.passed = 0;
		if (send_cars(&street, cars))
			return 1;
		(void)printf("red: %d cars came, %d passed\n", CARS,
			     (int)street.passed);
		(void)sshoal_gate_open(street.light);
		await_cars(cars);
		(void)printf("green: %d cars passed\n", (int)street.passed);
	}
	street.passed = 0;
	if (send_cars(&street, cars))
		return 1;
	await_cars(cars);
	(void)printf("still green: %d cars passed\n", (int)street.passed);
	(void)sshoal_gate_shut(street.light);
	(void)printf("red again, for longer than 10 ms: %s\n",
		     sshoal_error_name(sshoal_gate_wait(street.light, 10)));
	sshoal_queue_free(street.arrivals);
	sshoal_gate_free(street.light);
	return 0;
}
