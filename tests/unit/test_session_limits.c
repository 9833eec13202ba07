/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/error.h"
#include "scarcity.h"
#include "session_rig.h"

/* Where a session ends whatever its server does: limits, a cancel, a cut, and
 * no memory. */

static void silence_is_a_timeout_at_the_limit(void **state)
{
	(void)state;
	static const char *const words[] = { "", "Welcome\r\n", "SSH-2.0-Te",
					     BANNER };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct rig rig;
		rig_begin(&rig, -1);
		rig_say(&rig, words[i], strlen(words[i]));
		int64_t deadline_ms = sshoal__deadline_in(30);
		assert_int_equal(sshoal__session_handshake(rig.session, 0, NULL,
							   deadline_ms,
							   &rig.error),
				 SSHOAL_ETIMEOUT);
		assert_true(sshoal__clock_now_ms() >= deadline_ms);
		assert_int_equal(rig.error.code, SSHOAL_ETIMEOUT);
		/* The other thread knows when it should have been over. */
		assert_true(rig.watch.deadline_ms == deadline_ms);
		rig_end(&rig);
	}
}

/* Does something once a thread sleeps. */
struct waker {
	pthread_t thread;
	pid_t sleeper;
	void (*wake)(struct waker *waker);
	struct rig *rig;
	int fd;
};

static void *wake_it(void *argument)
{
	struct waker *waker = argument;
	await_asleep(waker->sleeper);
	waker->wake(waker);
	return NULL;
}

static void start_waker(struct waker *waker)
{
	waker->sleeper = gettid();
	assert_int_equal(pthread_create(&waker->thread, NULL, wake_it, waker),
			 0);
}

static void cancel(struct waker *waker)
{
	(void)eventfd_write(waker->fd, 1);
}

static void a_cancel_ends_the_wait_and_not_the_session(void **state)
{
	(void)state;
	int fd = eventfd(0, EFD_CLOEXEC);
	assert_true(fd >= 0);
	struct rig rig;
	rig_begin(&rig, fd);
	struct waker waker = { .wake = cancel, .fd = fd };
	start_waker(&waker);
	assert_int_equal(rig_shake_hands(&rig, -1), SSHOAL_ECANCELLED);
	assert_int_equal(rig.error.code, SSHOAL_ECANCELLED);
	assert_int_equal(pthread_join(waker.thread, NULL), 0);
	assert_int_equal(sshoal__session_wait(rig.session, DEADLINE_NONE, NULL),
			 SSHOAL_ECANCELLED);
	eventfd_t count;
	assert_int_equal(eventfd_read(fd, &count), 0);
	rig_say(&rig, BANNER, BANNER_SIZE);
	assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	assert_string_equal(sshoal__session_banner(rig.session),
			    "SSH-2.0-Test");
	rig_end(&rig);
	(void)close(fd);
}

static void cut(struct waker *waker)
{
	sshoal__watch_cut(&waker->rig->watch);
}

static void a_session_cut_off_by_another_thread_is_late(void **state)
{
	(void)state;
	static const char *const words[] = { "", "Welcome\r\n", BANNER };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct rig rig;
		rig_begin(&rig, -1);
		rig_say(&rig, words[i], strlen(words[i]));
		struct waker waker = { .wake = cut, .rig = &rig };
		start_waker(&waker);
		assert_int_equal(rig_shake_hands(&rig, -1), SSHOAL_ETIMEOUT);
		assert_non_null(strstr(rig.error.text, "cut off"));
		assert_int_equal(pthread_join(waker.thread, NULL), 0);
		assert_int_equal(
			sshoal__session_wait(rig.session, DEADLINE_NONE, NULL),
			SSHOAL_ETIMEOUT);
		rig_end(&rig);
	}
}

static void a_session_cut_off_beforehand_does_nothing(void **state)
{
	(void)state;
	struct rig rig;
	rig_begin(&rig, -1);
	rig_say(&rig, BANNER, BANNER_SIZE);
	sshoal__watch_cut(&rig.watch);
	assert_int_equal(rig_shake_hands(&rig, -1), SSHOAL_ETIMEOUT);
	assert_int_equal(rig.session->sent_bytes, 0);
	rig_end(&rig);
}

