/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/lines.h"
#include "report/splitter.h"
#include "unit/capture.h"

/* Lines of hosts, as they come out: whole, labelled, and unable to speak for
 * another host. */

#define KIB ((size_t)1024)

static const struct host web1 = { .label = "web1", .index = 0 };
static const struct host web22 = { .label = "web22", .index = 1 };

static void open_lines(struct reporter *reporter, struct capture *capture,
		       struct lines_options options)
{
	options.host_count = 2;
	options.label_width = 5;
	assert_int_equal(
		sshoal__lines_new(reporter, &capture->console, &options), 0);
}

static void feed(const struct reporter *reporter, const struct host *host,
		 int stream, const char *bytes, size_t n)
{
	assert_int_equal(
		reporter->output(reporter->state, host, stream, bytes, n), 0);
}

static void say(const struct reporter *reporter, const struct host *host,
		const char *text)
{
	feed(reporter, host, SSHOAL_STDOUT, text, strlen(text));
}

static void end(const struct reporter *reporter, const struct host *host)
{
	const struct outcome outcome = { .host = *host };
	assert_int_equal(reporter->result(reporter->state, &outcome), 0);
}

static void every_line_has_its_label(void **state)
{
	struct reporter reporter;
	struct capture *capture = capture_new();
	(void)state;
	open_lines(&reporter, capture, (struct lines_options){ .raw = false });
	say(&reporter, &web1, "a\n\nb\n");
	capture_expect(capture, SSHOAL_STDOUT, "web1: a\nweb1: \nweb1: b\n");
	feed(&reporter, &web22, SSHOAL_STDERR, "e\n", 2);
	capture_expect(capture, SSHOAL_STDERR, "web22: e\n");
	capture_expect(capture, SSHOAL_STDOUT, "");
	reporter.free(reporter.state);
	capture_free(capture);
}

static void hosts_and_streams_never_mix_within_a_line(void **state)
{
	struct reporter reporter;
	struct capture *capture = capture_new();
	(void)state;
	open_lines(&reporter, capture, (struct lines_options){ .raw = false });
	say(&reporter, &web1, "on");
	say(&reporter, &web22, "tw");
	feed(&reporter, &web1, SSHOAL_STDERR, "er", 2);
	capture_expect(capture, SSHOAL_STDOUT, "");
	say(&reporter, &web22, "o\nthr");
	say(&reporter, &web1, "e\n");
	feed(&reporter, &web1, SSHOAL_STDERR, "r\n", 2);
	capture_expect(capture, SSHOAL_STDOUT, "web22: two\nweb1: one\n");
	capture_expect(capture, SSHOAL_STDERR, "web1: err\n");
	end(&reporter, &web22);
	capture_expect(capture, SSHOAL_STDOUT, "web22: thr\n");
	end(&reporter, &web1);
	capture_expect(capture, SSHOAL_STDOUT, "");
	reporter.free(reporter.state);
	capture_free(capture);
}

static void no_label_adds_and_changes_nothing(void **state)
{
	static const char bytes[] = "a\0b\r\n\x1b[1m\xff\xc3\n\nno end";
	struct reporter reporter;
	struct capture *capture = capture_new();
	(void)state;
	open_lines(&reporter, capture,
		   (struct lines_options){ .no_label = true });
	feed(&reporter, &web1, SSHOAL_STDOUT, bytes, sizeof bytes - 1);
	end(&reporter, &web1);
	size_t n;
	char *got = capture_take(capture, SSHOAL_STDOUT, &n);
	assert_int_equal(n, sizeof bytes - 1);
	assert_memory_equal(got, bytes, n);
	free(got);
	reporter.free(reporter.state);
	capture_free(capture);
}

/* Counts "web1+ " and "web1: " at the beginning of lines. */
static void count_marks(const char *text, size_t n, size_t *pieces,
			size_t *lines)
{
	*pieces = 0;
	*lines = 0;
	for (const char *p = text; p && p < text + n;) {
		*pieces += strncmp(p, "web1+ ", 6) == 0;
		*lines += strncmp(p, "web1: ", 6) == 0;
		p = memchr(p, '\n', n - (size_t)(p - text));
		p = p ? p + 1 : NULL;
	}
}

