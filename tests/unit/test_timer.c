/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include <sshoal/error.h>
#include <sshoal/gate.h>
#include <sshoal/timer.h>

#include "asleep.h"
#include "base/clock.h"
#include "scarcity.h"

#define LATER_MS 600000

static sshoal_gate *new_gate(void)
{
	sshoal_gate *gate = NULL;
	assert_int_equal(sshoal_gate_new(&gate), 0);
	return gate;
}

/* What a timer's call leaves behind. */
struct call {
	sshoal_timer *timer;
	sshoal_gate *begun;
	sshoal_gate *may_end; /* NULL: it ends at once */
	sshoal_gate *over;
	atomic_uint count;
	int64_t at_us;
	pid_t id;
	sigset_t blocked;
	int cancelled; /* what a cancel from within returned */
	bool frees;
};

static void on_time(void *argument)
{
	struct call *call = argument;
	call->at_us = sshoal__clock_now_us();
	call->id = gettid();
	(void)pthread_sigmask(SIG_SETMASK, NULL, &call->blocked);
	call->cancelled = sshoal_timer_cancel(call->timer);
	call->count++;
	(void)sshoal_gate_open(call->begun);
	if (call->may_end)
		(void)sshoal_gate_wait(call->may_end, -1);
	if (call->frees)
		sshoal_timer_free(call->timer);
	(void)sshoal_gate_open(call->over);
}

static struct call new_call(void)
{
	return (struct call){ .begun = new_gate(), .over = new_gate() };
}

static void fini_call(struct call *call)
{
	sshoal_gate_free(call->over);
	sshoal_gate_free(call->may_end);
	sshoal_gate_free(call->begun);
}

static void start(struct call *call, int64_t delay_ms)
{
	assert_int_equal(
		sshoal_timer_start(&call->timer, delay_ms, on_time, call), 0);
}

static void wrong_arguments_are_refused(void **state)
{
	(void)state;
	sshoal_timer *timer = NULL;
	assert_int_equal(sshoal_timer_start(NULL, 0, on_time, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_timer_start(&timer, 0, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_timer_start(&timer, -1, on_time, NULL),
			 SSHOAL_EINVAL);
	assert_null(timer);
	assert_int_equal(sshoal_timer_cancel(NULL), SSHOAL_EINVAL);
	sshoal_timer_free(NULL);
}

static void the_function_is_called_once_its_time_has_come(void **state)
{
	(void)state;
	static const int64_t delays_ms[] = { 0, 1, 30 };
	for (size_t i = 0; i < sizeof delays_ms / sizeof *delays_ms; i++) {
		struct call call = new_call();
		int64_t before_us = sshoal__clock_now_us();
		start(&call, delays_ms[i]);
		assert_int_equal(sshoal_gate_wait(call.over, -1), 0);
		assert_true(call.at_us - before_us >= delays_ms[i] * 1000);
		assert_int_not_equal(call.id, gettid());
		assert_int_equal(sshoal_timer_cancel(call.timer),
				 SSHOAL_EINVAL);
		sshoal_timer_free(call.timer);
		assert_int_equal(call.count, 1);
		assert_int_equal(call.cancelled, SSHOAL_EINVAL);
		fini_call(&call);
	}
}

static void signals_are_left_to_the_programs_threads(void **state)
{
	(void)state;
	static const int faults[] = { SIGSEGV, SIGBUS,  SIGFPE,
				      SIGILL,  SIGTRAP, SIGSYS };
	struct call call = new_call();
	start(&call, 0);
	assert_int_equal(sshoal_gate_wait(call.over, -1), 0);
	sshoal_timer_free(call.timer);
	assert_int_equal(sigismember(&call.blocked, SIGINT), 1);
	assert_int_equal(sigismember(&call.blocked, SIGALRM), 1);
	assert_int_equal(sigismember(&call.blocked, SIGPIPE), 1);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		assert_int_equal(sigismember(&call.blocked, faults[i]), 0);
	fini_call(&call);
}

static void a_timer_cancelled_in_time_calls_nothing(void **state)
{
	(void)state;
	static const int64_t delays_ms[] = { LATER_MS, INT64_MAX / 1000,
					     INT64_MAX };
	for (size_t i = 0; i < sizeof delays_ms / sizeof *delays_ms; i++) {
		struct call call = new_call();
		start(&call, delays_ms[i]);
		assert_int_equal(sshoal_timer_cancel(call.timer), 0);
		assert_int_equal(sshoal_timer_cancel(call.timer), 0);
		sshoal_timer_free(call.timer);
		assert_int_equal(call.count, 0);
		fini_call(&call);
	}
}

static void a_timer_freed_before_its_time_calls_nothing(void **state)
{
	(void)state;
	size_t before = count_threads();
	struct call call = new_call();
	for (int i = 0; i < 50; i++) {
		start(&call, LATER_MS);
		sshoal_timer_free(call.timer);
	}
	assert_int_equal(call.count, 0);
	await_threads(before);
	fini_call(&call);
}

static void cancel_and_call_never_both_happen(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		struct call call = new_call();
		start(&call, 0);
		bool in_time = sshoal_timer_cancel(call.timer) == 0;
		sshoal_timer_free(call.timer);
		assert_int_equal(call.count, in_time ? 0 : 1);
		fini_call(&call);
	}
}

static void *free_timer(void *argument)
{
	struct call *call = argument;
	call->id = gettid();
	(void)sshoal_gate_open(call->begun);
	sshoal_timer_free(call->timer);
	return NULL;
}

static void free_waits_for_a_function_that_runs(void **state)
{
	(void)state;
	struct call call = new_call();
	call.may_end = new_gate();
	start(&call, 0);
	assert_int_equal(sshoal_gate_wait(call.begun, -1), 0);
	struct call other = { .timer = call.timer, .begun = new_gate() };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, free_timer, &other), 0);
	assert_int_equal(sshoal_gate_wait(other.begun, -1), 0);
	await_asleep(other.id);
	assert_false(sshoal_gate_is_open(call.over));
	assert_int_equal(sshoal_gate_open(call.may_end), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(sshoal_gate_is_open(call.over));
	sshoal_gate_free(other.begun);
	fini_call(&call);
}

