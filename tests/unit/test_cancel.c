/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sshoal/error.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/wait.h"
#include "work/cancel.h"

#define WAITERS 32

static sshoal_cancel *new_cancel(void)
{
	sshoal_cancel *cancel = NULL;
	assert_int_equal(sshoal_cancel_new(&cancel), 0);
	assert_non_null(cancel);
	return cancel;
}

static bool is_readable(int fd)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };
	return poll(&entry, 1, 0) == 1 && entry.revents == POLLIN;
}

/* Whether flag and descriptor of both levels say the same, and this. */
static void assert_levels(const sshoal_cancel *cancel, bool end, bool abort)
{
	assert_int_equal(sshoal_cancel_is_triggered(cancel, SSHOAL_CANCEL_END),
			 end);
	assert_int_equal(
		sshoal_cancel_is_triggered(cancel, SSHOAL_CANCEL_ABORT), abort);
	assert_int_equal(
		is_readable(sshoal_cancel_fd(cancel, SSHOAL_CANCEL_END)), end);
	assert_int_equal(
		is_readable(sshoal_cancel_fd(cancel, SSHOAL_CANCEL_ABORT)),
		abort);
}

static void at_first_no_level_is_set(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	assert_levels(cancel, false, false);
	sshoal_cancel_free(cancel);
}

static void end_leaves_the_ending_alone(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_END), 0);
	assert_levels(cancel, true, false);
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_ABORT), 0);
	assert_levels(cancel, true, true);
	sshoal_cancel_free(cancel);
}

static void abort_includes_end(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_ABORT), 0);
	assert_levels(cancel, true, true);
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_END), 0);
	assert_levels(cancel, true, true);
	sshoal_cancel_free(cancel);
}

static void a_level_stays_set_whoever_reads_its_descriptor(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	int fd = sshoal_cancel_fd(cancel, SSHOAL_CANCEL_END);
	for (int i = 0; i < 1000; i++) {
		uint64_t value = 0;
		assert_int_equal(
			sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_END), 0);
		assert_int_equal(read(fd, &value, sizeof value), sizeof value);
		assert_int_equal(read(fd, &value, sizeof value), sizeof value);
		assert_levels(cancel, true, false);
	}
	sshoal_cancel_free(cancel);
}

static void descriptors_do_not_reach_other_programs(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	for (int level = SSHOAL_CANCEL_END; level <= SSHOAL_CANCEL_ABORT;
	     level++) {
		int fd = sshoal_cancel_fd(cancel, level);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	}
	sshoal_cancel_free(cancel);
}

static void wrong_arguments_are_refused(void **state)
{
	(void)state;
	static const int levels[] = { 0, 3, 4, -1, INT32_MAX, INT32_MIN };
	sshoal_cancel *cancel = new_cancel();
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		assert_int_equal(sshoal_cancel_trigger(cancel, levels[i]),
				 SSHOAL_EINVAL);
		assert_int_equal(sshoal_cancel_fd(cancel, levels[i]), -1);
		assert_false(sshoal_cancel_is_triggered(cancel, levels[i]));
	}
	assert_levels(cancel, false, false);
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_ABORT), 0);
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		assert_false(sshoal_cancel_is_triggered(cancel, levels[i]));
	sshoal_cancel_free(cancel);

	assert_int_equal(sshoal_cancel_new(NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_cancel_trigger(NULL, SSHOAL_CANCEL_END),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_cancel_fd(NULL, SSHOAL_CANCEL_END), -1);
	assert_false(sshoal_cancel_is_triggered(NULL, SSHOAL_CANCEL_END));
	assert_null(sshoal__cancel_ref(NULL));
	sshoal_cancel_free(NULL);
}

static void the_last_reference_closes_the_descriptors(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	int end_fd = sshoal_cancel_fd(cancel, SSHOAL_CANCEL_END);
	int abort_fd = sshoal_cancel_fd(cancel, SSHOAL_CANCEL_ABORT);
	assert_ptr_equal(sshoal__cancel_ref(cancel), cancel);
	sshoal_cancel_free(cancel);
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_END), 0);
	assert_levels(cancel, true, false);
	sshoal_cancel_free(cancel);
	assert_int_equal(fcntl(end_fd, F_GETFD), -1);
	assert_int_equal(fcntl(abort_fd, F_GETFD), -1);
}

/* Leaves room for this many descriptors beyond those that are open. */
static int new_with_room_for(sshoal_cancel **cancel, rlim_t room)
{
	struct rlimit before, limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	int next = dup(STDIN_FILENO);
	assert_true(next >= 0);
	(void)close(next);
	limit = before;
	limit.rlim_cur = (rlim_t)next + room;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	int rc = sshoal_cancel_new(cancel);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	int after = dup(STDIN_FILENO);
	(void)close(after);
	if (rc)
		assert_int_equal(after, next);
	return rc;
}

