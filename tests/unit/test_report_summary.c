/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/ping.h"
#include "report/summary.h"
#include "report/tally.h"
#include "report/verdict.h"
#include "unit/capture.h"

/* The last words about a run, and its exit status. */

static struct outcome outcome_of(const char *label, size_t index, int status)
{
	return (struct outcome){
		.host = { label, index },
		.status = status,
		.exit_status = -1,
		.phase = SSHOAL_PHASE_KEX,
		.duration_ms = 10049,
	};
}

static void add(struct tally *tally, struct outcome outcome)
{
	assert_int_equal(sshoal__tally_add(tally, &outcome), 0);
}

static void expect_summary(struct tally *tally, const char *text)
{
	struct capture *capture = capture_new();
	sshoal__tally_sort(tally);
	assert_int_equal(sshoal__summary_print(&capture->console, tally), 0);
	capture_expect(capture, SSHOAL_STDERR, text);
	capture_expect(capture, SSHOAL_STDOUT, "");
	capture_free(capture);
	sshoal__tally_fini(tally);
}

static void all_ok_is_one_line(void **state)
{
	struct tally tally = { .targets = 0 };
	(void)state;
	add(&tally, outcome_of("a", 0, SSHOAL_STATUS_OK));
	add(&tally, outcome_of("b", 1, SSHOAL_STATUS_OK));
	expect_summary(&tally, "sshoal: 2 ok\n");
}

static void failures_are_told_in_the_order_of_the_list(void **state)
{
	struct tally tally = { .targets = 0 };
	struct outcome failed = outcome_of("web09", 9, SSHOAL_STATUS_FAILED);
	struct outcome killed = outcome_of("web03", 3, SSHOAL_STATUS_SIGNALED);
	struct outcome late =
		outcome_of("web07", 7, SSHOAL_STATUS_CONNECT_TIMEOUT);
	struct outcome refused = outcome_of("web01", 1, SSHOAL_STATUS_REFUSED);
	(void)state;
	failed.exit_status = 3;
	killed.signal = "KILL";
	late.error = "no key exchange";
	refused.error = "port 22: connection refused";
	add(&tally, failed);
	add(&tally, outcome_of("web08", 8, SSHOAL_STATUS_NOT_STARTED));
	add(&tally, late);
	late.host = (struct host){ "web05", 5 };
	add(&tally, late);
	add(&tally, killed);
	add(&tally, outcome_of("web02", 2, SSHOAL_STATUS_OK));
	add(&tally, refused);
	expect_summary(
		&tally,
		"sshoal: 1 ok, 2 connect-timeout, 1 failed, 1 signaled, "
		"1 refused, 1 not-started\n"
		"sshoal: web01: refused: port 22: connection refused\n"
		"sshoal: web03: signaled: KILL\n"
		"sshoal: web05: connect-timeout in kex after 10.0 s: no key "
		"exchange\n"
		"sshoal: web07: connect-timeout in kex after 10.0 s: no key "
		"exchange\n"
		"sshoal: web08: not-started\n"
		"sshoal: web09: failed: exit status 3\n");
}

static void many_that_ended_alike_share_a_line(void **state)
{
	static const char labels[23][4] = {
		"h00", "h01", "h02", "h03", "h04", "h05", "h06", "h07",
		"h08", "h09", "h10", "h11", "h12", "h13", "h14", "h15",
		"h16", "h17", "h18", "h19", "h20", "h21", "h22",
	};
	struct tally tally = { .targets = 0 };
	char expected[1024] = "sshoal: 21 timeout, 2 failed\n"
			      "sshoal: h00: failed: exit status 1\n"
			      "sshoal: 21 hosts: timeout in run: limit: ";
	(void)state;
	for (size_t i = 23; i > 0; i--) {
		struct outcome outcome =
			outcome_of(labels[i - 1], i - 1, SSHOAL_STATUS_TIMEOUT);
		outcome.phase = SSHOAL_PHASE_RUN;
		outcome.duration_ms = (double)i;
		outcome.error = "limit";
		if (i == 1 || i == 11) {
			outcome.status = SSHOAL_STATUS_FAILED;
			outcome.exit_status = (int64_t)i;
			outcome.error = NULL;
		}
		add(&tally, outcome);
	}
	strcat(expected, "h[01-09,11-22]\n");
	strcat(expected, "sshoal: h10: failed: exit status 11\n");
	expect_summary(&tally, expected);
}

static void a_text_cannot_forge_a_line(void **state)
{
	struct tally tally = { .targets = 0 };
	struct outcome outcome = outcome_of("a", 0, SSHOAL_STATUS_AUTH);
	(void)state;
	outcome.error = "no\nsshoal: 9 ok\r\x1b[2K";
	add(&tally, outcome);
	expect_summary(&tally, "sshoal: 1 auth\n"
			       "sshoal: a: auth: no sshoal: 9 ok\\r\\x1b[2K\n");
}

