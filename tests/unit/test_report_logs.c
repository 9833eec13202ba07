/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/lines.h"
#include "report/log_file.h"
#include "report/logs.h"
#include "unit/capture.h"
#include "unit/descriptors.h"
#include "unit/scratch.h"

/* A folder with what each host says. */

struct yard {
	struct capture *capture;
	struct reporter reporter;
	sshoal_hosts *hosts;
	sshoal_error error;
	char folder[SCRATCH_PATH];
};

static void setup(struct yard *yard, void *const *state, const char *name,
		  const char *hosts)
{
	*yard = (struct yard){ .capture = capture_new() };
	scratch_path(yard->folder, state, name);
	assert_int_equal(sshoal_hosts_expand(&yard->hosts, NULL, hosts, NULL),
			 0);
}

static int open_logs(struct yard *yard, bool compress)
{
	const struct logs_options options = {
		.path = yard->folder,
		.hosts = yard->hosts,
		.compress = compress,
	};
	return sshoal__logs_new(&yard->reporter, &yard->capture->console,
				&options, &yard->error);
}

static void fini(struct yard *yard)
{
	if (yard->reporter.free)
		yard->reporter.free(yard->reporter.state);
	sshoal_hosts_free(yard->hosts);
	capture_free(yard->capture);
}

static int say(const struct yard *yard, size_t index, int stream,
	       const void *bytes, size_t n)
{
	const struct host host = {
		.label = sshoal_hosts_name(yard->hosts, index),
		.index = index,
	};
	return yard->reporter.output(yard->reporter.state, &host, stream, bytes,
				     n);
}

static int end(const struct yard *yard, size_t index)
{
	const struct outcome outcome = {
		.host = { .label = sshoal_hosts_name(yard->hosts, index),
			  .index = index },
		.exit_status = 0,
	};
	return yard->reporter.result(yard->reporter.state, &outcome);
}

/* A file of the folder, for free(3); NULL where there is none. */
static char *content_of(const struct yard *yard, const char *name, size_t *n)
{
	char path[2 * SCRATCH_PATH];
	struct stat status;
	(void)snprintf(path, sizeof path, "%s/%s", yard->folder, name);
	if (stat(path, &status) != 0)
		return NULL;
	char *bytes = malloc((size_t)status.st_size + 1);
	assert_non_null(bytes);
	*n = scratch_read(path, bytes, (size_t)status.st_size + 1);
	return bytes;
}

static void expect_file(const struct yard *yard, const char *name,
			const void *bytes, size_t size)
{
	size_t n = 0;
	char *content = content_of(yard, name, &n);
	assert_non_null(content);
	assert_int_equal(n, size);
	assert_memory_equal(content, bytes, size);
	free(content);
}

static size_t count_files(const struct yard *yard)
{
	size_t count = 0;
	DIR *folder = opendir(yard->folder);
	assert_non_null(folder);
	for (const struct dirent *entry = readdir(folder); entry;
	     entry = readdir(folder))
		count += strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0;
	(void)closedir(folder);
	return count;
}

