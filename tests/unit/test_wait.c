/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

static atomic_uint signals;

static void on_signal(int number)
{
	(void)number;
	atomic_fetch_add(&signals, 1);
}

static int setup(void **state)
{
	(void)state;
	/* Without SA_RESTART; poll(2) is never restarted anyway. */
	const struct sigaction action = { .sa_handler = on_signal };
	return sigaction(SIGUSR1, &action, NULL);
}

/* A descriptor that is readable or not. */
static int new_flag(bool ready)
{
	int fd = eventfd(ready ? 1 : 0, EFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void raise_flag(int fd)
{
	const uint64_t one = 1;
	assert_int_equal(write(fd, &one, sizeof one), sizeof one);
}

static void
nothing_ready_is_a_timeout_no_earlier_than_its_deadline(void **state)
{
	(void)state;
	int fd = new_flag(false);
	for (int64_t ms = 0; ms < 40; ms += 13) {
		struct pollfd wanted = { .fd = fd, .events = POLLIN };
		int64_t deadline_ms = sshoal__deadline_in(ms);
		assert_int_equal(sshoal__wait_any(&wanted, 1, deadline_ms, -1),
				 SSHOAL_ETIMEOUT);
		assert_true(sshoal__clock_now_ms() >= deadline_ms);
	}
	assert_int_equal(sshoal__wait_any(NULL, 0, sshoal__deadline_in(5), -1),
			 SSHOAL_ETIMEOUT);
	(void)close(fd);
}

static void what_is_ready_is_seen_after_the_deadline_too(void **state)
{
	(void)state;
	static const int64_t deadlines[] = { 0, -1, INT64_MIN, DEADLINE_NONE,
					     DEADLINE_NONE - 1 };
	int fd = new_flag(true);
	for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
		struct pollfd wanted = { .fd = fd, .events = POLLIN };
		assert_int_equal(sshoal__wait_any(&wanted, 1, deadlines[i], -1),
				 1);
		assert_int_equal(wanted.revents, POLLIN);
	}
	struct pollfd unwanted = { .fd = fd, .events = 0, .revents = 77 };
	assert_int_equal(sshoal__wait_any(&unwanted, 1, 0, -1),
			 SSHOAL_ETIMEOUT);
	assert_int_equal(unwanted.revents, 0);
	(void)close(fd);
}

static void every_one_of_many_is_found(void **state)
{
	(void)state;
	struct pollfd wanted[WAIT_MAX];
	int cancel = new_flag(false);
	for (size_t i = 0; i < WAIT_MAX; i++)
		wanted[i] = (struct pollfd){ .fd = new_flag(false),
					     .events = POLLIN };
	for (size_t i = 0; i < WAIT_MAX; i++) {
		int one = new_flag(true);
		int before = wanted[i].fd;
		wanted[i].fd = one;
		for (size_t k = 0; k < WAIT_MAX; k++)
			wanted[k].revents = 77;
		assert_int_equal(sshoal__wait_any(wanted, WAIT_MAX,
						  DEADLINE_NONE, cancel),
				 1);
		for (size_t k = 0; k < WAIT_MAX; k++)
			assert_int_equal(wanted[k].revents,
					 k == i ? POLLIN : 0);
		wanted[i].fd = before;
		(void)close(one);
	}
	for (size_t i = 0; i < WAIT_MAX; i++)
		raise_flag(wanted[i].fd);
	assert_int_equal(
		sshoal__wait_any(wanted, WAIT_MAX, DEADLINE_NONE, cancel),
		WAIT_MAX);
	for (size_t i = 0; i < WAIT_MAX; i++)
		(void)close(wanted[i].fd);
	(void)close(cancel);
}

static void negative_descriptors_are_skipped(void **state)
{
	(void)state;
	int fd = new_flag(true);
	struct pollfd wanted[] = {
		{ .fd = -1, .events = POLLIN, .revents = 77 },
		{ .fd = fd, .events = POLLIN, .revents = 77 },
		{ .fd = -1, .events = POLLIN, .revents = 77 },
	};
	assert_int_equal(sshoal__wait_any(wanted, 3, DEADLINE_NONE, -1), 1);
	assert_int_equal(wanted[0].revents, 0);
	assert_int_equal(wanted[1].revents, POLLIN);
	assert_int_equal(wanted[2].revents, 0);
	wanted[1].fd = -1;
	wanted[1].revents = 77;
	assert_int_equal(
		sshoal__wait_any(wanted, 3, sshoal__deadline_in(1), -1),
		SSHOAL_ETIMEOUT);
	assert_int_equal(wanted[1].revents, 0);
	(void)close(fd);
}

static void an_end_or_an_error_is_ready_whatever_was_wanted(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)close(ends[1]);
	struct pollfd wanted = { .fd = ends[0] };
	assert_int_equal(sshoal__wait_any(&wanted, 1, DEADLINE_NONE, -1), 1);
	assert_int_equal(wanted.revents, POLLHUP);
	(void)close(ends[0]);
	assert_int_equal(sshoal__wait_any(&wanted, 1, DEADLINE_NONE, -1), 1);
	assert_int_equal(wanted.revents, POLLNVAL);
}

