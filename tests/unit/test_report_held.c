/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "report/by_host.h"
#include "report/edit_script.h"
#include "report/gather.h"
#include "report/lines.h"
#include "report/only_failed.h"
#include "unit/capture.h"

/* Output that is held: hosts by themselves, those that are alike together, and
 * those that failed. */

#define HOSTS 6
#define MIB ((size_t)1024 * 1024)

static const char *const labels[HOSTS] = { "web1", "web2", "web3",
					   "web4", "db1",  "db2" };

/* A reporter and where it writes to. */
struct scene {
	struct reporter reporter;
	struct capture *capture;
};

static struct host host_at(size_t index)
{
	return (struct host){ .label = labels[index], .index = index };
}

static int say_bytes(const struct scene *scene, size_t index, int stream,
		     const char *bytes, size_t n)
{
	const struct host host = host_at(index);
	return scene->reporter.output(scene->reporter.state, &host, stream,
				      bytes, n);
}

static void say(const struct scene *scene, size_t index, const char *text)
{
	assert_int_equal(
		say_bytes(scene, index, SSHOAL_STDOUT, text, strlen(text)), 0);
}

static void say_error(const struct scene *scene, size_t index, const char *text)
{
	assert_int_equal(
		say_bytes(scene, index, SSHOAL_STDERR, text, strlen(text)), 0);
}

static int end_as(const struct scene *scene, size_t index, int status,
		  int64_t exit_status)
{
	const struct outcome outcome = {
		.host = host_at(index),
		.status = status,
		.exit_status = exit_status,
	};
	return scene->reporter.result(scene->reporter.state, &outcome);
}

static void end(const struct scene *scene, size_t index, int64_t exit_status)
{
	int status = exit_status ? SSHOAL_STATUS_FAILED : SSHOAL_STATUS_OK;
	assert_int_equal(end_as(scene, index, status, exit_status), 0);
}

/* The end of the run, and what comes out. */
static void expect(const struct scene *scene, const char *out, const char *err)
{
	const struct tally tally = { .targets = HOSTS };
	if (scene->reporter.summary)
		(void)scene->reporter.summary(scene->reporter.state, &tally, 1,
					      0);
	capture_expect(scene->capture, SSHOAL_STDOUT, out);
	capture_expect(scene->capture, SSHOAL_STDERR, err);
}

static struct scene open_gather(bool diff, const char *pattern)
{
	struct scene scene = { .capture = capture_new() };
	struct gather_options options = { .host_count = HOSTS, .diff = diff };
	sshoal_error error;
	if (pattern)
		assert_int_equal(
			sshoal__mask_new(&options.mask, &pattern, 1, &error),
			0);
	assert_int_equal(sshoal__gather_new(&scene.reporter,
					    &scene.capture->console, &options),
			 0);
	return scene;
}

static struct scene open_by_host(bool sorted)
{
	struct scene scene = { .capture = capture_new() };
	const struct by_host_options options = { .host_count = HOSTS,
						 .sorted = sorted };
	assert_int_equal(sshoal__by_host_new(&scene.reporter,
					     &scene.capture->console, &options),
			 0);
	return scene;
}

static void close_scene(struct scene *scene)
{
	scene->reporter.free(scene->reporter.state);
	capture_free(scene->capture);
}

static void hosts_that_say_the_same_are_shown_once(void **state)
{
	struct scene scene = open_gather(false, NULL);
	(void)state;
	for (size_t i = 0; i < 4; i++)
		say(&scene, i, "sa");
	for (size_t i = 4; i > 0; i--) {
		say(&scene, i - 1, "me\n");
		end(&scene, i - 1, 0);
	}
	say(&scene, 5, "different");
	end(&scene, 5, 0);
	say(&scene, 4, "same\n");
	end(&scene, 4, 7);
	expect(&scene,
	       "== web[1-4] (4)\nsame\n"
	       "== db1 (1): failed: exit status 7\nsame\n"
	       "== db2 (1)\ndifferent\n",
	       "");
	close_scene(&scene);
}

static void both_streams_and_the_status_tell_groups_apart(void **state)
{
	struct scene scene = open_gather(false, NULL);
	(void)state;
	say(&scene, 0, "x\n");
	say(&scene, 1, "x\n");
	say_error(&scene, 1, "x\n");
	say_error(&scene, 2, "x\n");
	say_error(&scene, 3, "x");
	for (size_t i = 0; i < 4; i++)
		end(&scene, i, 0);
	assert_int_equal(end_as(&scene, 4, SSHOAL_STATUS_REFUSED, -1), 0);
	assert_int_equal(end_as(&scene, 5, SSHOAL_STATUS_DNS, -1), 0);
	expect(&scene,
	       "== web[3-4] (2)\n== web1 (1)\nx\n== web2 (1)\nx\n"
	       "== db1 (1): refused\n== db2 (1): dns\n",
	       "sshoal: standard error of web[3-4] (2):\nx\n"
	       "sshoal: standard error of web2 (1):\nx\n");
	close_scene(&scene);
}