static void each_host_has_three_files_of_its_own(void **state)
{
	static const char binary[] = "x\0\377\ny";
	struct yard yard;
	setup(&yard, state, "a/b/c", "web1,root@web2:22,db@web2:22,[::1]:22");
	assert_int_equal(open_logs(&yard, false), 0);
	assert_int_equal(say(&yard, 0, SSHOAL_STDOUT, binary, 5), 0);
	assert_int_equal(say(&yard, 1, SSHOAL_STDERR, "no\n", 3), 0);
	assert_int_equal(say(&yard, 0, SSHOAL_STDOUT, "more", 4), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(end(&yard, i), 0);
	expect_file(&yard, "web1.out", "x\0\377\nymore", 9);
	expect_file(&yard, "web1.err", "", 0);
	expect_file(&yard, "root@web2:22.err", "no\n", 3);
	expect_file(&yard, "db@web2:22.out", "", 0);
	expect_file(&yard, "[::1].out", "", 0);
	size_t n = 0;
	char *result = content_of(&yard, "web1.json", &n);
	assert_non_null(result);
	assert_non_null(strstr(result, "\"event\":\"result\",\"index\":0,"
				       "\"host\":\"web1\""));
	assert_int_equal(result[n - 1], '\n');
	free(result);
	assert_int_equal(count_files(&yard), 12);
	fini(&yard);
}

static void nothing_has_its_name_before_it_is_whole(void **state)
{
	static char much[100000];
	struct yard yard;
	setup(&yard, state, "whole", "a,b");
	memset(much, 'x', sizeof much);
	char path[2 * SCRATCH_PATH];
	char other[2 * SCRATCH_PATH];
	assert_int_equal(mkdir(yard.folder, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/a.out", yard.folder);
	(void)snprintf(other, sizeof other, "%s/c.out", yard.folder);
	scratch_write(path, "old", 3, 0600);
	scratch_write(other, "old", 3, 0600);
	assert_int_equal(open_logs(&yard, false), 0);
	assert_int_equal(say(&yard, 0, SSHOAL_STDOUT, much, sizeof much), 0);
	assert_int_equal(say(&yard, 1, SSHOAL_STDOUT, much, sizeof much), 0);
	expect_file(&yard, "a.out", "old", 3);
	assert_int_equal(end(&yard, 0), 0);
	expect_file(&yard, "a.out", much, sizeof much);
	expect_file(&yard, "c.out", "old", 3);
	/* b does not end: nothing of it is left. */
	yard.reporter.free(yard.reporter.state);
	yard.reporter.free = NULL;
	assert_int_equal(count_files(&yard), 4);
	fini(&yard);
}

/* What zcat makes of a file is what came. */
static void expect_packed(const struct yard *yard, const char *name,
			  const char *bytes, size_t n)
{
	char path[2 * SCRATCH_PATH];
	(void)snprintf(path, sizeof path, "%s/%s", yard->folder, name);
	const char *const argv[] = { "gzip", "-dc", path, NULL };
	char *out = calloc(1, n + 2);
	assert_non_null(out);
	scratch_run(argv, out, n + 2);
	assert_int_equal(strlen(out), n);
	assert_memory_equal(out, bytes, n);
	free(out);
}

static void compressed_files_are_the_same_for_gzip(void **state)
{
	static char much[300001];
	struct yard yard;
	setup(&yard, state, "packed", "a");
	for (size_t i = 0; i < sizeof much - 1; i++)
		much[i] = (char)('a' + i * i % 26);
	assert_int_equal(open_logs(&yard, false), 0);
	assert_int_equal(end(&yard, 0), 0);
	yard.reporter.free(yard.reporter.state);
	yard.reporter = (struct reporter){ .state = NULL };
	assert_int_equal(open_logs(&yard, true), 0);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(
			say(&yard, 0, SSHOAL_STDOUT, much + 1000 * i, 1000), 0);
	assert_int_equal(say(&yard, 0, SSHOAL_STDERR, much, 300000), 0);
	assert_int_equal(end(&yard, 0), 0);
	expect_packed(&yard, "a.out.gz", much, 300000);
	expect_packed(&yard, "a.err.gz", much, 300000);
	/* Those of the run before are gone. */
	assert_int_equal(count_files(&yard), 3);
	fini(&yard);
}

static void an_empty_file_is_one_for_gzip_as_well(void **state)
{
	struct yard yard;
	setup(&yard, state, "empty", "a");
	assert_int_equal(open_logs(&yard, true), 0);
	assert_int_equal(end(&yard, 0), 0);
	expect_packed(&yard, "a.out.gz", "", 0);
	fini(&yard);
}

static void thousands_of_hosts_need_few_descriptors(void **state)
{
	struct yard yard;
	struct rlimit before;
	char line[1000];
	setup(&yard, state, "many", "n[1-3000]");
	memset(line, 'x', sizeof line);
	assert_int_equal(open_logs(&yard, false), 0);
	assert_int_equal(descriptors_limit(1, &before), 0);
	int rc = 0;
	/* More in all than is held, so that all kinds of writing occur. */
	for (size_t i = 0; rc == 0 && i < 6; i++)
		for (size_t host = 0; rc == 0 && host < 3000; host++)
			rc = say(&yard, host, SSHOAL_STDOUT, line, sizeof line);
	for (size_t host = 0; rc == 0 && host < 3000; host++)
		rc = end(&yard, host);
	(void)setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(rc, 0);
	assert_int_equal(count_files(&yard), 9000);
	char expected[6 * sizeof line];
	memset(expected, 'x', sizeof expected);
	expect_file(&yard, "n1.out", expected, sizeof expected);
	expect_file(&yard, "n3000.out", expected, sizeof expected);
	fini(&yard);
}

static void what_is_held_has_a_limit(void **state)
{
	static char piece[10000];
	struct log_folder folder;
	struct log_file files[3000] = { { .bytes = NULL } };
	char path[SCRATCH_PATH];
	char label[16];
	const struct log_name name = { .label = label, .suffix = ".out" };
	sshoal_error error;
	size_t most = 0;
	scratch_path(path, state, "held");
	assert_int_equal(sshoal__log_folder_open(&folder, path, false, &error),
			 0);
	for (size_t i = 0; i < 3000; i++) {
		(void)snprintf(label, sizeof label, "%zu", i);
		assert_int_equal(sshoal__log_append(&folder, &files[i], &name,
						    piece, sizeof piece,
						    &error),
				 0);
		most = folder.held_bytes > most ? folder.held_bytes : most;
	}
	assert_in_range(most, 1, 16 * 1024 * 1024);
	for (size_t i = 0; i < 3000; i++) {
		(void)snprintf(label, sizeof label, "%zu", i);
		sshoal__log_discard(&folder, &files[i], &name);
	}
	assert_int_equal(folder.held_bytes, 0);
	sshoal__log_folder_close(&folder);
	assert_int_equal(rmdir(path), 0);
}

/* Until it is undone no file grows over so many bytes. */
static void limit_files(rlim_t bytes, struct rlimit *before)
{
	assert_int_equal(getrlimit(RLIMIT_FSIZE, before), 0);
	struct rlimit few = { .rlim_cur = bytes, .rlim_max = before->rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
}

static void a_disk_without_room_is_told_once_and_leaves_nothing(void **state)
{
	static char much[200000];
	struct yard yard;
	struct rlimit before;
	setup(&yard, state, "full", "a,b,c");
	assert_int_equal(open_logs(&yard, false), 0);
	assert_int_equal(say(&yard, 1, SSHOAL_STDOUT, "x\n", 2), 0);
	assert_int_equal(end(&yard, 1), 0);
	limit_files(100000, &before);
	int rc = say(&yard, 0, SSHOAL_STDOUT, much, sizeof much);
	int later = say(&yard, 2, SSHOAL_STDOUT, much, sizeof much);
	int ended = end(&yard, 0);
	(void)setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	assert_int_equal(later, 0);
	assert_int_equal(ended, 0);
	char *told = capture_take(yard.capture, SSHOAL_STDERR, NULL);
	assert_non_null(strstr(told, "full/a.out: File too large"));
	assert_ptr_equal(strchr(told, '\n'), told + strlen(told) - 1);
	free(told);
	yard.reporter.free(yard.reporter.state);
	yard.reporter.free = NULL;
	assert_int_equal(count_files(&yard), 3);
	expect_file(&yard, "b.out", "x\n", 2);
	fini(&yard);
}

static void a_name_that_is_taken_by_a_folder_is_an_error(void **state)
{
	struct yard yard;
	char path[2 * SCRATCH_PATH];
	setup(&yard, state, "taken", "a");
	assert_int_equal(open_logs(&yard, false), 0);
	(void)snprintf(path, sizeof path, "%s/a.err", yard.folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(end(&yard, 0), SSHOAL_ELOCAL);
	char *told = capture_take(yard.capture, SSHOAL_STDERR, NULL);
	assert_non_null(strstr(told, "taken/a.err: Is a directory"));
	free(told);
	fini(&yard);
}

static void a_link_is_replaced_and_not_followed(void **state)
{
	struct yard yard;
	char path[2 * SCRATCH_PATH];
	char victim[SCRATCH_PATH];
	char content[16];
	setup(&yard, state, "linked", "a");
	assert_int_equal(open_logs(&yard, false), 0);
	scratch_path(victim, state, "victim");
	scratch_write(victim, "old", 3, 0600);
	(void)snprintf(path, sizeof path, "%s/a.out", yard.folder);
	assert_int_equal(symlink(victim, path), 0);
	assert_int_equal(say(&yard, 0, SSHOAL_STDOUT, "new", 3), 0);
	assert_int_equal(end(&yard, 0), 0);
	assert_int_equal(scratch_read(victim, content, sizeof content), 3);
	assert_string_equal(content, "old");
	expect_file(&yard, "a.out", "new", 3);
	fini(&yard);
}

static void a_folder_that_cannot_be_is_an_error(void **state)
{
	struct yard yard;
	char path[SCRATCH_PATH];
	setup(&yard, state, "file/folder", "a");
	scratch_path(path, state, "file");
	scratch_write(path, "", 0, 0600);
	assert_int_equal(open_logs(&yard, false), SSHOAL_ELOCAL);
	assert_non_null(strstr(yard.error.text, "--output-dir: "));
	assert_non_null(
		strstr(yard.error.text, "file/folder: Not a directory"));
	assert_null(yard.reporter.state);
	fini(&yard);
}

static void what_else_comes_out_goes_on_as_before(void **state)
{
	struct yard yard;
	const struct lines_options lines = { .host_count = 1 };
	setup(&yard, state, "lines", "a");
	assert_int_equal(sshoal__lines_new(&yard.reporter,
					   &yard.capture->console, &lines),
			 0);
	assert_int_equal(open_logs(&yard, false), 0);
	assert_null(yard.reporter.note);
	assert_int_equal(say(&yard, 0, SSHOAL_STDOUT, "one\ntwo", 7), 0);
	assert_int_equal(end(&yard, 0), 0);
	capture_expect(yard.capture, SSHOAL_STDOUT, "a: one\na: two\n");
	expect_file(&yard, "a.out", "one\ntwo", 7);
	fini(&yard);
}

static void a_label_that_is_no_file_name_is_refused(void **state)
{
	struct yard yard;
	char name[248];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	setup(&yard, state, "long", name);
	assert_int_equal(open_logs(&yard, false), SSHOAL_EINVAL);
	assert_non_null(strstr(yard.error.text, "host="));
	fini(&yard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_host_has_three_files_of_its_own),
		cmocka_unit_test(nothing_has_its_name_before_it_is_whole),
		cmocka_unit_test(compressed_files_are_the_same_for_gzip),
		cmocka_unit_test(an_empty_file_is_one_for_gzip_as_well),
		cmocka_unit_test(thousands_of_hosts_need_few_descriptors),
		cmocka_unit_test(what_is_held_has_a_limit),
		cmocka_unit_test(
			a_disk_without_room_is_told_once_and_leaves_nothing),
		cmocka_unit_test(a_name_that_is_taken_by_a_folder_is_an_error),
		cmocka_unit_test(a_link_is_replaced_and_not_followed),
		cmocka_unit_test(a_folder_that_cannot_be_is_an_error),
		cmocka_unit_test(what_else_comes_out_goes_on_as_before),
		cmocka_unit_test(a_label_that_is_no_file_name_is_refused),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
