/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

/*
 * Does what standard input says, a line at a time, to one queue, semaphore and
 * gate, and prints what comes of each line. threads.py does the same in Python
 * and compares.
 */

struct things {
	sshoal_queue *queue;
	sshoal_semaphore *semaphore;
	sshoal_gate *gate;
};

static void say(int rc)
{
	(void)puts(rc ? sshoal_error_name(rc) : "ok");
}

static void get(sshoal_queue *queue, int64_t timeout_ms)
{
	void *item = NULL;
	int rc = sshoal_queue_get(queue, &item, timeout_ms);
	if (rc)
		say(rc);
	else
		(void)printf("%ld\n", (long)(intptr_t)item);
}

static void say_size(const sshoal_queue *queue)
{
	(void)printf("%zu %s %s\n", sshoal_queue_size(queue),
		     sshoal_queue_is_empty(queue) ? "empty" : "-",
		     sshoal_queue_is_full(queue) ? "full" : "-");
}

/* True for a line that concerns the queue. */
static bool use_queue(struct things *things, const char *verb, const long *args)
{
	sshoal_queue *queue = things->queue;
	if (strcmp(verb, "queue") == 0) {
		sshoal_queue_free(queue);
		say(sshoal_queue_new(&things->queue, (int)args[0],
				     (size_t)args[1]));
	} else if (strcmp(verb, "put") == 0) {
		say(sshoal_queue_put(queue, (void *)(intptr_t)args[0],
				     (int)args[1], args[2]));
	} else if (strcmp(verb, "get") == 0) {
		get(queue, args[0]);
	} else if (strcmp(verb, "done") == 0) {
		say(sshoal_queue_task_done(queue));
	} else if (strcmp(verb, "join") == 0) {
		say(sshoal_queue_join(queue, 0));
	} else if (strcmp(verb, "size") == 0) {
		say_size(queue);
	} else if (strcmp(verb, "close") == 0) {
		sshoal_queue_close(queue);
		say(0);
	} else {
		return false;
	}
	return true;
}

static bool use_others(struct things *things, const char *verb,
		       const long *args)
{
	if (strcmp(verb, "semaphore") == 0) {
		sshoal_semaphore_free(things->semaphore);
		say(sshoal_semaphore_new(&things->semaphore, (size_t)args[0]));
	} else if (strcmp(verb, "acquire") == 0) {
		say(sshoal_semaphore_acquire(things->semaphore, args[0]));
	} else if (strcmp(verb, "release") == 0) {
		say(sshoal_semaphore_release(things->semaphore));
	} else if (strcmp(verb, "open") == 0) {
		say(sshoal_gate_open(things->gate));
	} else if (strcmp(verb, "shut") == 0) {
		say(sshoal_gate_shut(things->gate));
	} else if (strcmp(verb, "wait") == 0) {
		say(sshoal_gate_wait(things->gate, args[0]));
	} else {
		return false;
	}
	return true;
}

int main(void)
{
	struct things things = { .queue = NULL };
	char line[128];
	int status = sshoal_gate_new(&things.gate) ? 1 : 0;
	while (status == 0 && fgets(line, sizeof line, stdin)) {
		char verb[16] = "";
		long args[3] = { 0, 0, 0 };
		(void)sscanf(line, "%15s %ld %ld %ld", verb, &args[0], &args[1],
			     &args[2]);
		if (!use_queue(&things, verb, args) &&
		    !use_others(&things, verb, args)) {
			(void)fprintf(stderr, "talk: no verb: %s", line);
			status = 2;
		}
	}
	sshoal_gate_free(things.gate);
	sshoal_semaphore_free(things.semaphore);
	sshoal_queue_free(things.queue);
	return status;
}
