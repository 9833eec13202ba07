/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "sftp/landing.h"
#include "unit/landing_fixture.h"
#include "unit/scratch.h"

/* What an interrupted transfer of a file leaves, and what is made of it. */

#define PART_OF_FILE ".sshoal-3b9c358f36f0a31b.part" /* SHA-256 of "file" */
#define PART_SIZE ((size_t)16 * 1024)
#define ROUNDS 300

static const struct landing_finish plain = { .mode = 0644 };

static int resume(struct landing_file *file, struct landing_folder *folder,
		  const char *name, uint64_t *size, sshoal_error *error)
{
	return sshoal__landing_begin(file, folder, name, false, true, size,
				     error);
}

static void what_was_left_is_gone_on_with(void **state)
{
	static char longest[256];
	memset(longest, 'n', sizeof longest - 1);
	const char *const names[] = { "file", longest, "\xff\n" };
	struct landing_folder *root = landing_root(state, "left");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct landing_file file = { .fd = -1 };
		uint64_t size = 1;
		assert_int_equal(resume(&file, root, names[i], &size, NULL), 0);
		assert_int_equal(size, 0);
		assert_true(file.keeps);
		assert_int_equal(strlen(file.other), strlen(PART_OF_FILE));
		assert_int_equal(sshoal__landing_write(&file, "te", 2, 0, NULL),
				 0);
		sshoal__landing_drop(&file);
		assert_int_equal(resume(&file, root, names[i], &size, NULL), 0);
		assert_int_equal(size, 2);
		assert_int_equal(sshoal__landing_write(&file, "xt", 2, 2, NULL),
				 0);
		assert_int_equal(sshoal__landing_finish(&file, 4, &plain, NULL),
				 0);
		landing_check(sshoal__landing_path_to(root, names[i]), "text",
			      0644);
		assert_int_equal(landing_count(sshoal__landing_path(root)),
				 i + 1);
	}
	sshoal__landing_leave(root);
}

static void the_name_of_a_part_is_always_the_same(void **state)
{
	struct landing_folder *root = landing_root(state, "same");
	struct landing_file file = { .fd = -1 };
	uint64_t size;
	char path[SCRATCH_PATH];
	assert_int_equal(resume(&file, root, "file", &size, NULL), 0);
	assert_string_equal(file.other, PART_OF_FILE);
	scratch_path(path, state, "same/" PART_OF_FILE);
	landing_check(path, "", 0600);
	file.keeps = false;
	sshoal__landing_drop(&file);
	assert_int_equal(landing_count(sshoal__landing_path(root)), 0);
	sshoal__landing_leave(root);
}

static void a_part_is_for_its_owner_only(void **state)
{
	static const mode_t modes[] = { 0666, 04755, 0600, 0444 };
	struct landing_folder *root = landing_root(state, "modes");
	struct landing_file file = { .fd = -1 };
	uint64_t size = 0;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "modes/" PART_OF_FILE);
	mode_t before = umask(0777);
	int rc = resume(&file, root, "file", &size, NULL);
	(void)umask(before);
	assert_int_equal(rc, 0);
	landing_check(path, "", 0600);
	sshoal__landing_drop(&file);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(resume(&file, root, "file", &size, NULL), 0);
		landing_check(path, "", 0600);
		sshoal__landing_drop(&file);
	}
	sshoal__landing_leave(root);
}

/* Plants something under the name of a part. */
static bool plant(int kind, const char *path, const char *precious)
{
	switch (kind) {
	case 0:
		return symlink(precious, path) == 0;
	case 1:
		return symlink("nowhere", path) == 0;
	case 2:
		return link(precious, path) == 0;
	case 3:
		return mkfifo(path, 0600) == 0;
	case 4:
		scratch_write(path, "another's", 9, 0666);
		return chown(path, 1234, 1234) == 0;
	default:
		return mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0;
	}
}

static void what_is_no_part_of_ours_is_not_written_to(void **state)
{
	struct landing_folder *root = landing_root(state, "planted");
	char precious[SCRATCH_PATH];
	char path[SCRATCH_PATH];
	scratch_path(precious, state, "precious");
	scratch_write(precious, "precious", 8, 0644);
	scratch_path(path, state, "planted/" PART_OF_FILE);
	for (int kind = 0; kind < 6; kind++) {
		struct landing_file file = { .fd = -1 };
		uint64_t size = 1;
		/* Some take root. */
		if (!plant(kind, path, precious)) {
			(void)unlink(path);
			continue;
		}
		assert_int_equal(resume(&file, root, "file", &size, NULL), 0);
		assert_int_equal(size, 0);
		landing_check(path, "", 0600);
		assert_int_equal(
			sshoal__landing_write(&file, "text", 4, 0, NULL), 0);
		sshoal__landing_drop(&file);
		landing_check(path, "text", 0600);
		landing_check(precious, "precious", 0644);
		assert_int_equal(unlink(path), 0);
	}
	sshoal__landing_leave(root);
}

