/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/file.h>

#include "sftp/depot.h"

/* Files that are open, beside what is on the disk. */

#define KIB ((size_t)1024)
#define LARGE ((size_t)10000000)
#define OVER_4_GIB ((uint64_t)5000000000)

static void is(const struct depot *depot, const char *what, int64_t n,
	       int64_t expected)
{
	assert_code(n, expected, what, sshoal_sftp_error_text(depot->sftp));
}

static sshoal_file *opened(const struct depot *depot, const char *name,
			   uint32_t flags)
{
	sshoal_file *file = NULL;
	sshoal_error error = { .code = 0 };
	struct path path = to_of(depot, name);
	int rc = sshoal_file_open(&file, depot->sftp, path.text, flags, 0640,
				  &error);
	assert_code(rc, 0, path.text, error.text);
	assert_non_null(file);
	return file;
}

static sshoal_file *made(const struct depot *depot, const char *name)
{
	return opened(depot, name,
		      SSHOAL_FILE_READ | SSHOAL_FILE_WRITE |
			      SSHOAL_FILE_CREATE | SSHOAL_FILE_TRUNCATE);
}

static unsigned char *pattern_of(size_t size, uint64_t offset, unsigned seed)
{
	unsigned char *bytes = malloc(size + 1);
	assert_non_null(bytes);
	pattern_fill(bytes, size, offset, seed);
	return bytes;
}

static void every_size_is_exact(void **state)
{
	static const size_t sizes[] = {
		0,
		1,
		32 * KIB - 1,
		32 * KIB,
		32 * KIB + 1,
		128 * KIB - 1,
		128 * KIB,
		128 * KIB + 1,
		255 * KIB,
		256 * KIB + 7,
		4096 * KIB + 1,
		LARGE,
	};
	struct depot *depot = *state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t size = sizes[i];
		unsigned char *bytes = pattern_of(size, 0, (unsigned)i);
		sshoal_file *file = made(depot, "file");
		int64_t n = sshoal_file_write(file, bytes, size);
		is(depot, "write", n, (int64_t)size);
		is(depot, "tell", sshoal_file_tell(file), (int64_t)size);
		is(depot, "size", sshoal_file_size(file), (int64_t)size);
		assert_file(to_of(depot, "file").text, size, (unsigned)i);
		memset(bytes, 0xaa, size + 1);
		is(depot, "seek", sshoal_file_seek(file, 0, SEEK_SET), 0);
		n = sshoal_file_read(file, bytes, size + 1);
		is(depot, "read", n, (int64_t)size);
		assert_true(pattern_is(bytes, size, 0, (unsigned)i));
		assert_int_equal(bytes[size], 0xaa);
		is(depot, "end", sshoal_file_read(file, bytes, 1), 0);
		is(depot, "nothing", sshoal_file_read(file, NULL, 0), 0);
		is(depot, "nothing", sshoal_file_write(file, NULL, 0), 0);
		is(depot, "close", sshoal_file_close(file), 0);
		free(bytes);
	}
}

/* In order to the end, so much at a time: what is read ahead is all there. */
static void read_through(const struct depot *depot, size_t size, size_t part,
			 unsigned seed)
{
	unsigned char *bytes = malloc(part);
	assert_non_null(bytes);
	sshoal_file *file = opened(depot, "file", SSHOAL_FILE_READ);
	size_t at = 0;
	int64_t n = (int64_t)part;
	while (n == (int64_t)part) {
		n = sshoal_file_read(file, bytes, part);
		if (n < 0)
			is(depot, "read", n, 0);
		assert_true(pattern_is(bytes, (size_t)n, at, seed));
		at += (size_t)n;
		is(depot, "tell", sshoal_file_tell(file), (int64_t)at);
	}
	assert_int_equal(at, size);
	is(depot, "end", sshoal_file_read(file, bytes, part), 0);
	is(depot, "close", sshoal_file_close(file), 0);
	free(bytes);
}

static void reading_in_order_is_exact(void **state)
{
	static const size_t parts[] = { 1000,       4096,      32 * KIB,
					100001,     128 * KIB, 700000,
					1024 * KIB, 3000 * KIB };
	struct depot *depot = *state;
	make_file(to_of(depot, "file").text, LARGE, 3);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		read_through(depot, LARGE, parts[i], 3);
	make_file(to_of(depot, "file").text, 3000, 4);
	read_through(depot, 3000, 1, 4);
	read_through(depot, 3000, 7, 4);
	read_through(depot, 3000, 3000, 4);
}