static void the_exit_status_is_the_first_that_applies(void **state)
{
	static const struct {
		int statuses[3];
		int signal;
		bool failed_locally;
		int expected;
	} table[] = {
		{ { 0, 0, 0 }, 0, false, 0 },
		{ { 0, SSHOAL_STATUS_FAILED, 0 }, 0, false, 1 },
		{ { SSHOAL_STATUS_SIGNALED, 0, 0 }, 0, false, 1 },
		{ { SSHOAL_STATUS_CHECK_FAILED, 0, 0 }, 0, false, 1 },
		{ { SSHOAL_STATUS_TRANSFER, 0, 0 }, 0, false, 1 },
		{ { SSHOAL_STATUS_OUTPUT_LIMIT, 0, 0 }, 0, false, 1 },
		{ { SSHOAL_STATUS_FAILED, SSHOAL_STATUS_TIMEOUT, 0 },
		  0,
		  false,
		  4 },
		{ { SSHOAL_STATUS_IDLE_TIMEOUT, 0, 0 }, 0, false, 4 },
		{ { SSHOAL_STATUS_CANCELLED, 0, 0 }, 0, false, 4 },
		{ { SSHOAL_STATUS_NOT_STARTED, 0, 0 }, 0, false, 4 },
		{ { SSHOAL_STATUS_TIMEOUT, SSHOAL_STATUS_DNS, 0 },
		  0,
		  false,
		  3 },
		{ { SSHOAL_STATUS_REFUSED, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_UNREACHABLE, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_CONNECT_TIMEOUT, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_PROTOCOL, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_HOST_KEY_UNKNOWN, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_HOST_KEY_CHANGED, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_HOST_KEY_REVOKED, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_AUTH, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_CHANNEL, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_LOST, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_NO_STATUS, 0, 0 }, 0, false, 3 },
		{ { SSHOAL_STATUS_AUTH, SSHOAL_STATUS_CANCELLED, 0 },
		  2,
		  false,
		  130 },
		{ { 0, 0, 0 }, 13, false, 141 },
		{ { SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_AUTH, 0 }, 2, false, 5 },
		{ { 0, 0, 0 }, 0, true, 5 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct tally tally = { .targets = 0 };
		const struct circumstances circumstances = {
			.failed_locally = table[i].failed_locally,
			.signal = table[i].signal,
		};
		for (size_t k = 0; k < 3; k++)
			add(&tally, outcome_of("a", k, table[i].statuses[k]));
		assert_int_equal(sshoal__verdict_of(&tally, &circumstances),
				 table[i].expected);
		sshoal__tally_fini(&tally);
	}
}

static void max_exit_is_the_largest_remote_status(void **state)
{
	static const struct {
		int64_t statuses[2];
		int expected;
	} table[] = {
		{ { 1, 1 }, 1 },
		{ { 7, 3 }, 7 },
		{ { 255, 2 }, 255 },
		{ { 256, 2 }, 255 },
		{ { 4294967295, 2 }, 255 },
		{ { -1, -1 }, 1 },
	};
	const struct circumstances circumstances = { .maximum = true };
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct tally tally = { .targets = 0 };
		for (size_t k = 0; k < 2; k++) {
			struct outcome outcome =
				outcome_of("a", k, SSHOAL_STATUS_FAILED);
			outcome.exit_status = table[i].statuses[k];
			if (outcome.exit_status < 0)
				outcome.status = SSHOAL_STATUS_SIGNALED;
			add(&tally, outcome);
		}
		assert_int_equal(sshoal__verdict_of(&tally, &circumstances),
				 table[i].expected);
		sshoal__tally_fini(&tally);
	}
}

static void ping_prints_the_phases_that_took_place(void **state)
{
	struct reporter reporter;
	struct capture *capture = capture_new();
	struct outcome good = outcome_of("a", 0, SSHOAL_STATUS_OK);
	struct outcome bad = outcome_of("b", 1, SSHOAL_STATUS_REFUSED);
	(void)state;
	good.phase_ms[SSHOAL_PHASE_DNS] = -1;
	good.phase_ms[SSHOAL_PHASE_CONNECT] = 0.34;
	good.phase_ms[SSHOAL_PHASE_KEX] = 5.1;
	good.phase_ms[SSHOAL_PHASE_AUTH] = 2;
	bad.error = "port 22: connection\nrefused";
	assert_int_equal(sshoal__ping_new(&reporter, &capture->console, 5), 0);
	assert_int_equal(reporter.result(reporter.state, &good), 0);
	capture_expect(capture, SSHOAL_STDOUT,
		       "a: ok  connect 0.3 kex 5.1 auth 2.0 ms\n");
	assert_int_equal(reporter.result(reporter.state, &bad), 0);
	capture_expect(capture, SSHOAL_STDOUT,
		       "b: refused: port 22: connection refused\n");
	reporter.free(reporter.state);
	capture_free(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ok_is_one_line),
		cmocka_unit_test(failures_are_told_in_the_order_of_the_list),
		cmocka_unit_test(many_that_ended_alike_share_a_line),
		cmocka_unit_test(a_text_cannot_forge_a_line),
		cmocka_unit_test(the_exit_status_is_the_first_that_applies),
		cmocka_unit_test(max_exit_is_the_largest_remote_status),
		cmocka_unit_test(ping_prints_the_phases_that_took_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
