/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/port.h"
#include "ssh/client_rig.h"
#include "ssh/observed.h"
#include "ssh/yard.h"

/* A jump host that is lost in the middle of a run. */

#define HOSTS 20

/* "gate0" by a command whose process can be ended and stopped. */
static void by_relay(char more[2 * SCRATCH_PATH_MAX + 160],
		     const struct yard *yard, const char *settings)
{
	(void)snprintf(more, 2 * SCRATCH_PATH_MAX + 160,
		       "Host gate0\n  ProxyCommand %s %%h %%p %s\n%s",
		       RELAY_PROGRAM, yard->pids, settings);
}

/* What is done to the relay once so many hosts run. */
struct blow {
	const struct yard *yard;
	size_t relay;
	size_t hosts;
	size_t up;
	int number;
};

static int on_up(const sshoal_target *target, int stream, const void *bytes,
		 size_t size_bytes, void *data)
{
	struct blow *blow = data;
	(void)target;
	(void)stream;
	(void)bytes;
	(void)size_bytes;
	if (++blow->up == blow->hosts)
		(void)kill(yard_relay(blow->yard, blow->relay), blow->number);
	return 0;
}

static void a_lost_jump_host_is_dialed_again(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	by_relay(more, yard, "");
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 4;
	struct blow blow = { .yard = yard,
			     .relay = yard_relay_count(yard),
			     .hosts = 4,
			     .number = SIGKILL };
	struct observed observed = { .on_output = on_up, .data = &blow };
	/* The first four would go on; the others end at once. */
	yard_run(&observed, yard_fleet(yard, &options, "gate0", HOSTS, more),
		 "case $SSH_CONNECTION in *\" 127.0.1.\"[1-4]\" \"*) echo up; "
		 "exec sleep 300;; *) exec echo ok;; esac");
	for (size_t i = 0; i < 4; i++)
		assert_seen_status(&observed, i, SSHOAL_STATUS_LOST);
	for (size_t i = 4; i < HOSTS; i++)
		assert_seen_ok(&observed, i, "ok\n");
	observed_free(&observed);
	assert_true(yard_relay_count(yard) - blow.relay >= 2);
	yard_expect_no_relay(yard);
}

static void a_jump_host_that_stops_is_found_out(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	by_relay(more, yard, "  ConnectTimeout 5\n");
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	const sshoal_client_options none = SSHOAL_CLIENT_OPTIONS_INIT;
	options.parallel = 4;
	options.defaults = &none;
	options.timeout_ms = 5000;
	struct blow blow = { .yard = yard,
			     .relay = yard_relay_count(yard),
			     .hosts = 4,
			     .number = SIGSTOP };
	struct observed observed = { .on_output = on_up, .data = &blow };
	yard_run(&observed, yard_fleet(yard, &options, "gate0", HOSTS, more),
		 "case $SSH_CONNECTION in *\" 127.0.1.\"[1-4]\" \"*) echo up; "
		 "exec sleep 300;; *) exec echo ok;; esac");
	for (size_t i = 0; i < 4; i++)
		assert_seen_status(&observed, i, SSHOAL_STATUS_TIMEOUT);
	/* Once it does not answer it is dialed again. */
	for (size_t i = 4; i < HOSTS; i++)
		assert_seen_ok(&observed, i, "ok\n");
	assert_true(yard_relay_count(yard) - blow.relay >= 2);
	observed_free(&observed);
	yard_expect_no_relay(yard);
}

/* One that is to be asked for a sign of life is lost without anybody waiting for
 * it. */
static void a_jump_host_that_stops_loses_what_runs(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	by_relay(more, yard,
		 "  ServerAliveInterval 2\n  ServerAliveCountMax 1\n");
	struct blow blow = { .yard = yard,
			     .relay = yard_relay_count(yard),
			     .hosts = 4,
			     .number = SIGSTOP };
	struct observed observed = { .on_output = on_up, .data = &blow };
	yard_run(&observed, yard_fleet(yard, NULL, "gate0", 4, more),
		 "echo up; exec sleep 300");
	for (size_t i = 0; i < 4; i++)
		assert_seen_status(&observed, i, SSHOAL_STATUS_LOST);
	observed_free(&observed);
	yard_expect_no_relay(yard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_jump_host_is_dialed_again),
		cmocka_unit_test(a_jump_host_that_stops_is_found_out),
		cmocka_unit_test(a_jump_host_that_stops_loses_what_runs),
	};
	return cmocka_run_group_tests(tests, yard_setup, yard_teardown);
}
