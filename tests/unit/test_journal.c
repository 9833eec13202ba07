/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/inventory.h>
#include <sshoal/journal.h>
#include <sshoal/result.h>

#include "unit/scratch.h"

/* Files of events: what they say, and what of them is damage. */

#define HEAD(run, event) \
	"{\"v\":1,\"run\":\"" run \
	"\",\"seq\":1,\"time\":\"t\",\"event\":\"" event "\""
#define START(run) HEAD(run, "start") ",\"job\":\"run\",\"targets\":0}\n"
#define BEGIN(run, index) \
	HEAD(run, "begin") ",\"index\":" #index ",\"host\":\"h\"}\n"

static sshoal_journal *open_bytes(void *const *state, const void *bytes,
				  size_t n)
{
	char path[SCRATCH_PATH];
	sshoal_journal *journal = NULL;
	scratch_path(path, state, "journal");
	scratch_write(path, bytes, n, 0600);
	assert_int_equal(sshoal_journal_open(&journal, path, NULL), 0);
	return journal;
}

/* How many events a file has, and how its reading ends. */
static size_t count_events(void *const *state, const void *bytes, size_t n,
			   sshoal_error *error)
{
	sshoal_journal *journal = open_bytes(state, bytes, n);
	sshoal_journal_event event;
	size_t count = 0;
	while (sshoal_journal_next(journal, &event, error) == 0)
		count++;
	sshoal_journal_close(journal);
	return count;
}

static void a_start_says_what_was_asked(void **state)
{
	static const char text[] = HEAD(
		"r1", "start") ",\"job\":\"put\",\"command\":null,"
			       "\"targets\":2,\"words\":[\"a b\",{\"base64\":"
			       "\"/2E=\"}],\"options\":[\"--retries=2\"],"
			       "\"hosts\":[\"u@[::1]:22\",\"b\"],\"cwd\":"
			       "{\"base64\":\"L/8=\"},\"origin\":\"r0\"}\n";
	sshoal_journal *journal = open_bytes(state, text, sizeof text - 1);
	sshoal_journal_event event;
	assert_int_equal(sshoal_journal_next(journal, &event, NULL), 0);
	assert_int_equal(event.kind, SSHOAL_JOURNAL_START);
	assert_string_equal(event.name, "start");
	assert_string_equal(event.run, "r1");
	assert_string_equal(event.origin, "r0");
	assert_string_equal(event.job, "put");
	assert_null(event.command);
	assert_int_equal(event.total, 2);
	assert_int_equal(event.word_count, 2);
	assert_string_equal(event.words[0], "a b");
	assert_string_equal(event.words[1], "\377a");
	assert_int_equal(event.option_count, 1);
	assert_string_equal(event.options[0], "--retries=2");
	assert_int_equal(event.target_count, 2);
	assert_string_equal(event.targets[0], "u@[::1]:22");
	assert_string_equal(event.directory, "/\377");
	assert_int_equal(event.text_bytes, sizeof text - 2);
	assert_memory_equal(event.text, text, sizeof text - 2);
	assert_int_equal(event.line, 1);
	assert_true(event.index == UINT64_MAX);
	assert_int_equal(sshoal_journal_next(journal, &event, NULL),
			 SSHOAL_ENOENT);
	sshoal_journal_close(journal);
}

