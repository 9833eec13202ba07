/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "fleet/events.h"

/* The queue never looks at what follows an event, so a size costs nothing. */
#define PIECE ((size_t)32 * 1024)
#define PIECES_MAX (EVENTS_BYTES_MAX / PIECE)

static const bool kept;

/* The queue holds its own address, so it must not move once it is used. */
static void init(struct events *events)
{
	assert_int_equal(sshoal__events_init(events), 0);
}

static bool is_readable(int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	return sshoal__wait_any(&wanted, 1, 0, -1) == 1;
}

static struct event output(size_t size)
{
	return (struct event){ .size = size, .kind = EVENT_OUTPUT };
}

/* Fills the queue with output until it takes no more. */
static size_t fill(struct events *events, struct event *pieces, size_t count)
{
	size_t taken = 0;
	for (; taken < count; taken++) {
		pieces[taken] = output(PIECE);
		int rc = sshoal__events_post_output(events, &pieces[taken],
						    &kept, 0, -1);
		if (rc) {
			assert_int_equal(rc, SSHOAL_ETIMEOUT);
			break;
		}
	}
	return taken;
}

static void events_come_in_the_order_they_were_posted(void **state)
{
	(void)state;
	struct events events;
	init(&events);
	struct event posted[20];
	for (int round = 0; round < 3; round++) {
		assert_null(sshoal__events_take(&events));
		assert_false(is_readable(events.ready_fd));
		for (size_t i = 0; i < 20; i++) {
			posted[i] = output(i);
			if (i % 2)
				assert_int_equal(sshoal__events_post_output(
							 &events, &posted[i],
							 &kept, 0, -1),
						 0);
			else
				assert_true(sshoal__events_post(
					&events, &posted[i], NULL));
			assert_true(is_readable(events.ready_fd));
		}
		struct event *event = sshoal__events_take(&events);
		for (size_t i = 0; i < 20; i++, event = event->next)
			assert_ptr_equal(event, &posted[i]);
		assert_null(event);
		assert_false(is_readable(events.ready_fd));
	}
	sshoal__events_fini(&events);
}

static void output_has_room_up_to_its_limit_and_no_further(void **state)
{
	(void)state;
	static struct event pieces[2 * PIECES_MAX];
	struct events events;
	init(&events);
	assert_int_equal(fill(&events, pieces, 2 * PIECES_MAX), PIECES_MAX);
	/* Taken is not yet done with. */
	assert_non_null(sshoal__events_take(&events));
	assert_int_equal(fill(&events, pieces, 1), 0);
	sshoal__events_release(&events, EVENTS_BYTES_MAX);
	assert_int_equal(events.bytes, 0);
	assert_int_equal(fill(&events, pieces, 2 * PIECES_MAX), PIECES_MAX);
	sshoal__events_fini(&events);
}

static void what_is_no_output_needs_no_room(void **state)
{
	(void)state;
	static struct event pieces[2 * PIECES_MAX];
	struct events events;
	init(&events);
	(void)fill(&events, pieces, 2 * PIECES_MAX);
	struct event over = { .size = EVENTS_BYTES_MAX, .kind = EVENT_OVER };
	assert_true(sshoal__events_post(&events, &over, NULL));
	assert_int_equal(events.bytes, EVENTS_BYTES_MAX);
	sshoal__events_fini(&events);
}

struct producer {
	pthread_t thread;
	_Atomic pid_t id;
	atomic_bool ended;
	struct events *events;
	struct event event;
	bool dropped; /* under the queue's lock */
	int64_t deadline_ms;
	int cancel_fd;
	int rc;
};

static void *produce_one(void *argument)
{
	struct producer *producer = argument;
	producer->id = gettid();
	producer->rc = sshoal__events_post_output(
		producer->events, &producer->event, &producer->dropped,
		producer->deadline_ms, producer->cancel_fd);
	producer->ended = true;
	return NULL;
}

/* Starts a producer and returns when it waits for room, or has ended. */
static void start_producer(struct producer *producer, struct events *events,
			   int64_t timeout_ms, int cancel_fd)
{
	*producer = (struct producer){
		.events = events,
		.event = output(PIECE),
		.deadline_ms = sshoal__deadline_in(timeout_ms),
		.cancel_fd = cancel_fd,
	};
	assert_int_equal(
		pthread_create(&producer->thread, NULL, produce_one, producer),
		0);
	while (producer->id == 0)
		(void)sched_yield();
	while (thread_state(producer->id) != 'S' && !producer->ended)
		(void)sched_yield();
}

static int end_producer(struct producer *producer)
{
	assert_int_equal(pthread_join(producer->thread, NULL), 0);
	return producer->rc;
}