static void a_cancel_goes_before_all_else(void **state)
{
	(void)state;
	static const int64_t deadlines[] = { 0, DEADLINE_NONE };
	int fd = new_flag(true);
	int cancel = new_flag(true);
	for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
		struct pollfd wanted = { .fd = fd,
					 .events = POLLIN,
					 .revents = 77 };
		assert_int_equal(
			sshoal__wait_any(&wanted, 1, deadlines[i], cancel),
			SSHOAL_ECANCELLED);
		assert_int_equal(wanted.revents, 0);
		assert_int_equal(
			sshoal__wait_any(NULL, 0, deadlines[i], cancel),
			SSHOAL_ECANCELLED);
	}
	(void)close(fd);
	(void)close(cancel);
}

struct waiter {
	pthread_t thread;
	_Atomic pid_t id;
	atomic_bool ended;
	int fd;
	int cancel;
	int64_t timeout_ms;
	int64_t deadline_ms;
	int64_t ended_ms;
	int rc;
};

static void *wait_for_flag(void *argument)
{
	struct waiter *waiter = argument;
	struct pollfd wanted = { .fd = waiter->fd, .events = POLLIN };
	waiter->deadline_ms = sshoal__deadline_in(waiter->timeout_ms);
	waiter->id = gettid();
	waiter->rc = sshoal__wait_any(&wanted, 1, waiter->deadline_ms,
				      waiter->cancel);
	waiter->ended_ms = sshoal__clock_now_ms();
	waiter->ended = true;
	return NULL;
}

static void start_waiter(struct waiter *waiter, int64_t timeout_ms)
{
	*waiter = (struct waiter){ .fd = new_flag(false),
				   .cancel = new_flag(false),
				   .timeout_ms = timeout_ms };
	assert_int_equal(
		pthread_create(&waiter->thread, NULL, wait_for_flag, waiter),
		0);
	while (waiter->id == 0)
		(void)sched_yield();
}

/* Returns when it waits, or has ended. */
static void await_wait(const struct waiter *waiter)
{
	while (thread_state(waiter->id) != 'S' && !waiter->ended)
		(void)sched_yield();
}

static int end_waiter(struct waiter *waiter)
{
	assert_int_equal(pthread_join(waiter->thread, NULL), 0);
	(void)close(waiter->fd);
	(void)close(waiter->cancel);
	return waiter->rc;
}

static void a_cancel_wakes_who_waits(void **state)
{
	(void)state;
	struct waiter waiter;
	start_waiter(&waiter, -1);
	await_wait(&waiter);
	raise_flag(waiter.cancel);
	assert_int_equal(end_waiter(&waiter), SSHOAL_ECANCELLED);
}

/* Sends a signal and returns when it was caught, or the waiter has ended. */
static void disturb(struct waiter *waiter)
{
	unsigned before = signals;
	assert_int_equal(pthread_kill(waiter->thread, SIGUSR1), 0);
	while (signals == before && !waiter->ended)
		(void)sched_yield();
}

static void a_signal_does_not_end_a_wait(void **state)
{
	(void)state;
	struct waiter waiter;
	start_waiter(&waiter, -1);
	for (int i = 0; i < 20; i++) {
		await_wait(&waiter);
		disturb(&waiter);
	}
	await_wait(&waiter);
	assert_false(waiter.ended);
	raise_flag(waiter.fd);
	assert_int_equal(end_waiter(&waiter), 1);
}

static void signals_do_not_put_off_a_deadline(void **state)
{
	(void)state;
	struct waiter waiter;
	start_waiter(&waiter, 150);
	/* They come faster than the time limit: a wait that began anew after
	 * each would have no end. */
	while (!waiter.ended)
		disturb(&waiter);
	assert_int_equal(end_waiter(&waiter), SSHOAL_ETIMEOUT);
	assert_true(waiter.ended_ms >= waiter.deadline_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			nothing_ready_is_a_timeout_no_earlier_than_its_deadline),
		cmocka_unit_test(what_is_ready_is_seen_after_the_deadline_too),
		cmocka_unit_test(every_one_of_many_is_found),
		cmocka_unit_test(negative_descriptors_are_skipped),
		cmocka_unit_test(
			an_end_or_an_error_is_ready_whatever_was_wanted),
		cmocka_unit_test(a_cancel_goes_before_all_else),
		cmocka_unit_test(a_cancel_wakes_who_waits),
		cmocka_unit_test(a_signal_does_not_end_a_wait),
		cmocka_unit_test(signals_do_not_put_off_a_deadline),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
