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

/* A command that connects in our place. */

#define HOSTS 20

static void a_command_connects_in_our_place(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	(void)snprintf(more, sizeof more,
		       "Host 127.0.1.*\n  ProxyCommand %s %%h %%p %s\n",
		       RELAY_PROGRAM, yard->pids);
	size_t before = yard_relay_count(yard);
	struct observed observed = { .list = NULL };
	yard_run(&observed, yard_fleet(yard, NULL, NULL, HOSTS, more),
		 YARD_ADDRESS);
	assert_own_addresses(&observed);
	observed_free(&observed);
	assert_int_equal(yard_relay_count(yard) - before, HOSTS);
	yard_expect_no_relay(yard);
}

static void a_command_that_fails_is_quoted(void **state)
{
	const struct yard *yard = *state;
	static const struct {
		const char *more;
		int status;
		const char *text;
	} cases[] = {
		{ "Host *\n ProxyCommand sh -c 'echo a >&2; echo b >&2;"
		  "printf \"c \\033[31m\\n\" >&2; exit 3'\n",
		  SSHOAL_STATUS_UNREACHABLE,
		  "the proxy command ended with status 3: b; c \\x1b[31m" },
		{ "Host *\n ProxyCommand kill -9 $$\n",
		  SSHOAL_STATUS_UNREACHABLE,
		  "the proxy command ended by signal 9" },
		{ "Host *\n ProxyCommand /no/such/command %h\n",
		  SSHOAL_STATUS_LOCAL, "ended with status 127: " },
		{ "Host *\n ProxyCommand sh -c 'echo no way >&2; "
		  "exec sleep 300'\n ConnectTimeout 1\n",
		  SSHOAL_STATUS_CONNECT_TIMEOUT,
		  "its proxy command said: no way" },
		{ "Host *\n ProxyUseFdpass yes\n ProxyCommand foo\n",
		  SSHOAL_STATUS_LOCAL, "ProxyUseFdpass" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_client_options none = SSHOAL_CLIENT_OPTIONS_INIT;
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		options.defaults = &none;
		sshoal_fleet *fleet =
			yard_fleet(yard, &options, NULL, 0, cases[i].more);
		sshoal_client_options target =
			site_options(&yard->behind, "127.0.0.1");
		target.connect_timeout_ms = 0;
		fleet_with(fleet, &target);
		struct observed observed = { .list = NULL };
		yard_run(&observed, fleet, "true");
		assert_seen_all(&observed, cases[i].status, cases[i].text);
		observed_free(&observed);
	}
}

/* Whatever a command begins ends with its connection. */
static void a_command_is_ended_with_all_it_began(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX + 160];
	/* It takes no notice of TERM, and has begun another process. */
	(void)snprintf(more, sizeof more,
		       "Host *\n  ConnectTimeout 2\n  ProxyCommand "
		       "sh -c 'trap \"\" TERM; echo $$ >>%s; "
		       "(echo $(exec sh -c \"echo \\$PPID\") >>%s; "
		       "sleep 300) & sleep 300'\n",
		       yard->pids, yard->pids);
	size_t before = yard_relay_count(yard);
	sshoal_client_options none = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.defaults = &none;
	sshoal_fleet *fleet = yard_fleet(yard, &options, NULL, 0, more);
	sshoal_client_options target = site_options(&yard->behind, "127.0.0.1");
	target.connect_timeout_ms = 0;
	fleet_with(fleet, &target);
	struct observed observed = { .list = NULL };
	yard_run(&observed, fleet, "true");
	assert_seen_all(&observed, SSHOAL_STATUS_CONNECT_TIMEOUT, NULL);
	observed_free(&observed);
	assert_int_equal(yard_relay_count(yard) - before, 2);
	/* Who is not our child is waited for by init. */
	for (int i = 0; i < 2000; i++) {
		if (kill(yard_relay(yard, before + 1), 0) != 0)
			break;
		(void)poll(NULL, 0, 10);
	}
	yard_expect_no_relay(yard);
}

static int cancel_at_once(const sshoal_target *target, int stream,
			  const void *bytes, size_t size_bytes, void *data)
{
	(void)target;
	(void)stream;
	(void)bytes;
	(void)size_bytes;
	(void)data;
	return 1;
}

static void a_run_that_is_ended_leaves_no_command(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	(void)snprintf(more, sizeof more,
		       "Host *\n  ProxyCommand %s %%h %%p %s\n", RELAY_PROGRAM,
		       yard->pids);
	struct observed observed = { .on_output = cancel_at_once };
	yard_run(&observed, yard_fleet(yard, NULL, NULL, HOSTS, more),
		 "echo up; exec sleep 300");
	observed_free(&observed);
	yard_expect_no_relay(yard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_connects_in_our_place),
		cmocka_unit_test(a_command_that_fails_is_quoted),
		cmocka_unit_test(a_command_is_ended_with_all_it_began),
		cmocka_unit_test(a_run_that_is_ended_leaves_no_command),
	};
	return cmocka_run_group_tests(tests, yard_setup, yard_teardown);
}