static void every_producer_goes_on_when_there_is_room(void **state)
{
	(void)state;
	static struct event pieces[2 * PIECES_MAX];
	struct producer producers[4];
	struct events events;
	init(&events);
	(void)fill(&events, pieces, 2 * PIECES_MAX);
	for (size_t i = 0; i < 4; i++)
		start_producer(&producers[i], &events, -1, -1);
	(void)sshoal__events_take(&events);
	for (size_t i = 0; i < 4; i++)
		assert_false(producers[i].ended);
	for (size_t i = 0; i < PIECES_MAX; i++)
		sshoal__events_release(&events, PIECE);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(end_producer(&producers[i]), 0);
	assert_int_equal(events.bytes, 4 * PIECE);
	size_t count = 0;
	struct event *event = sshoal__events_take(&events);
	for (; event; event = event->next)
		count++;
	assert_int_equal(count, 4);
	sshoal__events_fini(&events);
}

static void a_cancel_ends_the_wait_for_room(void **state)
{
	(void)state;
	static struct event pieces[2 * PIECES_MAX];
	struct producer producer;
	struct events events;
	int cancel_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(cancel_fd >= 0);
	init(&events);
	(void)fill(&events, pieces, 2 * PIECES_MAX);
	start_producer(&producer, &events, -1, cancel_fd);
	assert_false(producer.ended);
	const uint64_t one = 1;
	assert_int_equal(write(cancel_fd, &one, sizeof one), sizeof one);
	assert_int_equal(end_producer(&producer), SSHOAL_ECANCELLED);
	assert_int_equal(events.bytes, EVENTS_BYTES_MAX);
	(void)close(cancel_fd);
	sshoal__events_fini(&events);
}

static void a_deadline_ends_the_wait_for_room(void **state)
{
	(void)state;
	static struct event pieces[2 * PIECES_MAX];
	struct producer producer;
	struct events events;
	init(&events);
	(void)fill(&events, pieces, 2 * PIECES_MAX);
	start_producer(&producer, &events, 30, -1);
	assert_int_equal(end_producer(&producer), SSHOAL_ETIMEOUT);
	assert_true(sshoal__clock_now_ms() >= producer.deadline_ms);
	assert_int_equal(events.bytes, EVENTS_BYTES_MAX);
	sshoal__events_fini(&events);
}

static void a_dropped_producer_adds_nothing(void **state)
{
	(void)state;
	struct events events;
	init(&events);
	int owner = 0;
	struct event over = { .owner = &owner, .kind = EVENT_OVER };
	struct event piece = output(PIECE);
	bool dropped = false;
	assert_true(sshoal__events_drop(&events, &dropped, &over));
	assert_true(dropped);
	assert_false(sshoal__events_post(&events, &over, &dropped));
	assert_int_equal(sshoal__events_post_output(&events, &piece, &dropped,
						    DEADLINE_NONE, -1),
			 SSHOAL_ECANCELLED);
	assert_null(sshoal__events_take(&events));
	assert_int_equal(events.bytes, 0);
	sshoal__events_fini(&events);
}

static void small_pieces_count_for_their_events(void **state)
{
	(void)state;
	enum { COUNT = EVENTS_BYTES_MAX / EVENT_BYTES_LEAST };
	static struct event pieces[COUNT + 1];
	struct events events;
	const bool dropped = false;
	init(&events);
	for (size_t i = 0; i < COUNT; i++) {
		pieces[i] = output(1);
		assert_int_equal(sshoal__events_post_output(&events, &pieces[i],
							    &dropped, 0, -1),
				 0);
	}
	pieces[COUNT] = output(1);
	assert_int_equal(sshoal__events_post_output(&events, &pieces[COUNT],
						    &dropped, 0, -1),
			 SSHOAL_ETIMEOUT);
	for (size_t i = 0; i < COUNT; i++)
		sshoal__events_release(&events, 1);
	assert_int_equal(events.bytes, 0);
	sshoal__events_fini(&events);
}

static void a_producer_dropped_while_it_waits_adds_nothing(void **state)
{
	(void)state;
	static struct event pieces[2 * PIECES_MAX];
	struct producer producer;
	struct events events;
	init(&events);
	(void)fill(&events, pieces, 2 * PIECES_MAX);
	start_producer(&producer, &events, -1, -1);
	struct event over = { .owner = &producer, .kind = EVENT_OVER };
	assert_true(sshoal__events_drop(&events, &producer.dropped, &over));
	(void)sshoal__events_take(&events);
	sshoal__events_release(&events, EVENTS_BYTES_MAX);
	assert_int_equal(end_producer(&producer), SSHOAL_ECANCELLED);
	assert_null(sshoal__events_take(&events));
	sshoal__events_fini(&events);
}

