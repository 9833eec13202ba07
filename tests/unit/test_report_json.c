/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/json.h"
#include "unit/capture.h"

/* Events, as a program reads them: every line is one object, and the bytes of
 * the hosts can be put together again. */

#define KIB ((size_t)1024)

static const struct host web1 = { .label = "web1", .index = 0 };
static const struct host web2 = { .label = "web2", .index = 1 };

struct fixture {
	struct reporter reporter;
	struct capture *capture;
};

static int open_fixture(void **state)
{
	static const struct json_options options = {
		.host_count = 2,
		.job = "run",
		.command = "echo \"hi\"\n",
	};
	struct fixture *fixture = calloc(1, sizeof *fixture);
	assert_non_null(fixture);
	fixture->capture = capture_new();
	assert_int_equal(sshoal__json_new(&fixture->reporter,
					  &fixture->capture->console, &options),
			 0);
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;
	fixture->reporter.free(fixture->reporter.state);
	capture_free(fixture->capture);
	free(fixture);
	return 0;
}

/* Everything that came out, as an array of events. */
static json_t *take_events(struct fixture *fixture)
{
	size_t n;
	json_t *events = json_array();
	char *text = capture_take(fixture->capture, SSHOAL_STDOUT, &n);
	for (char *line = text; line < text + n;) {
		char *end = memchr(line, '\n', n - (size_t)(line - text));
		assert_non_null(end);
		json_error_t error;
		json_t *event = json_loadb(line, (size_t)(end - line),
					   JSON_ALLOW_NUL, &error);
		if (!event)
			fail_msg("%s", error.text);
		assert_int_equal(json_array_append_new(events, event), 0);
		line = end + 1;
	}
	free(text);
	return events;
}

static const char *text_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

static void feed(struct fixture *fixture, const struct host *host, int stream,
		 const char *bytes, size_t n)
{
	assert_int_equal(fixture->reporter.output(fixture->reporter.state, host,
						  stream, bytes, n),
			 0);
}

static void end(struct fixture *fixture, const struct host *host)
{
	const struct outcome outcome = { .host = *host, .exit_status = 0 };
	assert_int_equal(
		fixture->reporter.result(fixture->reporter.state, &outcome), 0);
}

static void events_come_in_order_with_what_all_have(void **state)
{
	static const char *const names[] = { "start", "begin",  "output",
					     "note",  "result", "summary" };
	struct fixture *fixture = *state;
	const struct reporter *reporter = &fixture->reporter;
	const struct tally tally = { .targets = 1,
				     .counts = { [SSHOAL_STATUS_OK] = 1 } };
	assert_int_equal(reporter->begin(reporter->state, &web1), 0);
	feed(fixture, &web1, SSHOAL_STDERR, "x\n", 2);
	assert_int_equal(reporter->note(reporter->state, &web1, 0, "slow"), 0);
	end(fixture, &web1);
	assert_int_equal(reporter->summary(reporter->state, &tally, 12.5, 3),
			 0);
	json_t *events = take_events(fixture);
	assert_int_equal(json_array_size(events), 6);
	const char *run = text_of(json_array_get(events, 0), "run");
	assert_int_equal(strlen(run), 32);
	for (size_t i = 0; i < 6; i++) {
		const json_t *event = json_array_get(events, i);
		const json_t *sequence = json_object_get(event, "seq");
		const char *time = text_of(event, "time");
		assert_string_equal(text_of(event, "event"), names[i]);
		assert_string_equal(text_of(event, "run"), run);
		assert_int_equal(json_integer_value(sequence), i + 1);
		assert_int_equal(strlen(time), 24);
		assert_int_equal(time[10], 'T');
		assert_int_equal(time[23], 'Z');
		if (i == 0 || i == 5)
			assert_null(json_object_get(event, "host"));
		else
			assert_string_equal(text_of(event, "host"), "web1");
	}
	const json_t *start = json_array_get(events, 0);
	assert_string_equal(text_of(start, "command"), "echo \"hi\"\n");
	const json_t *summary = json_array_get(events, 5);
	const json_t *count = json_object_get(summary, "ok");
	assert_int_equal(json_integer_value(count), 1);
	count = json_object_get(summary, "not-started");
	assert_true(json_is_integer(count));
	count = json_object_get(summary, "exit");
	assert_int_equal(json_integer_value(count), 3);
	json_decref(events);
}