static void a_long_line_comes_in_pieces_that_say_so(void **state)
{
	static const struct {
		size_t length;
		size_t pieces;
		size_t lines;
	} table[] = {
		{ 64 * KIB - 1, 0, 1 },  { 64 * KIB, 0, 1 },
		{ 64 * KIB + 1, 2, 0 },  { 128 * KIB, 2, 0 },
		{ 128 * KIB + 1, 3, 0 }, { 200 * KIB, 4, 0 },
	};
	(void)state;
	for (size_t i = 0; i < 2 * sizeof table / sizeof *table; i++) {
		size_t length = table[i / 2].length;
		bool has_newline = i % 2;
		struct reporter reporter;
		struct capture *capture = capture_new();
		open_lines(&reporter, capture,
			   (struct lines_options){ .raw = false });
		char *line = malloc(length + 1);
		assert_non_null(line);
		memset(line, 'x', length);
		line[length] = '\n';
		feed(&reporter, &web1, SSHOAL_STDOUT, line,
		     length + has_newline);
		end(&reporter, &web1);
		size_t n, pieces, lines;
		char *got = capture_take(capture, SSHOAL_STDOUT, &n);
		count_marks(got, n, &pieces, &lines);
		assert_int_equal(pieces, table[i / 2].pieces);
		assert_int_equal(lines, table[i / 2].lines);
		assert_int_equal(n, length + 7 * (pieces + lines));
		free(got);
		free(line);
		reporter.free(reporter.state);
		capture_free(capture);
	}
}

/* A generator that gives the same numbers everywhere. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Bytes of every kind, with lines from nothing to 200 KiB. */
static char *make_noise(uint32_t seed, size_t *size)
{
	static const char *const words[] = {
		"\n",           "\r\n",         "x",
		"\xff",         "\xc3",         "\xe2\x82\xac",
		"\x1b[2J",      "web22: ok\n",  "\xf0\x9f",
		"\xe2\x80\xae", "a long word ", "\n\n",
	};
	*size = 700 * KIB;
	char *noise = malloc(*size);
	assert_non_null(noise);
	size_t used = 0;
	while (used < *size) {
		uint32_t kind = next_random(&seed) % 200;
		size_t n;
		if (kind == 0) {
			n = next_random(&seed) % (200 * KIB);
			n = n < *size - used ? n : *size - used;
			memset(noise + used, n % 2 ? 0 : '\xe2', n);
		} else {
			const char *word = words[kind % 12];
			n = strlen(word);
			n = n < *size - used ? n : *size - used;
			memcpy(noise + used, word, n);
		}
		used += n;
	}
	return noise;
}

/* What comes out when noise comes in by chunks of up to largest bytes. */
static char *show(const char *noise, size_t size, size_t largest,
		  struct lines_options options, bool is_terminal, size_t *n)
{
	struct reporter reporter;
	struct capture *capture = capture_new();
	uint32_t seed = (uint32_t)largest;
	capture->console.streams[0].is_terminal = is_terminal;
	open_lines(&reporter, capture, options);
	for (size_t at = 0; at < size;) {
		size_t chunk = 1 + next_random(&seed) % largest;
		chunk = chunk < size - at ? chunk : size - at;
		feed(&reporter, &web1, SSHOAL_STDOUT, noise + at, chunk);
		at += chunk;
	}
	end(&reporter, &web1);
	char *got = capture_take(capture, SSHOAL_STDOUT, n);
	reporter.free(reporter.state);
	capture_free(capture);
	return got;
}

static void any_cutting_of_the_bytes_gives_the_same_lines(void **state)
{
	static const size_t largest[] = { 7, 1000, 65536, 65537, 300000 };
	(void)state;
	for (uint32_t seed = 1; seed <= 6; seed++) {
		size_t size, whole_size;
		bool is_terminal = seed % 2;
		const struct lines_options options = {
			.no_label = seed % 3 == 0,
		};
		char *noise = make_noise(seed, &size);
		char *whole = show(noise, size, 8 * size, options, is_terminal,
				   &whole_size);
		if (options.no_label && !is_terminal)
			assert_int_equal(whole_size, size);
		for (size_t i = 0; i < sizeof largest / sizeof *largest; i++) {
			size_t n;
			char *got = show(noise, size, largest[i], options,
					 is_terminal, &n);
			assert_int_equal(n, whole_size);
			assert_memory_equal(got, whole, n);
			free(got);
		}
		free(whole);
		free(noise);
	}
}

static void a_host_cannot_speak_for_another(void **state)
{
	size_t size, n;
	(void)state;
	char *noise = make_noise(99, &size);
	char *got = show(noise, size, 5000,
			 (struct lines_options){ .raw = false }, true, &n);
	for (const char *p = got; p < got + n;) {
		assert_true(strncmp(p, "web1:  ", 7) == 0 ||
			    strncmp(p, "web1+  ", 7) == 0);
		p = memchr(p, '\n', n - (size_t)(p - got));
		assert_non_null(p);
		p++;
	}
	assert_null(memchr(got, '\r', n));
	assert_null(memchr(got, '\x1b', n));
	free(got);
	free(noise);
}

static void a_terminal_gets_padding_and_visible_controls(void **state)
{
	struct reporter reporter;
	struct capture *capture = capture_new();
	(void)state;
	capture->console.streams[0].is_terminal = true;
	open_lines(&reporter, capture, (struct lines_options){ .raw = false });
	say(&reporter, &web1, "a\rb\x1b[1m\n");
	say(&reporter, &web22, "\xe2\x82\xac\t\xff\n");
	capture_expect(capture, SSHOAL_STDOUT,
		       "web1:  a\\rb\\x1b[1m\nweb22: \xe2\x82\xac\t\\xff\n");
	feed(&reporter, &web1, SSHOAL_STDERR, "a\rb\n", 4);
	capture_expect(capture, SSHOAL_STDERR, "web1: a\rb\n");
	reporter.free(reporter.state);
	capture_free(capture);
}