static void a_directory_that_has_the_name_of_a_part_is_told(void **state)
{
	struct landing_folder *root = landing_root(state, "directory");
	struct landing_file file = { .fd = -1 };
	uint64_t size = 1;
	sshoal_error error;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "directory/" PART_OF_FILE);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(resume(&file, root, "file", &size, &error),
			 SSHOAL_EEXIST);
	assert_null(file.folder);
	assert_int_equal(size, 1);
	assert_non_null(strstr(error.text, "directory/file: "));
	sshoal__landing_leave(root);
}

static void a_part_has_one_writer(void **state)
{
	struct landing_folder *root = landing_root(state, "writer");
	struct landing_folder *again = landing_root(state, "writer");
	struct landing_file file = { .fd = -1 };
	struct landing_file second = { .fd = -1 };
	uint64_t size = 1;
	sshoal_error error;
	size_t before = landing_descriptors();
	assert_int_equal(resume(&file, root, "file", &size, NULL), 0);
	assert_int_equal(resume(&second, again, "file", &size, &error),
			 SSHOAL_EEXIST);
	assert_non_null(strstr(error.text, "writer/file: "));
	assert_null(second.folder);
	sshoal__landing_drop(&file);
	assert_int_equal(resume(&second, again, "file", &size, NULL), 0);
	sshoal__landing_drop(&second);
	assert_int_equal(landing_descriptors(), before);
	sshoal__landing_leave(again);
	sshoal__landing_leave(root);
}

/* One of two who transfer to the same file. */
struct writer {
	pthread_t thread;
	void *const *state;
	char letter;
	int finished;
	int refused;
	int strange; /* any other result */
};

/* Writes the whole of the part, or says why not. */
static int write_once(const struct writer *writer, struct landing_folder *root)
{
	static const size_t step = PART_SIZE / 8;
	char bytes[PART_SIZE / 8];
	struct landing_file file = { .fd = -1 };
	uint64_t size = 0;
	memset(bytes, writer->letter, sizeof bytes);
	int rc = resume(&file, root, "file", &size, NULL);
	for (size_t at = 0; rc == 0 && at < PART_SIZE; at += step)
		rc = sshoal__landing_write(&file, bytes, step, at, NULL);
	if (rc == 0)
		return sshoal__landing_finish(&file, PART_SIZE, &plain, NULL);
	sshoal__landing_drop(&file);
	return rc;
}

static void *write_often(void *data)
{
	struct writer *writer = data;
	char path[SCRATCH_PATH];
	struct landing_folder *root = NULL;
	(void)snprintf(path, sizeof path, "%s/mixed",
		       (const char *)*writer->state);
	if (sshoal__landing_open(&root, path, false, NULL) != 0) {
		writer->strange++;
		return NULL;
	}
	while (writer->finished < ROUNDS && writer->strange == 0) {
		int rc = write_once(writer, root);
		writer->finished += rc == 0;
		writer->refused += rc == SSHOAL_EEXIST;
		writer->strange += rc != 0 && rc != SSHOAL_EEXIST;
	}
	sshoal__landing_leave(root);
	return NULL;
}

/* The file consists of one letter. */
static bool is_whole(const char *path)
{
	static char bytes[PART_SIZE + 1];
	FILE *file = fopen(path, "re");
	if (!file)
		return true;
	size_t n = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	size_t same = 0;
	while (same < n && bytes[same] == bytes[0])
		same++;
	return n == PART_SIZE && same == n;
}

static void two_who_write_the_same_file_never_mix(void **state)
{
	struct landing_folder *root = landing_root(state, "mixed");
	struct writer writers[2] = {
		{ .state = state, .letter = 'a' },
		{ .state = state, .letter = 'b' },
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "mixed/file");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL,
						write_often, &writers[i]),
				 0);
	size_t mixed = 0;
	for (int i = 0; i < 10 * ROUNDS; i++)
		mixed += !is_whole(path);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(writers[i].thread, NULL), 0);
		assert_int_equal(writers[i].strange, 0);
		assert_int_equal(writers[i].finished, ROUNDS);
	}
	assert_int_equal(mixed, 0);
	assert_true(is_whole(path));
	assert_int_equal(landing_count(sshoal__landing_path(root)), 1);
	sshoal__landing_leave(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_left_is_gone_on_with),
		cmocka_unit_test(the_name_of_a_part_is_always_the_same),
		cmocka_unit_test(a_part_is_for_its_owner_only),
		cmocka_unit_test(what_is_no_part_of_ours_is_not_written_to),
		cmocka_unit_test(
			a_directory_that_has_the_name_of_a_part_is_told),
		cmocka_unit_test(a_part_has_one_writer),
		cmocka_unit_test(two_who_write_the_same_file_never_mix),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
