/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_EVENTS_H
#define SSHOAL_FLEET_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much output waits for the scheduler before its hosts wait. */
#define EVENTS_BYTES_MAX ((size_t)4 * 1024 * 1024)

/* What the smallest piece counts for, so that a host that sends byte by byte
 * does not fill the memory. */
#define EVENT_BYTES_LEAST ((size_t)128)

enum event_kind {
	EVENT_RESOLVED,  /* a look-up is over */
	EVENT_ROUTED,    /* jump hosts can be used, or not */
	EVENT_PHASE,     /* value: the phase entered */
	EVENT_NOTE,      /* value: the level; the text follows */
	EVENT_OUTPUT,    /* value: the stream; the bytes follow */
	EVENT_FILE,      /* a file of a transfer is done with; it follows */
	EVENT_PROGRESS,  /* how far a transfer is; that follows */
	EVENT_QUESTION,  /* an attempt asks; what follows is of questions.c */
	EVENT_LOGGED_IN, /* an attempt's login is over */
	EVENT_RAISED,    /* what an attempt's sudo did is known */
	EVENT_OVER,      /* an attempt is over */
	EVENT_CHECKED,   /* the check of a batch is over */
};

/* Something a worker tells the scheduler. What follows it in memory, size
 * bytes, is of its kind. */
struct event {
	struct event *next;
	void *owner; /* the attempt or name it is about */
	size_t size;
	enum event_kind kind;
	int value;
};

/*
 * From the workers to the scheduler, in order. Output, files and progress are
 * bounded: who has some waits for room. Everything else has its place. The
 * queue frees nothing.
 */
struct events {
	pthread_mutex_t lock; /* protects the rest */
	struct event *first;
	struct event **last;
	size_t bytes; /* of what is bounded and not done with */
	int ready_fd; /* readable while there is an event */
	int room_fd;  /* readable while there is room */
	bool ready;
	bool room;
};

/* Whether events of a kind wait for room. */
bool sshoal__event_is_bounded(enum event_kind kind);

/* Whether an event has memory of its own, for who takes it to free. */
bool sshoal__event_is_freed(enum event_kind kind);

/* 0, SSHOAL_ELOCAL. */
int sshoal__events_init(struct events *events);
void sshoal__events_fini(struct events *events);

/* Adds an event that does not wait. dropped (may be NULL) is read under the
 * lock: when set, nothing is added and false is returned. */
bool sshoal__events_post(struct events *events, struct event *event,
			 const bool *dropped);

/* Adds what is bounded when there is room. 0, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED (also
 * when dropped is set): the event stays the caller's. */
int sshoal__events_post_output(struct events *events, struct event *event,
			       const bool *dropped, int64_t deadline_ms,
			       int cancel_fd);

/* Takes everything that is there, a list in order. */
struct event *sshoal__events_take(struct events *events);

/* Gives back the room of one bounded event that is done with. */
void sshoal__events_release(struct events *events, size_t bytes);

/* Sets a flag that posts read as dropped, unless that event or another of its
 * owner is waiting to be taken; whether it did. */
bool sshoal__events_drop(struct events *events, bool *dropped,
			 const struct event *unless);

#endif
