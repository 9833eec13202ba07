/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include <sshoal/error.h>

#include "fleet/result.h"
#include "inventory/target.h"

/* The words are a contract: scripts read them. */

static void every_status_has_its_word(void **state)
{
	(void)state;
	static const char *const words[] = {
		"ok",
		"failed",
		"signaled",
		"check-failed",
		"dns",
		"refused",
		"unreachable",
		"connect-timeout",
		"protocol",
		"host-key-unknown",
		"host-key-changed",
		"host-key-revoked",
		"auth",
		"channel",
		"timeout",
		"idle-timeout",
		"lost",
		"no-status",
		"output-limit",
		"transfer",
		"local",
		"cancelled",
		"not-started",
	};
	assert_int_equal(sizeof words / sizeof *words, SSHOAL_STATUS_COUNT);
	for (int i = 0; i < SSHOAL_STATUS_COUNT; i++)
		assert_string_equal(sshoal_status_name(i), words[i]);
	/* Numbers that programs were compiled with. */
	assert_int_equal(SSHOAL_STATUS_CONNECT_TIMEOUT, 7);
	assert_int_equal(SSHOAL_STATUS_NOT_STARTED, 22);
}

static void every_phase_has_its_word(void **state)
{
	(void)state;
	static const char *const words[] = { "queue", "dns",  "connect",
					     "kex",   "auth", "channel",
					     "run",   "close" };
	assert_int_equal(sizeof words / sizeof *words, SSHOAL_PHASE_COUNT);
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		assert_string_equal(sshoal_phase_name(i), words[i]);
}

static void whether_it_ran_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(sshoal_ran_name(SSHOAL_RAN_NO), "no");
	assert_string_equal(sshoal_ran_name(SSHOAL_RAN_UNKNOWN), "unknown");
	assert_string_equal(sshoal_ran_name(SSHOAL_RAN_YES), "yes");
}

static void what_is_no_word_is_null(void **state)
{
	(void)state;
	static const int numbers[] = { -1, INT_MIN, INT_MAX, 1000 };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		assert_null(sshoal_status_name(numbers[i]));
		assert_null(sshoal_phase_name(numbers[i]));
		assert_null(sshoal_ran_name(numbers[i]));
	}
	assert_null(sshoal_status_name(SSHOAL_STATUS_COUNT));
	assert_null(sshoal_phase_name(SSHOAL_PHASE_COUNT));
	assert_null(sshoal_ran_name(SSHOAL_RAN_YES + 1));
}