static void a_result_says_how_a_host_ended(void **state)
{
	static const char text[] = HEAD(
		"r",
		"result") ",\"index\":3,\"host\":\"h\",\"address\":"
			  "\"::1\",\"status\":\"failed\",\"exit\":"
			  "4294967295,\"signal\":null,\"phase\":"
			  "\"run\",\"ran\":\"yes\",\"error\":\"e\","
			  "\"attempts\":2,\"ms\":{\"total\":1.5}}\n" HEAD(
				  "r",
				  "result") ",\"index\":4,\"host\":\"i\","
					    "\"status\":"
					    "\"eaten\",\"ran\":\"perhaps\"}"
					    "\n" HEAD("r",
						      "summary") ",\"targets\":"
								 "5,\"exit\":3,"
								 "\"ms\":7}\n";
	sshoal_journal *journal = open_bytes(state, text, sizeof text - 1);
	sshoal_journal_event event;
	assert_int_equal(sshoal_journal_next(journal, &event, NULL), 0);
	assert_int_equal(event.kind, SSHOAL_JOURNAL_RESULT);
	assert_int_equal(event.index, 3);
	assert_string_equal(event.host, "h");
	assert_string_equal(event.address, "::1");
	assert_int_equal(event.status, SSHOAL_STATUS_FAILED);
	assert_true(event.exit_status == 4294967295);
	assert_null(event.signal);
	assert_int_equal(event.phase, SSHOAL_PHASE_RUN);
	assert_int_equal(event.ran, SSHOAL_RAN_YES);
	assert_string_equal(event.error, "e");
	assert_int_equal(event.attempts, 2);
	assert_true(event.duration_ms == 1.5);
	/* Words of another version are none that is known. */
	assert_int_equal(sshoal_journal_next(journal, &event, NULL), 0);
	assert_int_equal(event.status, -1);
	assert_int_equal(event.ran, -1);
	assert_int_equal(event.exit_status, -1);
	assert_true(event.duration_ms == -1);
	assert_int_equal(sshoal_journal_next(journal, &event, NULL), 0);
	assert_int_equal(event.kind, SSHOAL_JOURNAL_SUMMARY);
	assert_int_equal(event.total, 5);
	assert_int_equal(event.exit_status, 3);
	assert_true(event.duration_ms == 7);
	sshoal_journal_close(journal);
}

static void what_a_crash_leaves_is_passed_over(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} files[] = {
		{ "", 0 },
		{ "{\"v\":1,\"ru", 0 },
		{ START("a") BEGIN("a", 0), 2 },
		/* The last line is torn, even if it is JSON by chance. */
		{ START("a") "{\"v\":1", 1 },
		{ START("a") "12", 1 },
		/* It was ended by who went on. */
		{ START("a") "{\"v\":1\n" START("b") BEGIN("b", 0), 3 },
		{ START("a") "{\"v\":1\n", 1 },
		{ START("a") "\n\n" BEGIN("a", 0), 2 },
		/* Of a later version. */
		{ START("a") HEAD("a", "stumble") ",\"x\":[{}]}\n", 2 },
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		sshoal_error error;
		size_t count = count_events(state, files[i].text,
					    strlen(files[i].text), &error);
		if (error.code != SSHOAL_ENOENT || count != files[i].count)
			fail_msg("%s: %zu events, then %s", files[i].text,
				 count, error.text);
	}
	/* A disk that had no time leaves zeros. */
	char text[300] = START("a");
	sshoal_error error;
	assert_int_equal(count_events(state, text, sizeof text, &error), 1);
	assert_int_equal(error.code, SSHOAL_ENOENT);
}

