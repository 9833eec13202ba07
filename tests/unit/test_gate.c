/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sshoal/error.h>

#include "asleep.h"
#include "base/clock.h"
#include "scarcity.h"
#include "work/gate.h"

#define CROWD 16

static const int64_t long_timeouts[] = { -1, 60000, INT64_MAX / 1000,
					 INT64_MAX };
#define LONG_TIMEOUTS (sizeof long_timeouts / sizeof *long_timeouts)

static sshoal_gate *new_gate(void)
{
	sshoal_gate *gate = NULL;
	assert_int_equal(sshoal_gate_new(&gate), 0);
	assert_non_null(gate);
	return gate;
}

static bool is_readable(int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	return poll(&wanted, 1, 0) == 1 && wanted.revents == POLLIN;
}

static void assert_gate(sshoal_gate *gate, bool is_open)
{
	assert_int_equal(sshoal_gate_is_open(gate), is_open);
	assert_int_equal(is_readable(sshoal__gate_fd(gate)), is_open);
	assert_int_equal(sshoal_gate_wait(gate, 0),
			 is_open ? 0 : SSHOAL_ETIMEOUT);
}

static void wrong_arguments_are_refused(void **state)
{
	(void)state;
	assert_int_equal(sshoal_gate_new(NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_gate_open(NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_gate_shut(NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_gate_wait(NULL, 0), SSHOAL_EINVAL);
	assert_false(sshoal_gate_is_open(NULL));
	assert_null(sshoal__gate_ref(NULL));
	sshoal_gate_free(NULL);
	sshoal_gate *gate = new_gate();
	assert_int_equal(sshoal_gate_wait(gate, -2), SSHOAL_EINVAL);
	assert_int_equal(sshoal_gate_wait(gate, INT64_MIN), SSHOAL_EINVAL);
	sshoal_gate_free(gate);
}

static void a_gate_is_shut_until_it_is_opened(void **state)
{
	(void)state;
	sshoal_gate *gate = new_gate();
	assert_gate(gate, false);
	for (int i = 0; i < 3; i++) {
		/* Once more changes nothing. */
		assert_int_equal(sshoal_gate_open(gate), 0);
		assert_int_equal(sshoal_gate_open(gate), 0);
		assert_gate(gate, true);
		assert_int_equal(sshoal_gate_wait(gate, -1), 0);
		assert_int_equal(sshoal_gate_shut(gate), 0);
		assert_int_equal(sshoal_gate_shut(gate), 0);
		assert_gate(gate, false);
	}
	sshoal_gate_free(gate);
}

static void waiting_ends_no_earlier_than_its_limit(void **state)
{
	(void)state;
	sshoal_gate *gate = new_gate();
	int64_t before_us = sshoal__clock_now_us();
	assert_int_equal(sshoal_gate_wait(gate, 30), SSHOAL_ETIMEOUT);
	assert_in_range(sshoal__clock_now_us() - before_us, 30000, 20000000);
	sshoal_gate_free(gate);
}

struct waiter {
	sshoal_gate *gate;
	int64_t timeout_ms;
	pthread_t thread;
	_Atomic pid_t id;
	int rc;
};

static void *waiter_main(void *argument)
{
	struct waiter *waiter = argument;
	waiter->id = gettid();
	waiter->rc = sshoal_gate_wait(waiter->gate, waiter->timeout_ms);
	return NULL;
}

/* Returns when each of a crowd waits at the gate. */
static void start_crowd(struct waiter *waiters, sshoal_gate *gate)
{
	for (size_t i = 0; i < CROWD; i++) {
		waiters[i] = (struct waiter){
			.gate = gate,
			.timeout_ms = long_timeouts[i % LONG_TIMEOUTS],
			.rc = 1
		};
		assert_int_equal(pthread_create(&waiters[i].thread, NULL,
						waiter_main, &waiters[i]),
				 0);
	}
	for (size_t i = 0; i < CROWD; i++) {
		while (waiters[i].id == 0)
			(void)sched_yield();
		await_asleep(waiters[i].id);
	}
}

static void assert_crowd_passed(struct waiter *waiters)
{
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
		assert_int_equal(waiters[i].rc, 0);
	}
}

static void opening_lets_all_who_wait_pass(void **state)
{
	(void)state;
	struct waiter waiters[CROWD];
	sshoal_gate *gate = new_gate();
	start_crowd(waiters, gate);
	assert_int_equal(sshoal_gate_open(gate), 0);
	assert_crowd_passed(waiters);
	assert_gate(gate, true);
	sshoal_gate_free(gate);
}

static void all_who_waited_pass_though_it_is_shut_again_at_once(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct waiter waiters[CROWD];
		sshoal_gate *gate = new_gate();
		start_crowd(waiters, gate);
		assert_int_equal(sshoal_gate_open(gate), 0);
		assert_int_equal(sshoal_gate_shut(gate), 0);
		assert_crowd_passed(waiters);
		assert_gate(gate, false);
		sshoal_gate_free(gate);
	}
}

static void *move_often(void *argument)
{
	sshoal_gate *gate = argument;
	for (int i = 0; i < 10000; i++) {
		(void)sshoal_gate_open(gate);
		(void)sshoal_gate_shut(gate);
	}
	return NULL;
}

static void the_descriptor_agrees_after_many_threads_moved_it(void **state)
{
	(void)state;
	sshoal_gate *gate = new_gate();
	pthread_t threads[4];
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, move_often, gate), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_gate(gate, false);
	assert_int_equal(sshoal_gate_open(gate), 0);
	assert_gate(gate, true);
	sshoal_gate_free(gate);
}

static void the_last_reference_closes_the_descriptor(void **state)
{
	(void)state;
	sshoal_gate *gate = new_gate();
	int fd = sshoal__gate_fd(gate);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_ptr_equal(sshoal__gate_ref(gate), gate);
	sshoal_gate_free(gate);
	assert_int_equal(sshoal_gate_open(gate), 0);
	assert_gate(gate, true);
	sshoal_gate_free(gate);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void what_the_system_refuses_comes_back_as_a_code(void **state)
{
	(void)state;
	sshoal_gate *gate = NULL;
	scarcity_of_memory(0);
	int rc = sshoal_gate_new(&gate);
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ENOMEM);
	struct rlimit before, none;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = sshoal_gate_new(&gate);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	assert_null(gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(a_gate_is_shut_until_it_is_opened),
		cmocka_unit_test(waiting_ends_no_earlier_than_its_limit),
		cmocka_unit_test(opening_lets_all_who_wait_pass),
		cmocka_unit_test(
			all_who_waited_pass_though_it_is_shut_again_at_once),
		cmocka_unit_test(
			the_descriptor_agrees_after_many_threads_moved_it),
		cmocka_unit_test(the_last_reference_closes_the_descriptor),
		cmocka_unit_test(what_the_system_refuses_comes_back_as_a_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