static void what_is_masked_makes_no_difference(void **state)
{
	struct scene scene = open_gather(false, "[0-9]+|^ *|x*");
	(void)state;
	say(&scene, 2, "pid 17\n");
	say(&scene, 1, "  pid 4");
	say(&scene, 1, "2x");
	say(&scene, 3, "pid\n");
	say(&scene, 4, "1\n2\n");
	for (size_t i = 5; i > 0; i--)
		end(&scene, i, 0);
	end(&scene, 0, 0);
	/* db2 and web1 say nothing; the text is that of the first one. */
	expect(&scene,
	       "== db2,web1 (2)\n== web[2-3] (2)\n  pid 42x\n"
	       "== web4 (1)\npid\n== db1 (1)\n1\n2\n",
	       "");
	close_scene(&scene);
}

static void a_difference_is_shown_against_the_largest_group(void **state)
{
	static const char text[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
	struct scene scene = open_gather(true, " *#.*");
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		say(&scene, i, text);
		end(&scene, i, 0);
	}
	/* Most hosts were not reached. */
	for (size_t i = 2; i < 5; i++)
		assert_int_equal(end_as(&scene, i, SSHOAL_STATUS_REFUSED, -1),
				 0);
	say(&scene, 5, "1\n2\n3 #x\n4\nfive\n6\n7\n8\n9\nten");
	say_error(&scene, 5, "no\n");
	end(&scene, 5, 1);
	expect(&scene,
	       "== web[1-2] (2)\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"
	       "== db1,web[3-4] (3): refused\n"
	       "@@ -1,9 +0,0 @@\n"
	       "-1\n-2\n-3\n-4\n-5\n-6\n-7\n-8\n-9\n"
	       "== db2 (1): failed: exit status 1\n"
	       "@@ -2,8 +2,9 @@\n 2\n 3 #x\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n"
	       "+ten\n",
	       "sshoal: standard error of db2 (1):\n@@ -0,0 +1,1 @@\n+no\n");
	close_scene(&scene);
}

static void texts_that_differ_too_much_are_shown_whole(void **state)
{
	struct scene scene = open_gather(true, NULL);
	char line[16];
	(void)state;
	for (int i = 0; i <= EDIT_SCRIPT_MOST; i++)
		say(&scene, 1, "x\n");
	say(&scene, 0, "y\n");
	end(&scene, 0, 0);
	end(&scene, 1, 0);
	const struct tally tally = { .targets = 2 };
	assert_int_equal(
		scene.reporter.summary(scene.reporter.state, &tally, 1, 0), 0);
	char *out = capture_take(scene.capture, SSHOAL_STDOUT, NULL);
	(void)snprintf(line, sizeof line, "web2 (1)\n");
	const char *at = strstr(out, line);
	assert_non_null(at);
	assert_memory_equal(at + strlen(line),
			    "(too different to compare)\nx\n", 29);
	free(out);
	close_scene(&scene);
}

/* What a minimal script has: diff(1)'s own answers for random texts. */
static void scripts_lead_from_one_text_to_the_other(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (int round = 0; round < 300; round++) {
		struct line_list lists[2] = { { .count = 0 } };
		struct text_line lines[2][24];
		char texts[2][24];
		for (int i = 0; i < 2; i++) {
			lists[i].text = texts[i];
			lists[i].lines = lines[i];
			seed = seed * 6364136223846793005u +
			       1442695040888963407u;
			lists[i].count = (seed >> 33) % 24;
			for (size_t at = 0; at < lists[i].count; at++) {
				seed = seed * 6364136223846793005u +
				       1442695040888963407u;
				texts[i][at] = (char)('a' + (seed >> 33) % 3);
				lines[i][at] = (struct text_line){
					.compared_start = at,
					.compared_size = 1,
				};
			}
		}
		/* The longest common subsequence, by its definition. */
		size_t longest[25][25] = { { 0 } };
		for (size_t x = lists[0].count; x-- > 0;)
			for (size_t y = lists[1].count; y-- > 0;) {
				size_t a = longest[x + 1][y];
				size_t b = longest[x][y + 1];
				longest[x][y] = a > b ? a : b;
				if (texts[0][x] == texts[1][y])
					longest[x][y] =
						longest[x + 1][y + 1] + 1;
			}
		struct edit_script script;
		uint64_t budget = 1000000;
		bool found;
		assert_int_equal(sshoal__edit_script_find(&script, &found,
							  &lists[0], &lists[1],
							  &budget),
				 0);
		assert_true(found);
		size_t x = 0;
		size_t y = 0;
		size_t same = 0;
		for (;;) {
			while (x < lists[0].count && script.gone[x])
				x++;
			while (y < lists[1].count && script.come[y])
				y++;
			if (x == lists[0].count || y == lists[1].count)
				break;
			assert_int_equal(texts[0][x++], texts[1][y++]);
			same++;
		}
		assert_int_equal(x, lists[0].count);
		assert_int_equal(y, lists[1].count);
		assert_int_equal(same, longest[0][0]);
		sshoal__edit_script_fini(&script);
	}
}

