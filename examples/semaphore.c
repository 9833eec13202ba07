/* SPDX-License-Identifier: MIT */
/*
 * A bounded semaphore: of twenty threads never more than five are inside at a
 * time. A permit that nobody took is not taken back.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include <sshoal.h>

#define THREADS 20
#define PERMITS 5

struct room {
	sshoal_semaphore *semaphore;
	pthread_mutex_t lock; /* protects the rest */
	int inside;
	int most;
	int visits;
};

static void *visit(void *argument)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	struct room *room = argument;
	if (sshoal_semaphore_acquire(room->semaphore, -1))
		return NULL;
	(void)pthread_mutex_lock(&room->lock);
	room->visits++;
	room->inside++;
	if (room->inside > room->most)
		room->most = room->inside;
	(void)pthread_mutex_unlock(&room->lock);
	(void)nanosleep(&moment, NULL);
	(void)pthread_mutex_lock(&room->lock);
	room->inside--;
	(void)pthread_mutex_unlock(&room->lock);
	(void)sshoal_semaphore_release(room->semaphore);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	struct room room = { .lock = PTHREAD_MUTEX_INITIALIZER };
	if (sshoal_semaphore_new(&room.semaphore, PERMITS))
		return 1;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, visit, &room))
			return 1;
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("%d visits, never more than %d at a time: %s\n",
		     room.visits, PERMITS, room.most <= PERMITS ? "yes" : "no");
	(void)printf(
		"one release too many: %s\n",
		sshoal_error_name(sshoal_semaphore_release(room.semaphore)));
	for (int i = 0; i < PERMITS; i++)
		(void)sshoal_semaphore_acquire(room.semaphore, 0);
	(void)printf("one more than there are, within 10 ms: %s\n",
		     sshoal_error_name(
			     sshoal_semaphore_acquire(room.semaphore, 10)));
	sshoal_semaphore_free(room.semaphore);
	(void)pthread_mutex_destroy(&room.lock);
	return 0;
}