static void a_result_has_every_member_and_null_for_unknown(void **state)
{
	static const char *const keys[] = {
		"address",     "status",       "exit",         "signal",
		"phase",       "ran",          "error",        "attempts",
		"ms",          "stdout_bytes", "stderr_bytes", "files",
		"bytes",       "changed",      "kill",         "cut",
		"stdout_held", "batch",
	};
	static const char *const nulls[] = { "address", "exit",  "signal",
					     "error",   "files", "bytes",
					     "changed", "kill",  "batch" };
	static const char *const phases[] = { "queue", "dns", "connect", "kex",
					      "auth",  "run", "total" };
	struct fixture *fixture = *state;
	struct outcome outcome = {
		.host = web2,
		.exit_status = -1,
		.status = SSHOAL_STATUS_NOT_STARTED,
	};
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		outcome.phase_ms[i] = -1;
	const struct reporter *reporter = &fixture->reporter;
	assert_int_equal(reporter->result(reporter->state, &outcome), 0);
	json_t *events = take_events(fixture);
	const json_t *event = json_array_get(events, 1);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_non_null(json_object_get(event, keys[i]));
	for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
		assert_true(json_is_null(json_object_get(event, nulls[i])));
	const json_t *ms = json_object_get(event, "ms");
	assert_int_equal(json_object_size(ms), 7);
	for (size_t i = 0; i < 7; i++)
		assert_true(json_is_null(json_object_get(ms, phases[i])));
	assert_string_equal(text_of(event, "status"), "not-started");
	assert_string_equal(text_of(event, "ran"), "no");
	json_decref(events);
}

static void an_exit_status_keeps_its_32_bits(void **state)
{
	struct fixture *fixture = *state;
	const struct outcome outcome = {
		.host = web1,
		.exit_status = INT64_C(4294967295),
		.status = SSHOAL_STATUS_FAILED,
		.error = "bad \xff byte",
		.attempts = 1,
		.duration_ms = 1234.5678,
	};
	const struct reporter *reporter = &fixture->reporter;
	assert_int_equal(reporter->result(reporter->state, &outcome), 0);
	json_t *events = take_events(fixture);
	const json_t *event = json_array_get(events, 1);
	const json_t *exit_status = json_object_get(event, "exit");
	assert_true(json_integer_value(exit_status) == INT64_C(4294967295));
	assert_string_equal(text_of(event, "error"), "bad \\xff byte");
	const json_t *total =
		json_object_get(json_object_get(event, "ms"), "total");
	assert_true(json_real_value(total) == 1234.568);
	json_decref(events);
}

static void text_keeps_every_byte(void **state)
{
	static const char text[] = "\"q\" \\ \0 \x01 \x1b[1m \x7f \t\r\n"
				   "\xe2\x82\xac \xf0\x9f\x98\x80 \xc2\x9b\n";
	struct fixture *fixture = *state;
	feed(fixture, &web1, SSHOAL_STDOUT, text, sizeof text - 1);
	json_t *events = take_events(fixture);
	const json_t *event = json_array_get(events, 1);
	const json_t *data = json_object_get(event, "data");
	assert_int_equal(json_string_length(data), sizeof text - 1);
	assert_memory_equal(json_string_value(data), text, sizeof text - 1);
	assert_null(json_object_get(event, "partial"));
	assert_null(json_object_get(event, "base64"));
	json_decref(events);
}