static void without_descriptors_there_is_none_and_nothing_leaks(void **state)
{
	(void)state;
	sshoal_cancel *cancel = NULL;
	assert_int_equal(new_with_room_for(&cancel, 0), SSHOAL_ELOCAL);
	assert_null(cancel);
	assert_int_equal(new_with_room_for(&cancel, 1), SSHOAL_ELOCAL);
	assert_null(cancel);
	assert_int_equal(new_with_room_for(&cancel, 2), 0);
	sshoal_cancel_free(cancel);
}

struct waiter {
	sshoal_cancel *cancel;
	pthread_barrier_t *ready;
	pid_t id;
	int level;
	int rc;
	bool was_set;
};

static void *wait_for_level(void *argument)
{
	struct waiter *waiter = argument;
	waiter->id = gettid();
	(void)pthread_barrier_wait(waiter->ready);
	waiter->rc = sshoal__wait_any(
		NULL, 0, DEADLINE_NONE,
		sshoal_cancel_fd(waiter->cancel, waiter->level));
	waiter->was_set =
		sshoal_cancel_is_triggered(waiter->cancel, waiter->level);
	sshoal_cancel_free(waiter->cancel);
	return NULL;
}

static void one_trigger_wakes_all_who_wait(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	struct waiter waiters[WAITERS];
	pthread_t threads[WAITERS];
	pthread_barrier_t ready;
	assert_int_equal(pthread_barrier_init(&ready, NULL, WAITERS + 1), 0);
	for (int i = 0; i < WAITERS; i++) {
		waiters[i] =
			(struct waiter){ .cancel = sshoal__cancel_ref(cancel),
					 .ready = &ready,
					 .level = i % 2 ? SSHOAL_CANCEL_END :
							  SSHOAL_CANCEL_ABORT };
		assert_int_equal(pthread_create(&threads[i], NULL,
						wait_for_level, &waiters[i]),
				 0);
	}
	(void)pthread_barrier_wait(&ready);
	for (int i = 0; i < WAITERS; i++)
		await_asleep(waiters[i].id);
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_ABORT), 0);
	sshoal_cancel_free(cancel);
	for (int i = 0; i < WAITERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(waiters[i].rc, SSHOAL_ECANCELLED);
		assert_true(waiters[i].was_set);
	}
	(void)pthread_barrier_destroy(&ready);
}

/* What a program has for its handler; written before the handler is set. */
static sshoal_cancel *of_handler;

static void trigger_from_handler(int number)
{
	int saved = errno;
	errno = ERANGE;
	(void)sshoal_cancel_trigger(of_handler, number == SIGUSR1 ?
							SSHOAL_CANCEL_END :
							SSHOAL_CANCEL_ABORT);
	/* A handler that changes errno breaks what it interrupts. */
	if (errno != ERANGE)
		_exit(3);
	errno = saved;
}

static void *signal_main_thread(void *argument)
{
	struct waiter *waiter = argument;
	await_asleep(waiter->id);
	(void)kill(getpid(), SIGUSR1);
	return NULL;
}

static void a_signal_handler_may_trigger(void **state)
{
	(void)state;
	sshoal_cancel *cancel = new_cancel();
	of_handler = cancel;
	struct sigaction action = { .sa_handler = trigger_from_handler };
	struct sigaction before[2];
	assert_int_equal(sigaction(SIGUSR1, &action, &before[0]), 0);
	assert_int_equal(sigaction(SIGUSR2, &action, &before[1]), 0);

	/* While this thread waits. */
	struct waiter here = { .id = gettid() };
	pthread_t thread;
	assert_int_equal(
		pthread_create(&thread, NULL, signal_main_thread, &here), 0);
	int rc = sshoal__wait_any(NULL, 0, DEADLINE_NONE,
				  sshoal_cancel_fd(cancel, SSHOAL_CANCEL_END));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(rc, SSHOAL_ECANCELLED);
	assert_levels(cancel, true, false);

	/* In between, many times, with a counter that is full already. */
	for (int i = 0; i < 100; i++) {
		assert_int_equal(raise(SIGUSR1), 0);
		assert_int_equal(raise(SIGUSR2), 0);
	}
	assert_levels(cancel, true, true);
	assert_int_equal(sigaction(SIGUSR1, &before[0], NULL), 0);
	assert_int_equal(sigaction(SIGUSR2, &before[1], NULL), 0);
	sshoal_cancel_free(cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_first_no_level_is_set),
		cmocka_unit_test(end_leaves_the_ending_alone),
		cmocka_unit_test(abort_includes_end),
		cmocka_unit_test(
			a_level_stays_set_whoever_reads_its_descriptor),
		cmocka_unit_test(descriptors_do_not_reach_other_programs),
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(the_last_reference_closes_the_descriptors),
		cmocka_unit_test(
			without_descriptors_there_is_none_and_nothing_leaks),
		cmocka_unit_test(one_trigger_wakes_all_who_wait),
		cmocka_unit_test(a_signal_handler_may_trigger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
