/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "fleet/admission.h"
#include "fleet/run.h"
#include "scarcity.h"

/* The clock is a number here. */

#define QUICK_US 999999
#define SLOW_US 3000001

/* Tasks, each to an address of its own unless said otherwise. */
#define TASKS 600

static struct addresses addresses[TASKS];
static struct task tasks[TASKS];

static int setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TASKS; i++) {
		char text[40];
		(void)snprintf(text, sizeof text, "10.0.%u.%u", i / 256,
			       i % 256);
		if (!sshoal__resolve_numeric(&addresses[i], text))
			return -1;
		tasks[i] = (struct task){ .addresses = &addresses[i] };
	}
	return 0;
}

/* Lets a task in that must not wait. */
static void enter(struct admission *admission, struct task *task,
		  int64_t now_us)
{
	bool waits = true;
	assert_int_equal(
		sshoal__admission_enter(admission, task, now_us, &waits), 0);
	assert_false(waits);
}

static bool is_open(const struct admission *admission, int64_t now_us)
{
	int64_t due_us = -1;
	bool open = sshoal__admission_is_open(admission, now_us, &due_us);
	assert_true(due_us >= 0);
	assert_true(!open || due_us == 0);
	return open;
}

static void leave(struct admission *admission, const struct task *task,
		  int64_t now_us, int64_t took_us)
{
	assert_null(sshoal__admission_leave(admission, task, now_us, took_us));
}

static void so_many_may_log_in_at_a_time_in_all(void **state)
{
	(void)state;
	struct admission admission;
	sshoal__admission_init(&admission, 3, 0, 0);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 3; i++) {
			assert_true(is_open(&admission, 0));
			enter(&admission, &tasks[i], 0);
		}
		int64_t due_us = -1;
		assert_false(sshoal__admission_is_open(&admission, 0, &due_us));
		assert_int_equal(due_us, 0);
		leave(&admission, &tasks[1], 0, QUICK_US);
		assert_true(is_open(&admission, 0));
		enter(&admission, &tasks[9], 0);
		assert_false(is_open(&admission, 0));
		leave(&admission, &tasks[0], 0, -1);
		leave(&admission, &tasks[2], 0, SLOW_US);
		leave(&admission, &tasks[9], 0, 0);
	}
	/* A limit that was given never changes. */
	assert_int_equal(admission.limit, 3);
	assert_int_equal(admission.under_way, 0);
	sshoal__admission_fini(&admission);
}

static void an_address_lets_its_own_number_in_and_the_others_wait(void **state)
{
	(void)state;
	struct admission admission;
	struct task same[6];
	bool waits;
	sshoal__admission_init(&admission, 0, 2, 0);
	for (size_t i = 0; i < 6; i++)
		same[i] = (struct task){ .addresses = &addresses[0] };
	enter(&admission, &same[0], 0);
	enter(&admission, &same[1], 0);
	for (size_t i = 2; i < 6; i++) {
		waits = false;
		assert_int_equal(sshoal__admission_enter(&admission, &same[i],
							 0, &waits),
				 0);
		assert_true(waits);
	}
	/* Who waits is not under way, and other addresses are not full. */
	assert_int_equal(admission.under_way, 2);
	enter(&admission, &tasks[1], 0);
	/* The one that waited longest comes first, and enters again. */
	for (size_t i = 2; i < 6; i++) {
		assert_ptr_equal(sshoal__admission_leave(
					 &admission, &same[i - 2], 0, QUICK_US),
				 &same[i]);
		enter(&admission, &same[i], 0);
	}
	leave(&admission, &same[4], 0, QUICK_US);
	leave(&admission, &same[5], 0, QUICK_US);
	leave(&admission, &tasks[1], 0, QUICK_US);
	assert_int_equal(admission.under_way, 0);
	sshoal__admission_fini(&admission);
}

static void an_address_lets_eight_in_by_itself(void **state)
{
	(void)state;
	struct admission admission;
	struct task same[9];
	bool waits = false;
	sshoal__admission_init(&admission, 0, 0, 0);
	for (size_t i = 0; i < 8; i++) {
		same[i] = (struct task){ .addresses = &addresses[0] };
		enter(&admission, &same[i], 0);
	}
	same[8] = (struct task){ .addresses = &addresses[0] };
	assert_int_equal(
		sshoal__admission_enter(&admission, &same[8], 0, &waits), 0);
	assert_true(waits);
	sshoal__admission_fini(&admission);
}

static void addresses_are_told_apart_by_family_and_digits(void **state)
{
	(void)state;
	static const char *const texts[] = { "127.0.0.1", "127.0.0.2", "::1",
					     "::ffff:127.0.0.1", "fe80::1" };
	struct addresses own[5];
	struct task one_each[5];
	struct admission admission;
	sshoal__admission_init(&admission, 0, 1, 0);
	for (size_t i = 0; i < 5; i++) {
		assert_true(sshoal__resolve_numeric(&own[i], texts[i]));
		one_each[i] = (struct task){ .addresses = &own[i] };
		enter(&admission, &one_each[i], 0);
	}
	struct addresses again;
	struct task second = { .addresses = &again };
	bool waits = false;
	assert_true(sshoal__resolve_numeric(&again, "0:0:0:0:0:0:0:1"));
	assert_int_equal(
		sshoal__admission_enter(&admission, &second, 0, &waits), 0);
	assert_true(waits);
	sshoal__admission_fini(&admission);
}