static void hosts_are_shown_whole_as_they_end(void **state)
{
	struct scene scene = open_by_host(false);
	(void)state;
	say(&scene, 0, "a");
	say(&scene, 1, "b\nc");
	say_error(&scene, 1, "e");
	end(&scene, 1, 3);
	capture_expect(scene.capture, SSHOAL_STDOUT,
		       "== web2: failed: exit status 3\nb\nc\n");
	capture_expect(scene.capture, SSHOAL_STDERR, "e\n");
	end(&scene, 0, 0);
	expect(&scene, "== web1\na\n", "");
	close_scene(&scene);
}

static void sorted_hosts_wait_for_their_turn(void **state)
{
	struct scene scene = open_by_host(true);
	(void)state;
	say(&scene, 1, "b\n");
	end(&scene, 1, 0);
	end(&scene, 3, 0);
	capture_expect(scene.capture, SSHOAL_STDOUT, "");
	say(&scene, 0, "a\n");
	end(&scene, 0, 0);
	capture_expect(scene.capture, SSHOAL_STDOUT,
		       "== web1\na\n== web2\nb\n");
	say(&scene, 2, "not ended");
	expect(&scene, "== web3\nnot ended\n== web4\n", "");
	close_scene(&scene);
}

static void only_hosts_that_are_not_ok_are_told(void **state)
{
	struct scene scene = { .capture = capture_new() };
	const struct lines_options options = { .host_count = HOSTS };
	(void)state;
	assert_int_equal(sshoal__lines_new(&scene.reporter,
					   &scene.capture->console, &options),
			 0);
	assert_int_equal(sshoal__only_failed_new(&scene.reporter,
						 &scene.capture->console,
						 HOSTS),
			 0);
	say(&scene, 0, "good\n");
	say(&scene, 1, "one\ntw");
	say_error(&scene, 1, "err\n");
	say(&scene, 1, "o");
	end(&scene, 0, 0);
	capture_expect(scene.capture, SSHOAL_STDOUT, "");
	end(&scene, 1, 1);
	expect(&scene, "web2: one\nweb2: two\n", "web2: err\n");
	close_scene(&scene);
}

/* Says so much, a line at a time, that it does not fit into memory. Returns
 * what the reporter did in the end. */
static int say_much(const struct scene *scene, size_t index, size_t size)
{
	char line[1024];
	int rc = 0;
	for (size_t at = 0; at < size && rc == 0; at += sizeof line) {
		memset(line, 'a' + (int)(at / sizeof line % 26), sizeof line);
		line[sizeof line - 1] = '\n';
		int stream =
			at / sizeof line % 3 ? SSHOAL_STDOUT : SSHOAL_STDERR;
		rc = say_bytes(scene, index, stream, line, sizeof line);
	}
	return rc;
}

/* Whether the text is what say_much() has said on a stream. */
static void check_much(const char *text, size_t n, size_t size, bool is_error)
{
	size_t used = 0;
	for (size_t at = 0; at < size; at += 1024) {
		if ((at / 1024 % 3 == 0) != is_error)
			continue;
		assert_true(used + 1024 <= n);
		assert_int_equal(text[used], 'a' + (int)(at / 1024 % 26));
		assert_int_equal(text[used + 1022], text[used]);
		assert_int_equal(text[used + 1023], '\n');
		used += 1024;
	}
	assert_int_equal(used, n);
}

