/* SPDX-License-Identifier: MIT */
#include "sftp/watchdog.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

/* The other end is closed where all is well. */
static void *watch(void *argument)
{
	struct watchdog *watchdog = argument;
	struct pollfd end = { .fd = watchdog->pipe[0], .events = POLLIN };
	if (poll(&end, 1, watchdog->limit_ms) == 0)
		(void)sshoal_cancel_trigger(watchdog->cancel,
					    SSHOAL_CANCEL_END);
	return NULL;
}

void watchdog_start(struct watchdog *watchdog, int limit_ms)
{
	watchdog->limit_ms = limit_ms;
	assert_int_equal(pipe(watchdog->pipe), 0);
	assert_int_equal(sshoal_cancel_new(&watchdog->cancel), 0);
	assert_int_equal(
		pthread_create(&watchdog->thread, NULL, watch, watchdog), 0);
}

void watchdog_end(struct watchdog *watchdog)
{
	(void)close(watchdog->pipe[1]);
	assert_int_equal(pthread_join(watchdog->thread, NULL), 0);
	(void)close(watchdog->pipe[0]);
	sshoal_cancel_free(watchdog->cancel);
}