/* Else the scheduler would take an event whose memory its owner gave back. */
static void nobody_is_dropped_who_has_an_event_waiting(void **state)
{
	(void)state;
	struct events events;
	init(&events);
	int owner = 0;
	int other = 0;
	struct event logged_in = { .owner = &owner, .kind = EVENT_LOGGED_IN };
	struct event over = { .owner = &owner, .kind = EVENT_OVER };
	struct event others = { .owner = &other, .kind = EVENT_OVER };
	struct event *const waiting[] = { &logged_in, &over };
	for (size_t i = 0; i < 2; i++) {
		bool dropped = false;
		assert_true(sshoal__events_post(&events, &others, NULL));
		assert_true(sshoal__events_post(&events, waiting[i], &dropped));
		assert_false(sshoal__events_drop(&events, &dropped, &over));
		assert_false(dropped);
		(void)sshoal__events_take(&events);
		assert_true(sshoal__events_post(&events, &others, NULL));
		assert_true(sshoal__events_drop(&events, &dropped, &over));
		assert_true(dropped);
		(void)sshoal__events_take(&events);
	}
	sshoal__events_fini(&events);
}

#define CROWD 8
#define EACH 3000

struct member {
	pthread_t thread;
	struct events *events;
	struct event posted[EACH];
	int next; /* the consumer's: which one must come next */
	int rc;
};

static void *post_many(void *argument)
{
	struct member *member = argument;
	for (int i = 0; i < EACH && member->rc == 0; i++) {
		struct event *event = &member->posted[i];
		*event = output(i % 3 ? 1000 : 3 * PIECE);
		event->owner = member;
		event->value = i;
		if (i % 5 == 4) {
			event->kind = EVENT_PHASE;
			(void)sshoal__events_post(member->events, event, &kept);
			continue;
		}
		member->rc = sshoal__events_post_output(
			member->events, event, &kept, DEADLINE_NONE, -1);
	}
	return NULL;
}

/* Returns how many events came, each the next one of its producer. */
static int consume(struct events *events)
{
	int count = 0;
	struct event *event = sshoal__events_take(events);
	while (event) {
		/* Its memory is its producer's, as soon as it is released. */
		struct event *next = event->next;
		struct member *member = event->owner;
		assert_int_equal(event->value, member->next);
		member->next++;
		count++;
		if (event->kind == EVENT_OUTPUT)
			sshoal__events_release(events, event->size);
		event = next;
	}
	return count;
}

static void many_producers_lose_nothing_and_keep_their_order(void **state)
{
	(void)state;
	struct events events;
	struct member *members = calloc(CROWD, sizeof *members);
	assert_non_null(members);
	init(&events);
	for (size_t i = 0; i < CROWD; i++) {
		members[i].events = &events;
		assert_int_equal(pthread_create(&members[i].thread, NULL,
						post_many, &members[i]),
				 0);
	}
	int count = 0;
	while (count < CROWD * EACH) {
		struct pollfd wanted = { .fd = events.ready_fd,
					 .events = POLLIN };
		assert_int_equal(sshoal__wait_any(&wanted, 1,
						  sshoal__deadline_in(60000),
						  -1),
				 1);
		(void)pthread_mutex_lock(&events.lock);
		size_t bytes = events.bytes;
		(void)pthread_mutex_unlock(&events.lock);
		assert_in_range(bytes, 0, EVENTS_BYTES_MAX + 3 * PIECE - 1);
		count += consume(&events);
	}
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(pthread_join(members[i].thread, NULL), 0);
		assert_int_equal(members[i].rc, 0);
		assert_int_equal(members[i].next, EACH);
	}
	assert_int_equal(events.bytes, 0);
	assert_null(sshoal__events_take(&events));
	sshoal__events_fini(&events);
	free(members);
}

static void no_descriptor_left_is_told_and_none_is_kept(void **state)
{
	(void)state;
	struct rlimit before;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	int lowest = dup(STDIN_FILENO);
	assert_true(lowest >= 0);
	(void)close(lowest);
	for (unsigned left = 0; left < 2; left++) {
		struct events events;
		const struct rlimit few = {
			.rlim_cur = (rlim_t)lowest + left,
			.rlim_max = before.rlim_max,
		};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		int rc = sshoal__events_init(&events);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(rc, SSHOAL_ELOCAL);
		int again = dup(STDIN_FILENO);
		assert_int_equal(again, lowest);
		(void)close(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_pieces_count_for_their_events),
		cmocka_unit_test(events_come_in_the_order_they_were_posted),
		cmocka_unit_test(
			output_has_room_up_to_its_limit_and_no_further),
		cmocka_unit_test(what_is_no_output_needs_no_room),
		cmocka_unit_test(every_producer_goes_on_when_there_is_room),
		cmocka_unit_test(a_cancel_ends_the_wait_for_room),
		cmocka_unit_test(a_deadline_ends_the_wait_for_room),
		cmocka_unit_test(a_dropped_producer_adds_nothing),
		cmocka_unit_test(
			a_producer_dropped_while_it_waits_adds_nothing),
		cmocka_unit_test(nobody_is_dropped_who_has_an_event_waiting),
		cmocka_unit_test(
			many_producers_lose_nothing_and_keep_their_order),
		cmocka_unit_test(no_descriptor_left_is_told_and_none_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