static void damage_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *line; /* and what is said of it */
		int code;
	} files[] = {
		{ "garbage\nmore\n", ":1: ", SSHOAL_EFORMAT },
		{ START("a") "{\"v\":1\n" BEGIN("a", 0),
		  ":2: ", SSHOAL_EFORMAT },
		{ START("a") "{}\n", ":2: \"v\"", SSHOAL_EFORMAT },
		{ START("a") "[1]\n", ":2: \"v\"", SSHOAL_EFORMAT },
		{ "{\"v\":2,\"run\":1}\n", ":1: a later", SSHOAL_EUNSUPPORTED },
		{ "{\"v\":1,\"run\":1}\n", ":1: \"run\"", SSHOAL_EFORMAT },
		{ "{\"v\":1,\"run\":\"\"}\n", ":1: \"run\"", SSHOAL_EFORMAT },
		{ "{\"v\":1,\"run\":\"r\"}\n", ":1: \"event\"",
		  SSHOAL_EFORMAT },
		{ HEAD("r", "begin") "}\n", ":1: \"index\"", SSHOAL_EFORMAT },
		{ BEGIN("r", -1), ":1: \"index\"", SSHOAL_EFORMAT },
		{ BEGIN("r", 10000000), ":1: \"index\"", SSHOAL_EFORMAT },
		{ BEGIN("r", 1.5), ":1: \"index\"", SSHOAL_EFORMAT },
		{ BEGIN("r", "0"), ":1: \"index\"", SSHOAL_EFORMAT },
		{ HEAD("r", "result") ",\"index\":1}\n", ":1: \"status\"",
		  SSHOAL_EFORMAT },
		{ HEAD("r", "result") ",\"index\":1,\"status\":5}\n",
		  ":1: \"status\"", SSHOAL_EFORMAT },
		{ HEAD("r", "result") ",\"index\":1,\"status\":\"ok\","
				      "\"exit\":-1}\n",
		  ":1: \"exit\"", SSHOAL_EFORMAT },
		{ HEAD("r", "result") ",\"index\":1,\"status\":\"ok\","
				      "\"error\":\"a\\u0000b\"}\n",
		  ":1: \"error\"", SSHOAL_EFORMAT },
		{ HEAD("r", "start") "}\n", ":1: \"job\"", SSHOAL_EFORMAT },
		{ HEAD("r", "start") ",\"job\":\"run\",\"words\":{}}\n",
		  ":1: \"words\"", SSHOAL_EFORMAT },
		{ HEAD("r", "start") ",\"job\":\"run\",\"words\":[1]}\n",
		  ":1: \"words\"", SSHOAL_EFORMAT },
		{ HEAD("r", "start") ",\"job\":\"run\",\"options\":"
				     "[{\"base64\":\"AA==\"}]}\n",
		  ":1: \"options\"", SSHOAL_EFORMAT },
		{ HEAD("r", "start") ",\"job\":\"run\",\"options\":"
				     "[{\"base64\":\"*\"}]}\n",
		  ":1: \"options\"", SSHOAL_EFORMAT },
		{ HEAD("r", "start") ",\"job\":\"run\",\"cwd\":"
				     "{\"base64\":\"*\"}}\n",
		  ":1: \"cwd\"", SSHOAL_EFORMAT },
		{ HEAD("r", "start") ",\"job\":\"run\",\"targets\":2,"
				     "\"hosts\":[\"a\"]}\n",
		  ":1: \"hosts\"", SSHOAL_EFORMAT },
		{ "{\"v\":1,\"v\":1,\"run\":\"r\"}\n" START("r")
			  BEGIN("r", 0) "x\n" BEGIN("r", 1),
		  ":4: ", SSHOAL_EFORMAT },
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		sshoal_error error = { .code = 0 };
		(void)count_events(state, files[i].text, strlen(files[i].text),
				   &error);
		if (error.code != files[i].code ||
		    !strstr(error.text, files[i].line))
			fail_msg("%s: %s", files[i].text, error.text);
	}
}

/* Who wants what is left has every event behind the damage. */
static void reading_goes_on_behind_damage(void **state)
{
	static const char text[] = START("a") "x\n" BEGIN("a", 0) "{}\n" BEGIN(
		"a", 1) "y\nz\n" START("b") "{\"v";
	static const struct {
		int rc;
		uint64_t line;
	} steps[] = {
		{ 0, 1 }, { SSHOAL_EFORMAT, 0 },
		{ 0, 3 }, { SSHOAL_EFORMAT, 0 },
		{ 0, 5 }, { SSHOAL_EFORMAT, 0 },
		{ 0, 8 },
	};
	sshoal_journal *journal = open_bytes(state, text, sizeof text - 1);
	sshoal_journal_event event = { .line = 0 };
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		int rc = sshoal_journal_next(journal, &event, NULL);
		assert_int_equal(rc, steps[i].rc);
		if (rc == 0)
			assert_int_equal(event.line, steps[i].line);
	}
	assert_int_equal(sshoal_journal_next(journal, &event, NULL),
			 SSHOAL_ENOENT);
	assert_int_equal(event.line, 8);
	assert_int_equal(event.cut, 1);
	sshoal_journal_close(journal);
	journal = open_bytes(state, "", 0);
	assert_int_equal(sshoal_journal_next(journal, &event, NULL),
			 SSHOAL_ENOENT);
	assert_int_equal(event.cut, 0);
	sshoal_journal_close(journal);
}