/* So many logins that take so long, one after the other. */
static void log_in(struct admission *admission, size_t times, int64_t now_us,
		   int64_t took_us)
{
	for (size_t i = 0; i < times; i++) {
		enter(admission, &tasks[0], now_us - took_us);
		leave(admission, &tasks[0], now_us, took_us);
	}
}

static void the_total_doubles_while_logins_are_quick(void **state)
{
	(void)state;
	struct admission admission;
	sshoal__admission_init(&admission, 0, 0, 0);
	assert_int_equal(admission.limit, 64);
	int64_t now_us = 1000000000;
	for (uint32_t limit = 64; limit < 65536; limit *= 2) {
		/* Those that are neither quick nor slow, or fail, do not
		 * count. */
		log_in(&admission, 10, now_us, QUICK_US + 1);
		log_in(&admission, 10, now_us, SLOW_US - 1);
		log_in(&admission, 10, now_us, -1);
		log_in(&admission, limit - 1, now_us, QUICK_US);
		assert_int_equal(admission.limit, limit);
		log_in(&admission, 1, now_us, QUICK_US);
		assert_int_equal(admission.limit, limit * 2);
	}
	log_in(&admission, 200000, now_us, 0);
	assert_int_equal(admission.limit, 65536);
	sshoal__admission_fini(&admission);
}

static void the_total_is_halved_by_a_slow_login(void **state)
{
	(void)state;
	struct admission admission;
	sshoal__admission_init(&admission, 0, 0, 0);
	int64_t now_us = 1000000000;
	for (uint32_t limit = 64; limit > 8; limit /= 2) {
		assert_int_equal(admission.limit, limit);
		log_in(&admission, 1, now_us, SLOW_US);
		assert_int_equal(admission.limit, limit / 2);
		/* The others of that time say nothing of the smaller limit. */
		log_in(&admission, 5, now_us + 1000, SLOW_US);
		log_in(&admission, 1, now_us + SLOW_US - 1, SLOW_US);
		assert_int_equal(admission.limit, limit / 2);
		now_us += SLOW_US + 2000;
	}
	log_in(&admission, 3, now_us + 10 * SLOW_US, SLOW_US);
	assert_int_equal(admission.limit, 8);
	sshoal__admission_fini(&admission);
}

static void a_halved_total_begins_to_count_anew(void **state)
{
	(void)state;
	struct admission admission;
	sshoal__admission_init(&admission, 0, 0, 0);
	log_in(&admission, 63, 1000000000, QUICK_US);
	log_in(&admission, 1, 1000000000, SLOW_US);
	assert_int_equal(admission.limit, 32);
	log_in(&admission, 31, 1000000000, QUICK_US);
	assert_int_equal(admission.limit, 32);
	log_in(&admission, 1, 1000000000, QUICK_US);
	assert_int_equal(admission.limit, 64);
	sshoal__admission_fini(&admission);
}

static void more_than_a_smaller_total_may_be_under_way(void **state)
{
	(void)state;
	struct admission admission;
	sshoal__admission_init(&admission, 0, 0, 0);
	for (size_t i = 0; i < 64; i++)
		enter(&admission, &tasks[i], 0);
	assert_false(is_open(&admission, 0));
	for (size_t i = 0; i < 33; i++) {
		assert_false(is_open(&admission, SLOW_US));
		leave(&admission, &tasks[i], SLOW_US, SLOW_US);
	}
	assert_int_equal(admission.limit, 32);
	assert_true(is_open(&admission, SLOW_US));
	sshoal__admission_fini(&admission);
}

static void connections_are_begun_at_the_rate_that_is_set(void **state)
{
	(void)state;
	static const struct {
		uint32_t rate;
		int64_t interval_us;
	} table[] = {
		{ 1, 1000000 }, { 3, 333333 }, { 10, 100000 }, { 1000000, 1 }
	};
	for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
		struct admission admission;
		int64_t interval_us = table[t].interval_us;
		int64_t now_us = 5000;
		sshoal__admission_init(&admission, 100, 0, table[t].rate);
		for (size_t i = 0; i < 20; i++) {
			int64_t due_us = -1;
			assert_true(is_open(&admission, now_us));
			enter(&admission, &tasks[i], now_us);
			assert_false(sshoal__admission_is_open(
				&admission, now_us, &due_us));
			assert_int_equal(due_us, now_us + interval_us);
			assert_false(is_open(&admission, due_us - 1));
			now_us = due_us;
		}
		/* A time without any is not made up for. */
		now_us += 1000 * interval_us;
		assert_true(is_open(&admission, now_us));
		enter(&admission, &tasks[20], now_us);
		assert_false(is_open(&admission, now_us));
		sshoal__admission_fini(&admission);
	}
}

