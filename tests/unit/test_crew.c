/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "asleep.h"
#include "rig.h"
#include "scarcity.h"
#include "work/pool.h"

static void *read_mask(void *argument)
{
	sigset_t *mask = argument;
	(void)pthread_sigmask(SIG_SETMASK, NULL, mask);
	return NULL;
}

static void signals_are_left_to_the_programs_threads(void **state)
{
	(void)state;
	static const int faults[] = { SIGSEGV, SIGBUS,  SIGFPE,
				      SIGILL,  SIGTRAP, SIGSYS };
	sigset_t before, after, inside;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &before);
	sshoal_pool *pool = rig_fifo(1);
	sshoal_future *future = rig_submit(pool, read_mask, &inside);
	assert_int_equal(sshoal_future_wait(future, NULL, -1), 0);
	sshoal_future_free(future);
	sshoal_pool_free(pool);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int number = 1; number <= SIGRTMAX; number++) {
		/* Nobody can block these; libc keeps those it uses open. */
		bool is_open = number == SIGKILL || number == SIGSTOP ||
			       (number >= 32 && number < SIGRTMIN);
		for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
			is_open = is_open || number == faults[i];
		if (sigismember(&inside, number) != !is_open)
			fail_msg("signal %d inside", number);
		if (sigismember(&before, number) != sigismember(&after, number))
			fail_msg("signal %d outside", number);
	}
}

static void refused_threads_leave_the_work_to_others(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(8);
	struct rig_door door = rig_door();
	scarcity_of_threads(2);
	sshoal_future_free(rig_occupy(pool, &door));
	sshoal_future_free(rig_occupy(pool, &door));
	assert_int_equal(sshoal__pool_refused(pool), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_wait_at, &door, 0, NULL),
			0);
	assert_int_equal(sshoal__pool_refused(pool), 5);
	assert_int_equal(sshoal__pool_threads(pool), 2);
	rig_open(&door);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	scarcity_of_threads(NO_SCARCITY);
	assert_int_equal(door.passed, 7);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void a_refused_thread_does_not_count_as_room(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_pool(8, SSHOAL_QUEUE_FIFO, 1);
	struct rig_door door = rig_door();
	scarcity_of_threads(1);
	sshoal_future_free(rig_occupy(pool, &door));
	sshoal_future_free(rig_submit(pool, rig_wait_at, &door));
	assert_int_equal(sshoal_pool_submit(pool, rig_wait_at, &door, 0, NULL),
			 SSHOAL_EFULL);
	scarcity_of_threads(NO_SCARCITY);
	/* One is granted again, and takes what waited first. */
	sshoal_future_free(rig_submit(pool, rig_wait_at, &door));
	rig_await(&door.waiting, 2);
	rig_open(&door);
	sshoal_pool_free(pool);
	assert_int_equal(door.passed, 3);
	rig_close(&door);
}

static void count_result(void *result, void *data)
{
	(void)result;
	(void)rig_count_up(data);
}

static void without_any_thread_work_is_not_taken(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(8);
	sshoal_future *future = NULL;
	atomic_uint count = 0;
	scarcity_of_threads(0);
	assert_int_equal(
		sshoal_pool_submit(pool, rig_count_up, &count, 0, &future),
		SSHOAL_ELOCAL);
	assert_int_equal(sshoal_pool_submit_callback(pool, rig_count_up, &count,
						     count_result, &count),
			 SSHOAL_ELOCAL);
	scarcity_of_threads(NO_SCARCITY);
	assert_null(future);
	assert_int_equal(sshoal__pool_refused(pool), 2);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(count, 0);
	rig_assert_result(rig_submit(pool, rig_count_up, &count), &count);
	assert_int_equal(count, 1);
	sshoal_pool_free(pool);
}

static void a_stack_nobody_has_is_refused_by_the_system(void **state)
{
	(void)state;
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.stack_size_bytes = (size_t)1 << 46;
	sshoal_pool *pool = NULL;
	assert_int_equal(sshoal_pool_new(&pool, &options, NULL), 0);
	assert_int_equal(sshoal_pool_submit(pool, rig_same, NULL, 0, NULL),
			 SSHOAL_ELOCAL);
	assert_int_equal(sshoal__pool_refused(pool), 1);
	sshoal_pool_free(pool);
}

static void without_memory_nothing_changes(void **state)
{
	(void)state;
	sshoal_pool *pool = NULL;
	for (int memory = 0; memory < 2; memory++) {
		sshoal_error error = { .code = 0 };
		scarcity_of_memory(memory);
		int rc = sshoal_pool_new(&pool, NULL, &error);
		scarcity_of_memory(NO_SCARCITY);
		assert_int_equal(rc, SSHOAL_ENOMEM);
		assert_int_equal(error.code, SSHOAL_ENOMEM);
		assert_null(pool);
	}
	/* The future, the backlog, the worker. */
	static const int codes[] = { SSHOAL_ENOMEM, SSHOAL_ENOMEM,
				     SSHOAL_ELOCAL };
	pool = rig_fifo(1);
	sshoal_future *future = NULL;
	for (int memory = 0; memory < 3; memory++) {
		scarcity_of_memory(memory);
		int rc = sshoal_pool_submit(pool, rig_same, NULL, 0, &future);
		scarcity_of_memory(NO_SCARCITY);
		assert_int_equal(rc, codes[memory]);
		assert_null(future);
	}
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(sshoal__pool_threads(pool), 0);
	rig_assert_result(rig_submit(pool, rig_same, pool), pool);
	sshoal_pool_free(pool);
}

