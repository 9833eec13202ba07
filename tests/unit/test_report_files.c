/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/amount.h"
#include "report/files.h"
#include "report/progress.h"
#include "report/report.h"
#include "unit/capture.h"

/* What is said of files, and the line that says how far a run is. */

static const struct host web1 = { "web1", 0 };

static struct reporter reporter_of(struct capture *capture, int verbosity)
{
	const struct lines_options options = { .host_count = 1 };
	struct reporter reporter;
	assert_int_equal(sshoal__files_new(&reporter, &capture->console,
					   &options, verbosity),
			 0);
	return reporter;
}

static void tell_three(const struct reporter *reporter)
{
	static const sshoal_transfer_file files[] = {
		{ .local = "a", .remote = "/x/a", .text = "", .changed = 1 },
		{ .local = "b",
		  .remote = "/x/b\n\033[1m",
		  .text = "the disk is full",
		  .code = SSHOAL_EREMOTE },
		{ .local = "c",
		  .remote = "/x/c",
		  .text = "c: a pipe",
		  .left_out = 1 },
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_int_equal(
			reporter->file(reporter->state, &web1, &files[i]), 0);
}

static void files_are_told_by_what_matters(void **state)
{
	static const struct {
		int verbosity;
		const char *text;
	} table[] = {
		{ VERBOSITY_SILENT, "" },
		{ VERBOSITY_QUIET, "web1: /x/b \\x1b[1m: the disk is full\n" },
		{ VERBOSITY_NORMAL, "web1: /x/b \\x1b[1m: the disk is full\n"
				    "web1: c: a pipe\n" },
		{ VERBOSITY_DETAILS, "web1: /x/a: changed\n"
				     "web1: /x/b \\x1b[1m: the disk is full\n"
				     "web1: c: a pipe\n" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct capture *capture = capture_new();
		struct reporter reporter =
			reporter_of(capture, table[i].verbosity);
		tell_three(&reporter);
		capture_expect(capture, SSHOAL_STDERR, table[i].text);
		capture_expect(capture, SSHOAL_STDOUT, "");
		reporter.free(reporter.state);
		capture_free(capture);
	}
}

static void a_host_is_one_line_after_its_output(void **state)
{
	struct capture *capture = capture_new();
	struct reporter reporter = reporter_of(capture, VERBOSITY_NORMAL);
	struct outcome outcome = {
		.host = web1,
		.exit_status = -1,
		.files = 12,
		.changed = 1,
		.bytes = 4404019,
		.duration_ms = 849,
	};
	(void)state;
	assert_int_equal(reporter.output(reporter.state, &web1, SSHOAL_STDOUT,
					 "no newline", 10),
			 0);
	assert_int_equal(reporter.result(reporter.state, &outcome), 0);
	capture_expect(capture, SSHOAL_STDOUT,
		       "web1: no newline\n"
		       "web1: 12 files, 1 changed, 4.2 MB in 0.8 s\n");
	outcome.status = SSHOAL_STATUS_TRANSFER;
	outcome.error = "1 of 12 files failed";
	assert_int_equal(reporter.result(reporter.state, &outcome), 0);
	capture_expect(capture, SSHOAL_STDOUT,
		       "web1: transfer: 1 of 12 files failed\n");
	reporter.free(reporter.state);
	capture_free(capture);
}

static void amounts_are_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} table[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KB" },
		{ 1048575, "1.0 MB" },
		{ 1536 * 1024, "1.5 MB" },
		{ UINT64_C(5) << 40, "5.0 TB" },
		{ UINT64_MAX, "16.0 EB" },
	};
	char text[AMOUNT_SIZE];
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_string_equal(sshoal__amount_of(text, table[i].bytes),
				    table[i].text);
}

static void a_status_line_goes_before_anything_else(void **state)
{
	struct capture *capture = capture_new();
	struct console *console = &capture->console;
	(void)state;
	sshoal__console_status(console, "one");
	sshoal__console_status(console, "two");
	(void)sshoal__console_print(console, SSHOAL_STDOUT, "out\n");
	(void)sshoal__console_print(console, SSHOAL_STDERR, "err\n");
	(void)sshoal__console_flush(console);
	sshoal__console_status(console, "three");
	sshoal__console_status(console, NULL);
	sshoal__console_status(console, NULL);
	capture_expect(capture, SSHOAL_STDOUT, "out\n");
	capture_expect(capture, SSHOAL_STDERR,
		       "one\r\033[Ktwo\r\033[Kerr\nthree\r\033[K");
	capture_free(capture);
}

/* The first line comes when the clock has moved. */
static void progress_counts_hosts_and_bytes(void **state)
{
	struct capture *capture = capture_new();
	struct progress *progress = NULL;
	const sshoal_transfer_progress moved = { .bytes = 2048,
						 .total_bytes = 4096 };
	(void)state;
	assert_int_equal(sshoal__progress_new(&progress, &capture->console, 4),
			 0);
	sshoal__progress_begin(progress, 0);
	sshoal__progress_begin(progress, 1);
	sshoal__progress_move(progress, 0, &moved);
	sshoal__progress_move(progress, 0, &moved);
	sshoal__progress_move(progress, 1, &moved);
	sshoal__progress_end(progress, 1, true);
	sshoal__progress_end(progress, 2, false); /* it never began */
	while (!capture->console.has_status)
		sshoal__progress_draw(progress);
	sshoal__progress_free(progress);
	char *text = capture_take(capture, SSHOAL_STDERR, NULL);
	assert_non_null(strstr(text, "sshoal: 1 done, 1 failed, 1 running, "
				     "1 left, 4.0 KB, "));
	assert_non_null(strstr(text, "B/s\r\033[K"));
	free(text);
	capture_free(capture);
}

/* The pace is told when it has been measured for long enough. */
static void progress_of_commands_has_a_pace(void **state)
{
	struct capture *capture = capture_new();
	struct progress *progress = NULL;
	bool has_pace = false;
	(void)state;
	assert_int_equal(
		sshoal__progress_new(&progress, &capture->console, 100), 0);
	sshoal__progress_begin(progress, 0);
	sshoal__progress_end(progress, 0, true);
	while (!has_pace) {
		while (!capture->console.has_status)
			sshoal__progress_draw(progress);
		sshoal__console_status(&capture->console, NULL);
		char *text = capture_take(capture, SSHOAL_STDERR, NULL);
		assert_non_null(strstr(text, "sshoal: 1 done, 0 failed, "
					     "0 running, 99 left"));
		has_pace = strstr(text, " hosts/s, ") != NULL;
		if (has_pace)
			assert_non_null(strstr(text, " left\r\033[K"));
		free(text);
	}
	sshoal__progress_free(progress);
	capture_free(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_told_by_what_matters),
		cmocka_unit_test(a_host_is_one_line_after_its_output),
		cmocka_unit_test(amounts_are_for_people),
		cmocka_unit_test(a_status_line_goes_before_anything_else),
		cmocka_unit_test(progress_counts_hosts_and_bytes),
		cmocka_unit_test(progress_of_commands_has_a_pace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