static void our_banner_goes_out_and_the_end_closes_the_connection(void **state)
{
	(void)state;
	char heard[8192];
	struct rig rig;
	rig_begin(&rig, -1);
	assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	ssize_t n = recv(rig.peer, heard, sizeof heard, 0);
	assert_true(n > 8);
	assert_memory_equal(heard, "SSH-2.0-", 8);
	assert_int_equal(rig.session->sent_bytes, n);
	sshoal__session_free(rig.session);
	rig.session = NULL;
	assert_int_equal(recv(rig.peer, heard, sizeof heard, 0), 0);
	rig_end(&rig);
}

/* Fills the socket, so that nothing more can be sent. Returns with how much. */
static size_t fill(int fd)
{
	static const char filler[4096];
	size_t filled = 0;
	ssize_t n = send(fd, filler, sizeof filler, MSG_NOSIGNAL);
	for (; n > 0; n = send(fd, filler, sizeof filler, MSG_NOSIGNAL))
		filled += (size_t)n;
	return filled;
}

static void what_the_peer_does_not_read_is_sent_later(void **state)
{
	(void)state;
	char heard[4096];
	struct rig rig;
	rig_begin(&rig, -1);
	size_t filled = fill(rig.session->fd);
	assert_true(filled > 0);
	assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	assert_int_equal(rig.session->sent_bytes, 0);
	while (filled > 0) {
		size_t most = filled < sizeof heard ? filled : sizeof heard;
		ssize_t n = recv(rig.peer, heard, most, 0);
		assert_true(n > 0);
		filled -= (size_t)n;
	}
	assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	assert_int_equal(recv(rig.peer, heard, 8, 0), 8);
	assert_memory_equal(heard, "SSH-2.0-", 8);
	rig_end(&rig);
}

/* Every session that could be begun ends with all it had given back. */
static void memory_may_run_out_at_any_moment(void **state)
{
	(void)state;
	unsigned char said[RIG_HELLO_MAX];
	size_t n = rig_put_hello(said, &rig_usual);
	int rc = SSHOAL_ENOMEM;
	int left = 0;
	for (; rc == SSHOAL_ENOMEM; left++) {
		struct rig rig;
		rig_open(&rig);
		rig_say(&rig, said, n);
		scarcity_of_memory(left);
		rc = sshoal__session_new(&rig.session, rig.fd, &rig.watch, -1,
					 &rig.error);
		if (rc == 0)
			rc = rig_shake_hands(&rig, 0);
		scarcity_of_memory(NO_SCARCITY);
		assert_int_equal(rig.error.code, rc);
		if (!rig.session)
			(void)close(rig.fd);
		rig_end(&rig);
	}
	/* With enough of it the server would be waited for. */
	assert_int_equal(rc, SSHOAL_ETIMEOUT);
	assert_in_range(left, 10, 10000);
}

static void a_watch_without_a_connection_can_be_cut(void **state)
{
	(void)state;
	struct watch watch;
	sshoal__watch_init(&watch);
	assert_true(watch.deadline_ms == DEADLINE_NONE);
	sshoal__watch_cut(&watch);
	assert_true(watch.dead);
	sshoal__watch_fini(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_a_timeout_at_the_limit),
		cmocka_unit_test(a_cancel_ends_the_wait_and_not_the_session),
		cmocka_unit_test(a_session_cut_off_by_another_thread_is_late),
		cmocka_unit_test(a_session_cut_off_beforehand_does_nothing),
		cmocka_unit_test(
			our_banner_goes_out_and_the_end_closes_the_connection),
		cmocka_unit_test(what_the_peer_does_not_read_is_sent_later),
		cmocka_unit_test(memory_may_run_out_at_any_moment),
		cmocka_unit_test(a_watch_without_a_connection_can_be_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