/* A stack size as the fleet uses it. */
static size_t small_stack(void)
{
#ifdef SSHOAL_SANITIZE
	return (size_t)1 << 20;
#else
	return (size_t)256 << 10;
#endif
}

/* Valgrind gives up where there are more than 500 threads. */
static bool is_under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");
	return preloaded && strstr(preloaded, "vgpreload");
}

static void thousands_of_threads_wait_at_once(void **state)
{
	(void)state;
	if (is_under_valgrind()) {
		print_message("skipped: too many threads for valgrind\n");
		skip();
	}
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.max_threads = 2000;
	options.stack_size_bytes = small_stack();
	sshoal_pool *pool = NULL;
	assert_int_equal(sshoal_pool_new(&pool, &options, NULL), 0);
	struct rig_door door = rig_door();
	for (int i = 0; i < 2100; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_wait_at, &door, 0, NULL),
			0);
	rig_await(&door.waiting, 2000);
	assert_int_equal(sshoal__pool_threads(pool), 2000);
	assert_int_equal(sshoal__pool_refused(pool), 0);
	rig_open(&door);
	sshoal_pool_free(pool);
	assert_int_equal(door.passed, 2100);
	rig_close(&door);
}

/* How often a thread of this process went to sleep. */
static long sleeps_of(pid_t id)
{
	char path[64];
	char line[256];
	long count = -1;
	(void)snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)id);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		(void)sscanf(line, "voluntary_ctxt_switches: %ld", &count);
	(void)fclose(file);
	assert_true(count >= 0);
	return count;
}

struct meeting {
	pthread_barrier_t barrier;
	_Atomic pid_t ids[8];
	atomic_uint count;
};

static void *meet(void *argument)
{
	struct meeting *meeting = argument;
	meeting->ids[meeting->count++] = gettid();
	(void)pthread_barrier_wait(&meeting->barrier);
	return NULL;
}

/* Makes 8 threads that are idle and asleep. */
static void make_idle(sshoal_pool *pool, struct meeting *meeting)
{
	assert_int_equal(pthread_barrier_init(&meeting->barrier, NULL, 8), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, meet, meeting, 0, NULL), 0);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	(void)pthread_barrier_destroy(&meeting->barrier);
	for (int i = 0; i < 8; i++)
		await_asleep(meeting->ids[i]);
}

/* How many of 8 idle threads wake for one piece of work. */
static int count_woken(void)
{
	sshoal_pool *pool = rig_fifo(8);
	struct meeting meeting = { .count = 0 };
	make_idle(pool, &meeting);
	long before[8];
	for (int i = 0; i < 8; i++)
		before[i] = sleeps_of(meeting.ids[i]);
	void *id = NULL;
	sshoal_future *future = rig_submit(pool, rig_own_id, NULL);
	assert_int_equal(sshoal_future_wait(future, &id, -1), 0);
	sshoal_future_free(future);
	await_asleep((pid_t)(intptr_t)id);
	int woken = 0;
	for (int i = 0; i < 8; i++)
		woken += sleeps_of(meeting.ids[i]) != before[i];
	sshoal_pool_free(pool);
	return woken;
}

static void a_submit_wakes_one_thread_at_most(void **state)
{
	(void)state;
	/* One of several runs is enough: a busy machine may count a thread's
	 * going to sleep after it shows it asleep. */
	int woken = 0;
	for (int run = 0; run < 20 && woken != 1; run++)
		woken = count_woken();
	assert_int_equal(woken, 1);
}

static int64_t cpu_time_us(void)
{
	struct timespec used;
	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
	return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static void idle_threads_do_not_spin(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(9);
	struct meeting meeting = { .count = 0 };
	make_idle(pool, &meeting);
	struct rig_door door = rig_door();
	sshoal_future *future = rig_occupy(pool, &door);
	int64_t before_us = cpu_time_us();
	assert_int_equal(sshoal_future_wait(future, NULL, 100),
			 SSHOAL_ETIMEOUT);
	assert_in_range(cpu_time_us() - before_us, 0, 50000);
	rig_open(&door);
	sshoal_future_free(future);
	sshoal_pool_free(pool);
	rig_close(&door);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_are_left_to_the_programs_threads),
		cmocka_unit_test(refused_threads_leave_the_work_to_others),
		cmocka_unit_test(a_refused_thread_does_not_count_as_room),
		cmocka_unit_test(without_any_thread_work_is_not_taken),
		cmocka_unit_test(a_stack_nobody_has_is_refused_by_the_system),
		cmocka_unit_test(without_memory_nothing_changes),
		cmocka_unit_test(thousands_of_threads_wait_at_once),
		cmocka_unit_test(a_submit_wakes_one_thread_at_most),
		cmocka_unit_test(idle_threads_do_not_spin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