static void what_does_not_fit_into_memory_comes_back_whole(void **state)
{
	static const size_t size = 20 * MIB;
	struct scene scene = open_gather(false, NULL);
	size_t n;
	(void)state;
	assert_int_equal(say_much(&scene, 1, size), 0);
	assert_int_equal(say_much(&scene, 0, size), 0);
	end(&scene, 1, 0);
	end(&scene, 0, 0);
	const struct tally tally = { .targets = 2 };
	assert_int_equal(
		scene.reporter.summary(scene.reporter.state, &tally, 1, 0), 0);
	char *out = capture_take(scene.capture, SSHOAL_STDOUT, &n);
	static const char header[] = "== web[1-2] (2)\n";
	assert_memory_equal(out, header, sizeof header - 1);
	check_much(out + sizeof header - 1, n - (sizeof header - 1), size,
		   false);
	free(out);
	char *err = capture_take(scene.capture, SSHOAL_STDERR, &n);
	const char *body = strchr(err, '\n') + 1;
	check_much(body, n - (size_t)(body - err), size, true);
	free(err);
	close_scene(&scene);
}

/* The rest of a run whose temporary file has failed. */
static void expect_told(const struct scene *scene, const char *why)
{
	static const char cut[] = "sshoal: web1 (1): this output is not "
				  "complete";
	size_t n;
	end(scene, 0, 0);
	const struct tally tally = { .targets = 1 };
	(void)scene->reporter.summary(scene->reporter.state, &tally, 1, 0);
	char *out = capture_take(scene->capture, SSHOAL_STDOUT, &n);
	assert_true(n > MIB);
	free(out);
	char *err = capture_take(scene->capture, SSHOAL_STDERR, NULL);
	assert_non_null(strstr(err, why));
	assert_non_null(strstr(err, "TMPDIR"));
	assert_non_null(strstr(err, cut));
	/* Once. */
	assert_null(strstr(strstr(err, "TMPDIR") + 1, "TMPDIR"));
	free(err);
}

static void a_missing_temporary_folder_is_told(void **state)
{
	struct scene scene = open_gather(false, NULL);
	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
	assert_int_equal(say_much(&scene, 0, 20 * MIB), SSHOAL_ELOCAL);
	assert_int_equal(say_much(&scene, 0, 1024), SSHOAL_ELOCAL);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	expect_told(&scene, "/nowhere/at/all: No such file or directory");
	close_scene(&scene);
}

static void a_full_temporary_folder_is_told(void **state)
{
	struct scene scene = open_gather(false, NULL);
	struct rlimit had;
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &had), 0);
	const struct rlimit little = { 10 * MIB, had.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	assert_int_equal(say_much(&scene, 0, 40 * MIB), SSHOAL_ELOCAL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &had), 0);
	expect_told(&scene, "File too large");
	close_scene(&scene);
}

static void what_is_dropped_gives_its_room_back(void **state)
{
	struct stash stash = STASH_INIT;
	struct roll rolls[2] = { ROLL_INIT, ROLL_INIT };
	sshoal_error error;
	static char bytes[64 * 1024];
	struct stat status;
	(void)state;
	stash.memory_most = MIB;
	for (size_t i = 0; i < 64 * 8; i++)
		assert_int_equal(sshoal__roll_add(&rolls[i % 2], &stash,
						  SSHOAL_STDOUT, bytes,
						  sizeof bytes, &error),
				 0);
	assert_true(stash.memory <= MIB);
	assert_int_equal(fstat(stash.fd, &status), 0);
	assert_true(status.st_size > (off_t)(16 * MIB));
	for (size_t i = 0; i < 2; i++)
		sshoal__roll_drop(&rolls[i], &stash);
	assert_int_equal(stash.memory, 0);
	assert_int_equal(stash.live, 0);
	assert_int_equal(fstat(stash.fd, &status), 0);
	assert_int_equal(status.st_size, 0);
	sshoal__stash_fini(&stash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_that_say_the_same_are_shown_once),
		cmocka_unit_test(both_streams_and_the_status_tell_groups_apart),
		cmocka_unit_test(what_is_masked_makes_no_difference),
		cmocka_unit_test(
			a_difference_is_shown_against_the_largest_group),
		cmocka_unit_test(texts_that_differ_too_much_are_shown_whole),
		cmocka_unit_test(scripts_lead_from_one_text_to_the_other),
		cmocka_unit_test(hosts_are_shown_whole_as_they_end),
		cmocka_unit_test(sorted_hosts_wait_for_their_turn),
		cmocka_unit_test(only_hosts_that_are_not_ok_are_told),
		cmocka_unit_test(
			what_does_not_fit_into_memory_comes_back_whole),
		cmocka_unit_test(a_missing_temporary_folder_is_told),
		cmocka_unit_test(a_full_temporary_folder_is_told),
		cmocka_unit_test(what_is_dropped_gives_its_room_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