static void places_are_exact(void **state)
{
	static const struct {
		uint64_t offset;
		size_t size;
	} table[] = {
		{ 0, 1 },         { LARGE - 1, 1 },
		{ 131071, 2 },    { 5000000, 300001 },
		{ 1, 131072 },    { LARGE - 7, 7 },
		{ 32767, 98306 }, { 0, 5 * 1024 * KIB },
	};
	struct depot *depot = *state;
	unsigned char *bytes = malloc(LARGE);
	assert_non_null(bytes);
	make_file(to_of(depot, "file").text, LARGE, 5);
	sshoal_file *file = opened(depot, "file", SSHOAL_FILE_READ);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t n = sshoal_file_pread(file, bytes, table[i].size,
					      table[i].offset);
		is(depot, "pread", n, (int64_t)table[i].size);
		assert_true(
			pattern_is(bytes, table[i].size, table[i].offset, 5));
		is(depot, "tell", sshoal_file_tell(file), 0);
	}
	is(depot, "past", sshoal_file_pread(file, bytes, 10, LARGE), 0);
	is(depot, "past", sshoal_file_pread(file, bytes, 10, LARGE + 9), 0);
	is(depot, "across", sshoal_file_pread(file, bytes, 300000, LARGE - 9),
	   9);
	is(depot, "close", sshoal_file_close(file), 0);
	free(bytes);
}

static void writes_find_their_places(void **state)
{
	struct depot *depot = *state;
	unsigned char *bytes = pattern_of(LARGE, 0, 6);
	sshoal_file *file = made(depot, "file");
	/* The halves in the wrong order, the middle twice. */
	size_t half = LARGE / 2;
	is(depot, "pwrite",
	   sshoal_file_pwrite(file, bytes + half, LARGE - half, half),
	   (int64_t)(LARGE - half));
	is(depot, "pwrite", sshoal_file_pwrite(file, bytes, half, 0),
	   (int64_t)half);
	is(depot, "pwrite",
	   sshoal_file_pwrite(file, bytes + 1000, 777777, 1000), 777777);
	is(depot, "tell", sshoal_file_tell(file), 0);
	is(depot, "close", sshoal_file_close(file), 0);
	assert_file(to_of(depot, "file").text, LARGE, 6);
	free(bytes);
}

static void offsets_over_4_gib_are_kept(void **state)
{
	struct depot *depot = *state;
	unsigned char *bytes = pattern_of(300000, OVER_4_GIB, 7);
	unsigned char *back = calloc(1, 300000);
	assert_non_null(back);
	sshoal_file *file = made(depot, "sparse");
	is(depot, "seek", sshoal_file_seek(file, (int64_t)OVER_4_GIB, SEEK_SET),
	   (int64_t)OVER_4_GIB);
	is(depot, "write", sshoal_file_write(file, bytes, 300000), 300000);
	is(depot, "size", sshoal_file_size(file), (int64_t)OVER_4_GIB + 300000);
	is(depot, "seek", sshoal_file_seek(file, -300000, SEEK_END),
	   (int64_t)OVER_4_GIB);
	for (size_t at = 0; at < 300000; at += 50000)
		is(depot, "read", sshoal_file_read(file, back + at, 50000),
		   50000);
	assert_memory_equal(bytes, back, 300000);
	is(depot, "pread", sshoal_file_pread(file, back, 300000, OVER_4_GIB),
	   300000);
	assert_memory_equal(bytes, back, 300000);
	is(depot, "truncate", sshoal_file_truncate(file, OVER_4_GIB + 5), 0);
	is(depot, "pread", sshoal_file_pread(file, back, 10, OVER_4_GIB), 5);
	is(depot, "close", sshoal_file_close(file), 0);
	free(bytes);
	free(back);
}

