/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "servers/site.h"
#include "ssh/observed.h"

/* More output than a fleet allows. */

/* Three hosts whose output has a limit of 1000 bytes. */
static void observe_limited(struct observed *observed, struct site *site,
			    uint32_t flags, const char *command)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.max_output_bytes = 1000;
	options.flags = flags;
	sshoal_fleet *fleet = fleet_of(&options);
	fleet_with_hosts(fleet, site, 3);
	*observed = (struct observed){ .list = NULL };
	assert_int_equal(observe(observed, fleet, command), 0);
	sshoal_fleet_free(fleet);
}

static uint64_t told_of(const struct seen *seen)
{
	return seen->streams[0].bytes + seen->streams[1].bytes;
}

static void output_up_to_its_limit_is_no_fault(void **state)
{
	static const uint32_t flags[] = { 0, SSHOAL_FLEET_CUT_OUTPUT };
	for (size_t k = 0; k < 2; k++) {
		struct observed observed;
		observe_limited(&observed, *state, flags[k],
				"head -c 600 /dev/zero; "
				"head -c 400 /dev/zero >&2");
		for (size_t i = 0; i < 3; i++) {
			assert_seen_status(&observed, i, SSHOAL_STATUS_OK);
			assert_int_equal(told_of(&observed.list[i]), 1000);
			assert_false(observed.list[i].cut);
		}
		observed_free(&observed);
	}
}

static void output_past_its_limit_ends_the_command(void **state)
{
	const struct expected expected = {
		.status = SSHOAL_STATUS_OUTPUT_LIMIT,
		.phase = SSHOAL_PHASE_RUN,
		.ran = SSHOAL_RAN_YES,
		.exit = -1,
		.text = "more output than 1000 bytes; it was ended",
	};
	struct observed observed;
	observe_limited(&observed, *state, 0,
			"head -c 600 /dev/zero; head -c 401 /dev/zero >&2; "
			"exec sleep 600");
	for (size_t i = 0; i < 3; i++) {
		assert_seen(&observed, i, &expected);
		assert_int_equal(told_of(&observed.list[i]), 1000);
		assert_false(observed.list[i].cut);
	}
	observed_free(&observed);
}

static void output_past_its_limit_is_dropped_on_demand(void **state)
{
	struct observed observed;
	observe_limited(&observed, *state, SSHOAL_FLEET_CUT_OUTPUT,
			"head -c 3000000 /dev/zero; "
			"head -c 1000000 /dev/zero >&2; exit 7");
	for (size_t i = 0; i < 3; i++) {
		assert_seen_status(&observed, i, SSHOAL_STATUS_FAILED);
		assert_int_equal(observed.list[i].exit, 7);
		assert_int_equal(told_of(&observed.list[i]), 1000);
		assert_true(observed.list[i].cut);
	}
	assert_int_equal(observed.notes, 3);
	observed_free(&observed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_up_to_its_limit_is_no_fault),
		cmocka_unit_test(output_past_its_limit_ends_the_command),
		cmocka_unit_test(output_past_its_limit_is_dropped_on_demand),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
