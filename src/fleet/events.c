/* SPDX-License-Identifier: MIT */
#include "fleet/events.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/wait.h"

/*
 * Two descriptors say what is so: events are there, room is there. Each is
 * written and read under the lock, only when its word changes, so that a busy
 * queue costs no system calls.
 */

static void say(int fd, bool *word, bool value)
{
	if (*word == value)
		return;
	uint64_t count = 1;
	/* Neither can block: the counter goes from 0 to 1 and back. */
	ssize_t n = value ? write(fd, &count, sizeof count) :
			    read(fd, &count, sizeof count);
	if (n == (ssize_t)sizeof count)
		*word = value;
}

bool sshoal__event_is_bounded(enum event_kind kind)
{
	return kind == EVENT_OUTPUT || kind == EVENT_FILE ||
	       kind == EVENT_PROGRESS;
}

bool sshoal__event_is_freed(enum event_kind kind)
{
	return sshoal__event_is_bounded(kind) || kind == EVENT_NOTE ||
	       kind == EVENT_PHASE;
}

/* What a bounded event takes: at least its own memory. */
static size_t cost_of(size_t bytes)
{
	return bytes < EVENT_BYTES_LEAST ? EVENT_BYTES_LEAST : bytes;
}

int sshoal__events_init(struct events *events)
{
	int ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int room_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ready_fd < 0 || room_fd < 0) {
		if (ready_fd >= 0)
			(void)close(ready_fd);
		if (room_fd >= 0)
			(void)close(room_fd);
		return SSHOAL_ELOCAL;
	}
	*events = (struct events){
		.ready_fd = ready_fd,
		.room_fd = room_fd,
		.room = true,
	};
	events->last = &events->first;
	(void)pthread_mutex_init(&events->lock, NULL);
	return 0;
}

void sshoal__events_fini(struct events *events)
{
	(void)pthread_mutex_destroy(&events->lock);
	(void)close(events->ready_fd);
	(void)close(events->room_fd);
}

static void append(struct events *events, struct event *event)
{
	event->next = NULL;
	*events->last = event;
	events->last = &event->next;
	say(events->ready_fd, &events->ready, true);
}

bool sshoal__events_post(struct events *events, struct event *event,
			 const bool *dropped)
{
	(void)pthread_mutex_lock(&events->lock);
	bool taken = !dropped || !*dropped;
	if (taken)
		append(events, event);
	(void)pthread_mutex_unlock(&events->lock);
	return taken;
}

int sshoal__events_post_output(struct events *events, struct event *event,
			       const bool *dropped, int64_t deadline_ms,
			       int cancel_fd)
{
	for (;;) {
		(void)pthread_mutex_lock(&events->lock);
		bool gone = *dropped;
		bool room = events->bytes < EVENTS_BYTES_MAX;
		if (!gone && room) {
			events->bytes += cost_of(event->size);
			append(events, event);
		}
		if (!room)
			say(events->room_fd, &events->room, false);
		(void)pthread_mutex_unlock(&events->lock);
		if (gone)
			return SSHOAL_ECANCELLED;
		if (room)
			return 0;
		struct pollfd wanted = { .fd = events->room_fd,
					 .events = POLLIN };
		int n = sshoal__wait_any(&wanted, 1, deadline_ms, cancel_fd);
		if (n < 0)
			return n;
	}
}

struct event *sshoal__events_take(struct events *events)
{
	(void)pthread_mutex_lock(&events->lock);
	struct event *first = events->first;
	events->first = NULL;
	events->last = &events->first;
	say(events->ready_fd, &events->ready, false);
	(void)pthread_mutex_unlock(&events->lock);
	return first;
}

void sshoal__events_release(struct events *events, size_t bytes)
{
	(void)pthread_mutex_lock(&events->lock);
	events->bytes -= cost_of(bytes);
	if (events->bytes <= EVENTS_BYTES_MAX / 2)
		say(events->room_fd, &events->room, true);
	(void)pthread_mutex_unlock(&events->lock);
}

bool sshoal__events_drop(struct events *events, bool *dropped,
			 const struct event *unless)
{
	(void)pthread_mutex_lock(&events->lock);
	const struct event *event = events->first;
	while (event && event->owner != unless->owner)
		event = event->next;
	if (!event)
		*dropped = true;
	(void)pthread_mutex_unlock(&events->lock);
	return !event;
}
