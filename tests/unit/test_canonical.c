/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inventory/canonical.h"
#include "name_server.h"

/* Names that a name server is asked for on the way to a canonical one. */

static int setup(void **state)
{
	(void)state;
	return name_server_start();
}

static int teardown(void **state)
{
	(void)state;
	return name_server_stop();
}

static int ask(const char *host, int64_t timeout_ms, int cancel_fd,
	       atomic_uint *late, sshoal_error *error)
{
	char canonical[NI_MAXHOST] = "unchanged";
	const struct canonical_query query = {
		.host = host,
		.family = AF_UNSPEC,
		.timeout_ms = timeout_ms,
		.cancel_fd = cancel_fd,
		.late = late,
	};
	int rc = sshoal__canonical_ask(canonical, &query, error);
	assert_string_equal(canonical, rc ? "unchanged" : "ours");
	return rc;
}

static void a_name_is_told_or_not(void **state)
{
	atomic_uint late = 3;
	sshoal_error error = { .code = 0 };
	(void)state;
	assert_int_equal(ask("families-4", 60000, -1, &late, &error), 0);
	assert_int_equal(late, 0);
	assert_int_equal(ask("fails-2-0", 60000, -1, &late, &error),
			 SSHOAL_EDNS);
	assert_non_null(strstr(error.text, "fails-2-0"));
}

static void a_server_that_is_silent_is_asked_no_more(void **state)
{
	atomic_uint late = 0;
	sshoal_error error = { .code = 0 };
	(void)state;
	for (unsigned i = 1; i <= CANONICAL_LATE; i++) {
		assert_int_equal(ask("waits", 1, -1, &late, &error),
				 SSHOAL_ETIMEOUT);
		assert_int_equal(late, i);
	}
	unsigned asked = name_server_asked();
	assert_int_equal(ask("families-4", 60000, -1, &late, &error),
			 SSHOAL_ETIMEOUT);
	assert_non_null(strstr(error.text, "does not answer"));
	assert_int_equal(name_server_asked(), asked);
}

static void *cancel_when_asked(void *argument)
{
	const int *fd = argument;
	while (name_server_waiting() == 0)
		(void)sched_yield();
	(void)eventfd_write(*fd, 1);
	return NULL;
}

static void a_cancel_ends_the_wait(void **state)
{
	atomic_uint late = 0;
	pthread_t thread;
	sshoal_error error = { .code = 0 };
	int fd = eventfd(0, EFD_CLOEXEC);
	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pthread_create(&thread, NULL, cancel_when_asked, &fd),
			 0);
	assert_int_equal(ask("waits", -1, fd, &late, &error),
			 SSHOAL_ECANCELLED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(late, 0);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_is_told_or_not, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_server_that_is_silent_is_asked_no_more, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_cancel_ends_the_wait, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