/* The status of every code: before the login began, in it, and after it. */
static const struct {
	int code, before, login, after;
} meanings[] = {
	{ SSHOAL_OK, SSHOAL_STATUS_OK, SSHOAL_STATUS_OK, SSHOAL_STATUS_OK },
	{ SSHOAL_EINVAL, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_ENOMEM, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_ETIMEOUT, SSHOAL_STATUS_CONNECT_TIMEOUT,
	  SSHOAL_STATUS_CONNECT_TIMEOUT, SSHOAL_STATUS_TIMEOUT },
	{ SSHOAL_ECANCELLED, SSHOAL_STATUS_CANCELLED, SSHOAL_STATUS_CANCELLED,
	  SSHOAL_STATUS_CANCELLED },
	{ SSHOAL_ECLOSED, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_EFULL, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_EEMPTY, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_ENOENT, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_EACCESS, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_EIO, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_EFORMAT, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_EPASSPHRASE, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_EUNSUPPORTED, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_ELIMIT, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_ELOCAL, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
	{ SSHOAL_EDNS, SSHOAL_STATUS_DNS, SSHOAL_STATUS_DNS,
	  SSHOAL_STATUS_DNS },
	{ SSHOAL_EREFUSED, SSHOAL_STATUS_REFUSED, SSHOAL_STATUS_REFUSED,
	  SSHOAL_STATUS_REFUSED },
	{ SSHOAL_EUNREACHABLE, SSHOAL_STATUS_UNREACHABLE,
	  SSHOAL_STATUS_UNREACHABLE, SSHOAL_STATUS_UNREACHABLE },
	{ SSHOAL_EPROTOCOL, SSHOAL_STATUS_PROTOCOL, SSHOAL_STATUS_PROTOCOL,
	  SSHOAL_STATUS_PROTOCOL },
	{ SSHOAL_EBUSY, SSHOAL_STATUS_PROTOCOL, SSHOAL_STATUS_PROTOCOL,
	  SSHOAL_STATUS_PROTOCOL },
	{ SSHOAL_EHOSTKEY_UNKNOWN, SSHOAL_STATUS_HOST_KEY_UNKNOWN,
	  SSHOAL_STATUS_HOST_KEY_UNKNOWN, SSHOAL_STATUS_HOST_KEY_UNKNOWN },
	{ SSHOAL_EHOSTKEY_CHANGED, SSHOAL_STATUS_HOST_KEY_CHANGED,
	  SSHOAL_STATUS_HOST_KEY_CHANGED, SSHOAL_STATUS_HOST_KEY_CHANGED },
	{ SSHOAL_EHOSTKEY_REVOKED, SSHOAL_STATUS_HOST_KEY_REVOKED,
	  SSHOAL_STATUS_HOST_KEY_REVOKED, SSHOAL_STATUS_HOST_KEY_REVOKED },
	{ SSHOAL_EAUTH, SSHOAL_STATUS_AUTH, SSHOAL_STATUS_AUTH,
	  SSHOAL_STATUS_AUTH },
	{ SSHOAL_ECHANNEL, SSHOAL_STATUS_CHANNEL, SSHOAL_STATUS_CHANNEL,
	  SSHOAL_STATUS_CHANNEL },
	{ SSHOAL_ELOST, SSHOAL_STATUS_PROTOCOL, SSHOAL_STATUS_LOST,
	  SSHOAL_STATUS_LOST },
	{ SSHOAL_ENOSTATUS, SSHOAL_STATUS_NO_STATUS, SSHOAL_STATUS_NO_STATUS,
	  SSHOAL_STATUS_NO_STATUS },
	{ SSHOAL_EEXIST, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_EREMOTE, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_ECHANGED, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_EDIFFER, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	{ SSHOAL_ETRANSFER, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_TRANSFER },
	/* no code at all */
	{ 1, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL },
	{ INT_MIN, SSHOAL_STATUS_LOCAL, SSHOAL_STATUS_LOCAL,
	  SSHOAL_STATUS_LOCAL },
};

static void every_code_has_its_status_in_every_phase(void **state)
{
	(void)state;
	int code = 0;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		/* None is left out. */
		if (meanings[i].code <= 0 && meanings[i].code != INT_MIN)
			assert_int_equal(meanings[i].code, code--);
		for (int phase = 0; phase < SSHOAL_PHASE_COUNT; phase++) {
			int expected =
				phase < SSHOAL_PHASE_AUTH ? meanings[i].before :
				phase == SSHOAL_PHASE_AUTH ? meanings[i].login :
							     meanings[i].after;
			int status = sshoal__status_of(meanings[i].code, phase);
			if (status != expected)
				fail_msg("%s in %s: %s, not %s",
					 sshoal_error_name(meanings[i].code),
					 sshoal_phase_name(phase),
					 sshoal_status_name(status),
					 sshoal_status_name(expected));
		}
	}
	assert_string_equal(sshoal_error_name(code), "SSHOAL_E?");
}

static void a_result_tells_what_it_was_given(void **state)
{
	(void)state;
	static char label[] = "web01";
	const struct sshoal_target target = { .label = label, .index = 7 };
	const sshoal_result result = {
		.target = &target,
		.address = "192.0.2.1",
		.exit_signal = "TERM",
		.text = "what: why",
		.phase_ms = { 1, 2, 3, 4, 5, 6, 7, -1 },
		.duration_ms = 12.5,
		.exit_status = 4294967295,
		.stdout_bytes = 1,
		.stderr_bytes = UINT64_MAX,
		.files = 12,
		.changed = 3,
		.bytes = UINT64_MAX,
		.status = SSHOAL_STATUS_SIGNALED,
		.phase = SSHOAL_PHASE_RUN,
		.ran = SSHOAL_RAN_YES,
		.code = SSHOAL_ELOST,
		.attempts = 3,
		.held = true,
		.cut = true,
	};
	assert_ptr_equal(sshoal_result_target(&result), &target);
	assert_string_equal(sshoal_result_host(&result), "web01");
	assert_int_equal(sshoal_result_index(&result), 7);
	assert_string_equal(sshoal_result_address(&result), "192.0.2.1");
	assert_int_equal(sshoal_result_status(&result), SSHOAL_STATUS_SIGNALED);
	assert_int_equal(sshoal_result_exit_status(&result), 4294967295);
	assert_string_equal(sshoal_result_exit_signal(&result), "TERM");
	assert_int_equal(sshoal_result_phase(&result), SSHOAL_PHASE_RUN);
	assert_int_equal(sshoal_result_ran(&result), SSHOAL_RAN_YES);
	assert_string_equal(sshoal_result_error_text(&result), "what: why");
	assert_int_equal(sshoal_result_error_code(&result), SSHOAL_ELOST);
	assert_int_equal(sshoal_result_attempts(&result), 3);
	assert_true(sshoal_result_duration_ms(&result) == 12.5);
	assert_int_equal(sshoal_result_stdout_bytes(&result), 1);
	assert_true(sshoal_result_stderr_bytes(&result) == UINT64_MAX);
	assert_int_equal(sshoal_result_stdout_held(&result), 1);
	assert_int_equal(sshoal_result_cut(&result), 1);
	assert_int_equal(sshoal_result_files(&result), 12);
	assert_int_equal(sshoal_result_changed(&result), 3);
	assert_true(sshoal_result_bytes(&result) == UINT64_MAX);
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		assert_true(sshoal_result_phase_ms(&result, i) ==
			    result.phase_ms[i]);
}

static void what_a_result_does_not_have_is_null(void **state)
{
	(void)state;
	const sshoal_result result = {
		.address = "", .exit_signal = "", .text = "", .exit_status = -1
	};
	assert_null(sshoal_result_address(&result));
	assert_null(sshoal_result_exit_signal(&result));
	assert_null(sshoal_result_error_text(&result));
	assert_int_equal(sshoal_result_exit_status(&result), -1);
	assert_int_equal(sshoal_result_stdout_held(&result), 0);
	assert_int_equal(sshoal_result_cut(&result), 0);
	assert_true(sshoal_result_phase_ms(&result, -1) == -1);
	assert_true(sshoal_result_phase_ms(&result, SSHOAL_PHASE_COUNT) == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_its_word),
		cmocka_unit_test(every_phase_has_its_word),
		cmocka_unit_test(whether_it_ran_has_its_word),
		cmocka_unit_test(what_is_no_word_is_null),
		cmocka_unit_test(every_code_has_its_status_in_every_phase),
		cmocka_unit_test(a_result_tells_what_it_was_given),
		cmocka_unit_test(what_a_result_does_not_have_is_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