static void seeking_is_as_lseek2_has_it(void **state)
{
	struct depot *depot = *state;
	make_file(to_of(depot, "file").text, 1000, 8);
	sshoal_file *file = opened(depot, "file", SSHOAL_FILE_READ);
	is(depot, "set", sshoal_file_seek(file, 10, SEEK_SET), 10);
	is(depot, "cur", sshoal_file_seek(file, -3, SEEK_CUR), 7);
	is(depot, "end", sshoal_file_seek(file, -1, SEEK_END), 999);
	is(depot, "past", sshoal_file_seek(file, 1, SEEK_END), 1001);
	is(depot, "negative", sshoal_file_seek(file, -1002, SEEK_CUR),
	   SSHOAL_EINVAL);
	is(depot, "negative", sshoal_file_seek(file, -1, SEEK_SET),
	   SSHOAL_EINVAL);
	is(depot, "negative", sshoal_file_seek(file, INT64_MIN, SEEK_CUR),
	   SSHOAL_EINVAL);
	is(depot, "too far", sshoal_file_seek(file, INT64_MAX, SEEK_CUR),
	   SSHOAL_EINVAL);
	is(depot, "whence", sshoal_file_seek(file, 0, 77), SSHOAL_EINVAL);
	is(depot, "tell", sshoal_file_tell(file), 1001);
	is(depot, "as far", sshoal_file_seek(file, INT64_MAX, SEEK_SET),
	   INT64_MAX);
	is(depot, "close", sshoal_file_close(file), 0);
}

/* What was read ahead is not what somebody gets who looks again. */
static void what_is_old_is_forgotten(void **state)
{
	struct depot *depot = *state;
	struct path path = to_of(depot, "file");
	unsigned char bytes[3000];
	make_file(path.text, 500000, 1);
	sshoal_file *file =
		opened(depot, "file", SSHOAL_FILE_READ | SSHOAL_FILE_WRITE);
	for (int i = 0; i < 20; i++)
		is(depot, "read", sshoal_file_read(file, bytes, sizeof bytes),
		   sizeof bytes);
	make_file(path.text, 500000, 2);
	int64_t place = sshoal_file_tell(file);
	is(depot, "seek", sshoal_file_seek(file, 0, SEEK_SET), 0);
	is(depot, "read", sshoal_file_read(file, bytes, sizeof bytes),
	   sizeof bytes);
	assert_true(pattern_is(bytes, sizeof bytes, 0, 2));
	is(depot, "seek", sshoal_file_seek(file, place, SEEK_SET), place);
	for (int i = 0; i < 20; i++) {
		place = sshoal_file_tell(file);
		is(depot, "read", sshoal_file_read(file, bytes, sizeof bytes),
		   sizeof bytes);
		assert_true(
			pattern_is(bytes, sizeof bytes, (uint64_t)place, 2));
	}
	/* Its own writes above all. */
	place = sshoal_file_tell(file);
	unsigned char *new = pattern_of(200000, (uint64_t)place, 3);
	is(depot, "pwrite",
	   sshoal_file_pwrite(file, new, 200000, (uint64_t)place), 200000);
	is(depot, "read", sshoal_file_read(file, bytes, sizeof bytes),
	   sizeof bytes);
	assert_memory_equal(bytes, new, sizeof bytes);
	for (int i = 0; i < 20; i++)
		is(depot, "read", sshoal_file_read(file, bytes, sizeof bytes),
		   sizeof bytes);
	place = sshoal_file_tell(file);
	is(depot, "truncate", sshoal_file_truncate(file, (uint64_t)place + 5),
	   0);
	is(depot, "read", sshoal_file_read(file, bytes, sizeof bytes), 5);
	is(depot, "close", sshoal_file_close(file), 0);
	free(new);
}

/* As who follows a log does it. */
static void a_file_that_grows_is_followed(void **state)
{
	struct depot *depot = *state;
	struct path path = to_of(depot, "log");
	unsigned char bytes[7000];
	size_t at = 0;
	make_text(path.text, "");
	sshoal_file *file = opened(depot, "log", SSHOAL_FILE_READ);
	is(depot, "empty", sshoal_file_read(file, bytes, sizeof bytes), 0);
	for (size_t size = 1; size < 200000; size = size * 3 + 1) {
		make_file(path.text, size, 9);
		int64_t n = sizeof bytes;
		while (n == sizeof bytes) {
			n = sshoal_file_read(file, bytes, sizeof bytes);
			assert_true(n >= 0);
			assert_true(pattern_is(bytes, (size_t)n, at, 9));
			at += (size_t)n;
		}
		assert_int_equal(at, size);
		is(depot, "end", sshoal_file_read(file, bytes, sizeof bytes),
		   0);
	}
	is(depot, "close", sshoal_file_close(file), 0);
}