static void nothing_that_a_terminal_acts_on_stands_as_it_is(void **state)
{
	/* The controls at both ends of each range, and what is beside them. */
	static const char text[] = "\x01 \x1f \x7f \xc2\x80 \xc2\x9b \xc2\x9f "
				   "\xc2\xa0 \xc3\x80 ~\n";
	static const char shown[] =
		"\"\\u0001 \\u001f \\u007f \\u0080 \\u009b \\u009f "
		"\xc2\xa0 \xc3\x80 ~\\n\"";
	struct fixture *fixture = *state;
	feed(fixture, &web1, SSHOAL_STDOUT, text, sizeof text - 1);
	char *out = capture_take(fixture->capture, SSHOAL_STDOUT, NULL);
	const char *data = strstr(out, "\"data\":");
	assert_non_null(data);
	assert_int_equal(strncmp(data + 7, shown, sizeof shown - 1), 0);
	free(out);
}

static void what_is_not_utf8_is_base64(void **state)
{
	static const struct {
		const char *bytes;
		const char *base64;
	} table[] = {
		{ "\xff\n", "/wo=" },
		{ "\xc0\xaf\n", "wK8K" },
		{ "ab\xed\xa0\x80\n", "YWLtoIAK" },
		{ "\xf4\x90\x80\x80\n", "9JCAgAo=" },
		{ "\xe2\x82\n", "4oIK" },
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		feed(fixture, &web1, SSHOAL_STDOUT, table[i].bytes,
		     strlen(table[i].bytes));
	json_t *events = take_events(fixture);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const json_t *event = json_array_get(events, i + 1);
		assert_null(json_object_get(event, "data"));
		assert_string_equal(text_of(event, "base64"), table[i].base64);
	}
	json_decref(events);
}

static void whole_lines_wait_for_their_newline(void **state)
{
	struct fixture *fixture = *state;
	feed(fixture, &web1, SSHOAL_STDOUT, "a\nb\nc", 5);
	feed(fixture, &web1, SSHOAL_STDOUT, "d\nrest", 6);
	end(fixture, &web1);
	json_t *events = take_events(fixture);
	assert_int_equal(json_array_size(events), 5);
	assert_string_equal(text_of(json_array_get(events, 1), "data"),
			    "a\nb\n");
	assert_string_equal(text_of(json_array_get(events, 2), "data"), "cd\n");
	const json_t *rest = json_array_get(events, 3);
	assert_string_equal(text_of(rest, "data"), "rest");
	assert_true(json_is_true(json_object_get(rest, "partial")));
	json_decref(events);
}

/* 200 KiB of a character of three bytes, in chunks that cut it. */
static void pieces_end_between_characters(void **state)
{
	const size_t size = 200 * KIB / 3 * 3 + 1;
	struct fixture *fixture = *state;
	char *line = malloc(size);
	assert_non_null(line);
	for (size_t i = 0; i + 1 < size; i++)
		line[i] = "\xe2\x82\xac"[i % 3];
	line[size - 1] = '\n';
	for (size_t at = 0; at < size; at += 1000)
		feed(fixture, &web1, SSHOAL_STDOUT, line + at,
		     size - at < 1000 ? size - at : 1000);
	json_t *events = take_events(fixture);
	size_t at = 0;
	assert_int_equal(json_array_size(events), 5);
	for (size_t i = 1; i < 5; i++) {
		const json_t *event = json_array_get(events, i);
		const json_t *data = json_object_get(event, "data");
		size_t n = json_string_length(data);
		assert_true(n > 0 && n <= 64 * KIB);
		assert_memory_equal(json_string_value(data), line + at, n);
		assert_int_equal(json_object_get(event, "partial") != NULL,
				 i < 4);
		at += n;
	}
	assert_int_equal(at, size);
	json_decref(events);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			events_come_in_order_with_what_all_have, open_fixture,
			close_fixture),
		cmocka_unit_test_setup_teardown(
			a_result_has_every_member_and_null_for_unknown,
			open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			an_exit_status_keeps_its_32_bits, open_fixture,
			close_fixture),
		cmocka_unit_test_setup_teardown(text_keeps_every_byte,
						open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			nothing_that_a_terminal_acts_on_stands_as_it_is,
			open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(what_is_not_utf8_is_base64,
						open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			whole_lines_wait_for_their_newline, open_fixture,
			close_fixture),
		cmocka_unit_test_setup_teardown(pieces_end_between_characters,
						open_fixture, close_fixture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