/* A line that never ends is not read without end. */
static void a_line_has_a_longest_length(void **state)
{
	size_t n = (size_t)65 * 1024 * 1024;
	char *text = malloc(n);
	assert_non_null(text);
	memset(text, 'x', n);
	sshoal_error error;
	assert_int_equal(count_events(state, text, n, &error), 0);
	assert_int_equal(error.code, SSHOAL_EFORMAT);
	assert_non_null(strstr(error.text, "64 MiB"));
	free(text);
}

static void every_cut_and_every_change_ends_in_order(void **state)
{
	static const char text[] = START("a")
		HEAD("a", "result") ",\"index\":3,\"host\":\"h\",\"status\":"
				    "\"failed\",\"ms\":{\"total\":1.5}}\n";
	for (size_t n = 0; n < sizeof text; n++) {
		char changed[sizeof text];
		sshoal_error error = { .code = 0 };
		assert_true(count_events(state, text, n, &error) <= 2);
		assert_int_equal(error.code, SSHOAL_ENOENT);
		memcpy(changed, text, sizeof text);
		changed[n] ^= 0x40;
		(void)count_events(state, changed, sizeof text - 1, &error);
		assert_int_not_equal(error.code, 0);
	}
}

static void a_file_that_is_not_there_is_named(void **state)
{
	sshoal_journal *journal = NULL;
	sshoal_error error;
	(void)state;
	assert_int_equal(
		sshoal_journal_open(&journal, "/nowhere/journal", &error),
		SSHOAL_ENOENT);
	assert_non_null(strstr(error.text, "/nowhere/journal"));
	assert_int_equal(sshoal_journal_open(&journal, "", &error),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_journal_open(NULL, "x", &error), SSHOAL_EINVAL);
	assert_int_equal(sshoal_journal_open(&journal, "/", &error), 0);
	sshoal_journal_event event;
	assert_int_equal(sshoal_journal_next(journal, &event, &error),
			 SSHOAL_EIO);
	sshoal_journal_close(journal);
	sshoal_journal_close(NULL);
}

static void a_target_is_named_as_it_was_written(void **state)
{
	static const char *const texts[] = { "web1", "root@web2", "web2:22",
					     "u@[::1]:22" };
	sshoal_hosts *hosts = NULL;
	(void)state;
	assert_int_equal(
		sshoal_hosts_expand(&hosts, NULL,
				    "web1,root@web2,web2:22,u@[::1]:22", NULL),
		0);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char text[600];
		size_t n = sshoal_target_expression(
			sshoal_hosts_target(hosts, i), text, sizeof text);
		assert_int_equal(n, strlen(texts[i]));
		assert_string_equal(text, texts[i]);
	}
	sshoal_hosts_free(hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_says_what_was_asked),
		cmocka_unit_test(a_result_says_how_a_host_ended),
		cmocka_unit_test(what_a_crash_leaves_is_passed_over),
		cmocka_unit_test(damage_is_told_with_its_line),
		cmocka_unit_test(reading_goes_on_behind_damage),
		cmocka_unit_test(a_line_has_a_longest_length),
		cmocka_unit_test(every_cut_and_every_change_ends_in_order),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
		cmocka_unit_test(a_target_is_named_as_it_was_written),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