static void what_is_appended_goes_to_the_end(void **state)
{
	struct depot *depot = *state;
	struct path path = to_of(depot, "log");
	char bytes[10];
	make_text(path.text, "one ");
	sshoal_file *file = opened(depot, "log",
				   SSHOAL_FILE_READ | SSHOAL_FILE_WRITE |
					   SSHOAL_FILE_APPEND);
	is(depot, "write", sshoal_file_write(file, "two ", 4), 4);
	is(depot, "tell", sshoal_file_tell(file), 8);
	is(depot, "seek", sshoal_file_seek(file, 0, SEEK_SET), 0);
	is(depot, "read", sshoal_file_read(file, bytes, 3), 3);
	assert_memory_equal(bytes, "one", 3);
	is(depot, "write", sshoal_file_write(file, "three ", 6), 6);
	is(depot, "tell", sshoal_file_tell(file), 14);
	is(depot, "write", sshoal_file_write(file, "four", 4), 4);
	is(depot, "close", sshoal_file_close(file), 0);
	assert_text(path.text, "one two three four");
}

static void flags_do_as_they_say(void **state)
{
	struct depot *depot = *state;
	struct path path = to_of(depot, "file");
	sshoal_file *file = NULL;
	sshoal_error error = { .code = 0 };
	char byte = 'x';
	int rc = sshoal_file_open(&file, depot->sftp, path.text,
				  SSHOAL_FILE_READ, 0, &error);
	assert_code(rc, SSHOAL_ENOENT, "missing", error.text);
	assert_null(file);
	char expected[600];
	(void)snprintf(expected, sizeof expected, "%s: No such file",
		       path.text);
	assert_string_equal(error.text, expected);
	assert_string_equal(sshoal_sftp_error_text(depot->sftp), expected);
	file = opened(depot, "file",
		      SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE |
			      SSHOAL_FILE_EXCLUSIVE);
	struct stat st;
	assert_int_equal(stat(path.text, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	is(depot, "write", sshoal_file_write(file, "12345", 5), 5);
	is(depot, "read", sshoal_file_read(file, &byte, 1), SSHOAL_EINVAL);
	is(depot, "pread", sshoal_file_pread(file, &byte, 1, 0), SSHOAL_EINVAL);
	is(depot, "close", sshoal_file_close(file), 0);
	file = NULL;
	rc = sshoal_file_open(&file, depot->sftp, path.text,
			      SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE |
				      SSHOAL_FILE_EXCLUSIVE,
			      0640, &error);
	assert_code(rc, SSHOAL_EREMOTE, "exclusive", error.text);
	file = opened(depot, "file", SSHOAL_FILE_READ);
	is(depot, "write", sshoal_file_write(file, "x", 1), SSHOAL_EINVAL);
	is(depot, "pwrite", sshoal_file_pwrite(file, "x", 1, 0), SSHOAL_EINVAL);
	is(depot, "close", sshoal_file_close(file), 0);
	file = opened(depot, "file", SSHOAL_FILE_WRITE);
	is(depot, "write", sshoal_file_write(file, "ab", 2), 2);
	is(depot, "close", sshoal_file_close(file), 0);
	assert_text(path.text, "ab345");
	static const uint32_t wrong[] = { 0, SSHOAL_FILE_CREATE,
					  SSHOAL_FILE_READ | 0x40 };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		is(depot, "flags",
		   sshoal_file_open(&file, depot->sftp, path.text, wrong[i], 0,
				    &error),
		   SSHOAL_EINVAL);
	is(depot, "NULL", sshoal_file_close(NULL), 0);
	is(depot, "NULL", sshoal_file_read(NULL, &byte, 1), SSHOAL_EINVAL);
	is(depot, "NULL", sshoal_file_tell(NULL), SSHOAL_EINVAL);
}

static void attributes_are_those_of_the_file(void **state)
{
	struct depot *depot = *state;
	struct path path = to_of(depot, "file");
	sshoal_attributes attributes;
	sshoal_statvfs there;
	struct statvfs here;
	struct stat st;
	sshoal_file *file = made(depot, "file");
	is(depot, "write", sshoal_file_write(file, "12345", 5), 5);
	const sshoal_attributes wanted = {
		.flags = SSHOAL_ATTRIBUTES_MODE | SSHOAL_ATTRIBUTES_TIMES,
		.mode = 0604,
		.atime_s = 10,
		.mtime_s = 20,
	};
	is(depot, "setstat", sshoal_file_setstat(file, &wanted), 0);
	is(depot, "stat", sshoal_file_stat(file, &attributes), 0);
	assert_int_equal(stat(path.text, &st), 0);
	assert_int_equal(attributes.mode, st.st_mode);
	assert_int_equal(attributes.mode, S_IFREG | 0604);
	assert_int_equal(attributes.mtime_s, 20);
	assert_int_equal(attributes.size_bytes, 5);
	is(depot, "sync", sshoal_file_sync(file), 0);
	is(depot, "statvfs", sshoal_file_statvfs(file, &there), 0);
	assert_int_equal(statvfs(path.text, &here), 0);
	assert_int_equal(there.blocks, here.f_blocks);
	assert_int_equal(there.name_max_bytes, here.f_namemax);
	/* Of the file, wherever its name is. */
	assert_int_equal(unlink(path.text), 0);
	is(depot, "size", sshoal_file_size(file), 5);
	is(depot, "close", sshoal_file_close(file), 0);
}

/* Several are open and read ahead at the same time. */
static void files_do_not_mind_each_other(void **state)
{
	enum { FILES = 5 };
	struct depot *depot = *state;
	sshoal_file *files[FILES];
	unsigned char bytes[10000];
	for (unsigned i = 0; i < FILES; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "%u", i);
		make_file(to_of(depot, name).text, 2000000, i);
		files[i] = opened(depot, name, SSHOAL_FILE_READ);
	}
	for (uint64_t at = 0; at < 1500000; at += sizeof bytes)
		for (unsigned i = 0; i < FILES; i++) {
			is(depot, "read",
			   sshoal_file_read(files[i], bytes, sizeof bytes),
			   sizeof bytes);
			assert_true(pattern_is(bytes, sizeof bytes, at, i));
		}
	for (unsigned i = 0; i < FILES; i++)
		is(depot, "close", sshoal_file_close(files[i]), 0);
	assert_fine(depot->client);
}

/* One of many requests fails: the call fails, the session does not. */
static void a_full_disk_is_told(void **state)
{
	struct depot *depot = *state;
	struct path full = path_of("/dev/full");
	sshoal_file *file = NULL;
	sshoal_error error = { .code = 0 };
	if (access(full.text, W_OK))
		skip();
	unsigned char *bytes = pattern_of(LARGE, 0, 1);
	int rc = sshoal_file_open(&file, depot->sftp, full.text,
				  SSHOAL_FILE_WRITE, 0, &error);
	assert_code(rc, 0, "open", error.text);
	is(depot, "write", sshoal_file_write(file, bytes, LARGE),
	   SSHOAL_EREMOTE);
	assert_string_equal(sshoal_sftp_error_text(depot->sftp),
			    "/dev/full: Failure");
	is(depot, "tell", sshoal_file_tell(file), 0);
	is(depot, "close", sshoal_file_close(file), 0);
	free(bytes);
	file = made(depot, "file");
	is(depot, "write", sshoal_file_write(file, "x", 1), 1);
	is(depot, "close", sshoal_file_close(file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_size_is_exact, depot_clear),
		cmocka_unit_test_setup(reading_in_order_is_exact, depot_clear),
		cmocka_unit_test_setup(places_are_exact, depot_clear),
		cmocka_unit_test_setup(writes_find_their_places, depot_clear),
		cmocka_unit_test_setup(offsets_over_4_gib_are_kept,
				       depot_clear),
		cmocka_unit_test_setup(seeking_is_as_lseek2_has_it,
				       depot_clear),
		cmocka_unit_test_setup(what_is_old_is_forgotten, depot_clear),
		cmocka_unit_test_setup(a_file_that_grows_is_followed,
				       depot_clear),
		cmocka_unit_test_setup(what_is_appended_goes_to_the_end,
				       depot_clear),
		cmocka_unit_test_setup(flags_do_as_they_say, depot_clear),
		cmocka_unit_test_setup(attributes_are_those_of_the_file,
				       depot_clear),
		cmocka_unit_test_setup(files_do_not_mind_each_other,
				       depot_clear),
		cmocka_unit_test_setup(a_full_disk_is_told, depot_clear),
	};
	return cmocka_run_group_tests_name("sftp_file", tests, depot_setup,
					   depot_teardown);
}