static void who_waits_for_its_address_uses_up_no_rate(void **state)
{
	(void)state;
	struct admission admission;
	struct task second = { .addresses = &addresses[0] };
	bool waits = false;
	sshoal__admission_init(&admission, 0, 1, 10);
	enter(&admission, &tasks[0], 0);
	assert_int_equal(
		sshoal__admission_enter(&admission, &second, 100000, &waits),
		0);
	assert_true(waits);
	assert_true(is_open(&admission, 100000));
	sshoal__admission_fini(&admission);
}

static void refused_memory_lets_nobody_in(void **state)
{
	(void)state;
	struct admission admission;
	bool waits = false;
	sshoal__admission_init(&admission, 0, 0, 10);
	for (int left = 0; left < 2; left++) {
		scarcity_of_memory(left);
		int rc = sshoal__admission_enter(&admission, &tasks[0], 0,
						 &waits);
		scarcity_of_memory(NO_SCARCITY);
		assert_int_equal(rc, SSHOAL_ENOMEM);
		assert_int_equal(admission.under_way, 0);
		assert_true(is_open(&admission, 0));
	}
	enter(&admission, &tasks[0], 0);
	sshoal__admission_fini(&admission);
}

/* Every task to one of a few addresses, driven as the scheduler does it. */
struct crowd {
	struct admission admission;
	struct task *ready[2 * TASKS]; /* the first is taken */
	size_t first, end;
	struct task *inside[TASKS];
	size_t inside_count;
	unsigned at[7]; /* how many are at each address */
	size_t left;    /* how many are through */
};

static size_t place_of(const struct task *task)
{
	return (size_t)(task->addresses - addresses);
}

static void let_in(struct crowd *crowd, unsigned per_address)
{
	while (crowd->first < crowd->end && is_open(&crowd->admission, 0)) {
		struct task *task = crowd->ready[crowd->first++];
		bool waits = false;
		assert_int_equal(sshoal__admission_enter(&crowd->admission,
							 task, 0, &waits),
				 0);
		if (waits)
			continue;
		crowd->inside[crowd->inside_count++] = task;
		unsigned count = ++crowd->at[place_of(task)];
		assert_in_range(count, 1, per_address);
	}
}

static void let_one_out(struct crowd *crowd)
{
	size_t i = (size_t)rand() % crowd->inside_count;
	struct task *task = crowd->inside[i];
	crowd->inside[i] = crowd->inside[--crowd->inside_count];
	crowd->at[place_of(task)]--;
	crowd->left++;
	struct task *next =
		sshoal__admission_leave(&crowd->admission, task, 0, -1);
	if (next)
		crowd->ready[--crowd->first] = next;
}

static void everybody_gets_in_and_never_too_many_at_a_time(void **state)
{
	(void)state;
	static const struct {
		uint32_t logins, per_address;
	} limits[] = { { 1, 1 }, { 5, 1 }, { 5, 8 }, { 20, 3 }, { 600, 2 } };
	srand(1);
	for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
		static struct task crowd_tasks[TASKS];
		struct crowd crowd = { .first = TASKS, .end = TASKS };
		sshoal__admission_init(&crowd.admission, limits[l].logins,
				       limits[l].per_address, 0);
		for (size_t i = 0; i < TASKS; i++) {
			crowd_tasks[i] = (struct task){
				.addresses = &addresses[(size_t)rand() % 7],
			};
			crowd.ready[crowd.end++] = &crowd_tasks[i];
		}
		while (crowd.left < TASKS) {
			let_in(&crowd, limits[l].per_address);
			assert_in_range(crowd.inside_count, 1,
					limits[l].logins);
			assert_int_equal(crowd.inside_count,
					 crowd.admission.under_way);
			let_one_out(&crowd);
		}
		assert_int_equal(crowd.admission.under_way, 0);
		sshoal__admission_fini(&crowd.admission);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_may_log_in_at_a_time_in_all),
		cmocka_unit_test(
			an_address_lets_its_own_number_in_and_the_others_wait),
		cmocka_unit_test(an_address_lets_eight_in_by_itself),
		cmocka_unit_test(addresses_are_told_apart_by_family_and_digits),
		cmocka_unit_test(the_total_doubles_while_logins_are_quick),
		cmocka_unit_test(the_total_is_halved_by_a_slow_login),
		cmocka_unit_test(a_halved_total_begins_to_count_anew),
		cmocka_unit_test(more_than_a_smaller_total_may_be_under_way),
		cmocka_unit_test(connections_are_begun_at_the_rate_that_is_set),
		cmocka_unit_test(who_waits_for_its_address_uses_up_no_rate),
		cmocka_unit_test(refused_memory_lets_nobody_in),
		cmocka_unit_test(
			everybody_gets_in_and_never_too_many_at_a_time),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
