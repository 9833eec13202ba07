/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/site.h"
#include "ssh/observed.h"

/* The caller of a run takes its time in a callback: that is no time of the
 * hosts'. */

#define MUCH 8000000
#define MUCH_OUTPUT "head -c 8000000 /dev/zero"

/* How long a caller is slow, longer than the limit of what it does not count
 * for, which a busy host must not reach either. */
#define SLOW_MS 9000
#define PATIENCE_MS 8000

/* Sleeps in its first call alone. */
static void sleep_once(unsigned *ms)
{
	(void)usleep(*ms * 1000);
	*ms = 0;
}

static int sleep_at_output(const sshoal_target *target, int stream,
			   const void *bytes, size_t size_bytes, void *data)
{
	(void)target, (void)stream, (void)bytes, (void)size_bytes;
	sleep_once(data);
	return 0;
}

static int sleep_at_start(const sshoal_target *target, void *data)
{
	(void)target;
	sleep_once(data);
	return 0;
}

static void assert_all_of_it(const struct site *site,
			     const sshoal_fleet_options *options,
			     const char *command, unsigned sleep_ms)
{
	const sshoal_client_options client = site_options(site, "127.0.0.1");
	struct observed observed = { .on_output = sleep_at_output,
				     .data = &sleep_ms };
	observe_one(&observed, options, &client, command);
	assert_seen_status(&observed, 0, SSHOAL_STATUS_OK);
	assert_int_equal(observed.list[0].streams[0].bytes, MUCH);
	observed_free(&observed);
}

static void a_slow_caller_does_not_end_the_grace(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.detach_grace_ms = PATIENCE_MS;
	assert_all_of_it(*state, &options, MUCH_OUTPUT " & exit 0", SLOW_MS);
}

static void a_slow_caller_does_not_make_a_host_idle(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.idle_timeout_ms = PATIENCE_MS;
	assert_all_of_it(*state, &options, MUCH_OUTPUT, SLOW_MS);
}

static void a_slow_caller_takes_no_time_from_a_name(void **state)
{
	unsigned sleep_ms = SLOW_MS;
	sshoal_fleet *fleet = fleet_of(NULL);
	sshoal_client_options client = site_options(*state, "127.0.0.1");
	fleet_with(fleet, &client);
	client.host = "localhost";
	client.host_key_policy = SSHOAL_HOST_KEY_OFF;
	client.connect_timeout_ms = PATIENCE_MS;
	fleet_with(fleet, &client);
	struct observed observed = { .on_start = sleep_at_start,
				     .data = &sleep_ms };
	assert_int_equal(observe(&observed, fleet, "echo in time"), 0);
	assert_seen_ok(&observed, 0, "in time\n");
	assert_seen_ok(&observed, 1, "in time\n");
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_caller_does_not_end_the_grace),
		cmocka_unit_test(a_slow_caller_does_not_make_a_host_idle),
		cmocka_unit_test(a_slow_caller_takes_no_time_from_a_name),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