static void raw_output_passes_controls_to_a_terminal(void **state)
{
	struct reporter reporter;
	struct capture *capture = capture_new();
	(void)state;
	capture->console.streams[0].is_terminal = true;
	open_lines(&reporter, capture, (struct lines_options){ .raw = true });
	say(&reporter, &web22, "a\rb\n");
	capture_expect(capture, SSHOAL_STDOUT, "web22: a\rb\n");
	reporter.free(reporter.state);
	capture_free(capture);
}

static int ignore_part(int part, const char *bytes, size_t n, void *data)
{
	(void)part;
	(void)bytes;
	*(size_t *)data += n;
	return 0;
}

static void memory_is_held_for_an_unfinished_line_only(void **state)
{
	struct splitter splitter = { .held = NULL };
	size_t count = 0;
	(void)state;
	assert_int_equal(sshoal__splitter_feed(&splitter, "a\nb\n", 4,
					       ignore_part, &count),
			 0);
	assert_null(splitter.held);
	assert_int_equal(
		sshoal__splitter_feed(&splitter, "c", 1, ignore_part, &count),
		0);
	assert_non_null(splitter.held);
	assert_int_equal(count, 4);
	assert_int_equal(
		sshoal__splitter_feed(&splitter, "\n", 1, ignore_part, &count),
		0);
	assert_null(splitter.held);
	assert_int_equal(count, 6);
}

static void streams_to_one_place_keep_their_order(void **state)
{
	struct reporter reporter;
	struct capture *capture = capture_new();
	(void)state;
	assert_int_equal(dup2(capture->out_fd, capture->err_fd),
			 capture->err_fd);
	open_lines(&reporter, capture, (struct lines_options){ .raw = false });
	say(&reporter, &web1, "1\n");
	feed(&reporter, &web1, SSHOAL_STDERR, "2\n", 2);
	say(&reporter, &web1, "3\n");
	sshoal__console_say(&capture->console, "4");
	capture_expect(capture, SSHOAL_STDOUT,
		       "web1: 1\nweb1: 2\nweb1: 3\nsshoal: 4\n");
	reporter.free(reporter.state);
	capture_free(capture);
}

static void a_full_disk_is_told_once_and_ends_the_run(void **state)
{
	struct capture *capture = capture_new();
	(void)state;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	capture->console.streams[0].fd = full;
	assert_int_equal(
		sshoal__console_print(&capture->console, SSHOAL_STDOUT, "a\n"),
		0);
	for (int i = 0; i < 3; i++) {
		(void)sshoal__console_print(&capture->console, SSHOAL_STDOUT,
					    "b\n");
		assert_int_equal(sshoal__console_flush(&capture->console),
				 SSHOAL_EIO);
	}
	assert_int_equal(
		sshoal__console_failure(&capture->console, SSHOAL_STDOUT),
		ENOSPC);
	capture_expect(capture, SSHOAL_STDERR,
		       "sshoal: standard output: No space left on device\n");
	(void)close(full);
	capture_free(capture);
}

static void a_reader_that_goes_away_is_not_told(void **state)
{
	int ends[2];
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct capture *capture = capture_new();
	(void)state;
	assert_int_equal(sigaction(SIGPIPE, &ignore, NULL), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)close(ends[0]);
	capture->console.streams[0].fd = ends[1];
	(void)sshoal__console_print(&capture->console, SSHOAL_STDOUT, "a\n");
	assert_int_equal(sshoal__console_flush(&capture->console), SSHOAL_EIO);
	assert_int_equal(
		sshoal__console_failure(&capture->console, SSHOAL_STDOUT),
		EPIPE);
	(void)close(ends[1]);
	capture_expect(capture, SSHOAL_STDERR, "");
	capture_free(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_has_its_label),
		cmocka_unit_test(hosts_and_streams_never_mix_within_a_line),
		cmocka_unit_test(no_label_adds_and_changes_nothing),
		cmocka_unit_test(a_long_line_comes_in_pieces_that_say_so),
		cmocka_unit_test(any_cutting_of_the_bytes_gives_the_same_lines),
		cmocka_unit_test(a_host_cannot_speak_for_another),
		cmocka_unit_test(a_terminal_gets_padding_and_visible_controls),
		cmocka_unit_test(raw_output_passes_controls_to_a_terminal),
		cmocka_unit_test(memory_is_held_for_an_unfinished_line_only),
		cmocka_unit_test(streams_to_one_place_keep_their_order),
		cmocka_unit_test(a_full_disk_is_told_once_and_ends_the_run),
		cmocka_unit_test(a_reader_that_goes_away_is_not_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