static void a_function_may_free_its_own_timer(void **state)
{
	(void)state;
	size_t before = count_threads();
	for (int i = 0; i < 100; i++) {
		struct call call = new_call();
		call.frees = true;
		start(&call, i % 2);
		assert_int_equal(sshoal_gate_wait(call.over, -1), 0);
		assert_int_equal(call.count, 1);
		await_gone(call.id);
		fini_call(&call);
	}
	await_threads(before);
}

struct chain {
	sshoal_timer *timer;
	sshoal_gate *over;
	int left;
};

/* A timer that starts the next one, as one that repeats does. What it shares
 * is the next one's from then on. */
static void on_link(void *argument)
{
	struct chain *chain = argument;
	sshoal_timer_free(chain->timer);
	chain->timer = NULL;
	chain->left--;
	if (chain->left > 0 &&
	    sshoal_timer_start(&chain->timer, 1, on_link, chain) == 0)
		return;
	(void)sshoal_gate_open(chain->over);
}

static void a_function_may_start_the_next_timer(void **state)
{
	(void)state;
	size_t before = count_threads();
	struct chain chain = { .over = new_gate(), .left = 20 };
	assert_int_equal(sshoal_timer_start(&chain.timer, 0, on_link, &chain),
			 0);
	assert_int_equal(sshoal_gate_wait(chain.over, -1), 0);
	assert_int_equal(chain.left, 0);
	await_threads(before);
	sshoal_gate_free(chain.over);
}

static void what_the_system_refuses_comes_back_as_a_code(void **state)
{
	(void)state;
	sshoal_timer *timer = NULL;
	scarcity_of_memory(0);
	int rc = sshoal_timer_start(&timer, 0, on_time, NULL);
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ENOMEM);
	scarcity_of_threads(0);
	rc = sshoal_timer_start(&timer, 0, on_time, NULL);
	scarcity_of_threads(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	assert_null(timer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(the_function_is_called_once_its_time_has_come),
		cmocka_unit_test(signals_are_left_to_the_programs_threads),
		cmocka_unit_test(a_timer_cancelled_in_time_calls_nothing),
		cmocka_unit_test(a_timer_freed_before_its_time_calls_nothing),
		cmocka_unit_test(cancel_and_call_never_both_happen),
		cmocka_unit_test(free_waits_for_a_function_that_runs),
		cmocka_unit_test(a_function_may_free_its_own_timer),
		cmocka_unit_test(a_function_may_start_the_next_timer),
		cmocka_unit_test(what_the_system_refuses_comes_back_as_a_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
