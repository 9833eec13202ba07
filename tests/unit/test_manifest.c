/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sftp/manifest.h"
#include "unit/deep.h"
#include "unit/descriptors.h"
#include "unit/manifest_rig.h"
#include "unit/processor.h"
#include "unit/scarcity.h"
#include "unit/scratch.h"

static const struct manifest_options flat = { .recursive = false };
static const struct manifest_options tree = { .recursive = true };
static const struct manifest_options followed = { .recursive = true,
						  .follow_links = true };

static struct manifest *read_one(const char *path,
				 const struct manifest_options *options)
{
	struct manifest *manifest = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal__manifest_new(&manifest, &path, 1, options, &error);
	if (rc)
		fail_msg("%s: %d (%s)", path, rc, error.text);
	return manifest;
}

static void assert_refused(const char *path,
			   const struct manifest_options *options, int code,
			   const char *start)
{
	struct manifest *manifest = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal__manifest_new(&manifest, &path, 1, options, &error);
	assert_null(manifest);
	if (rc != code || strncmp(error.text, start, strlen(start)) != 0)
		fail_msg("%s: %d (%s)", path, rc, error.text);
	assert_int_equal(error.code, code);
	assert_int_equal(
		sshoal__manifest_new(&manifest, &path, 1, options, NULL), code);
}

static void a_file_is_one_entry_with_its_attributes(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "one");
	scratch_write(path, "12345", 5, 04750);
	const struct timespec times[2] = { { 11, 22 }, { -33, 44 } };
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	struct manifest *manifest = read_one(path, &flat);
	assert_int_equal(manifest->count, 1);
	assert_int_equal(manifest->directories, 0);
	assert_int_equal(manifest->source_count, 1);
	assert_string_equal(manifest->sources[0], path);
	assert_string_equal(manifest->bases[0], "one");
	const struct manifest_entry *entry = manifest->entries;
	assert_string_equal(entry->name, "one");
	assert_true(entry->parent == MANIFEST_NO_PARENT);
	assert_int_equal(entry->kind, SSHOAL_FILE_REGULAR);
	assert_int_equal(entry->size_bytes, 5);
	assert_int_equal(entry->mode, S_IFREG | 04750);
	assert_int_equal(entry->atime_s, 11);
	assert_int_equal(entry->mtime.tv_sec, -33);
	assert_int_equal(entry->mtime.tv_nsec, 44);
	assert_int_equal(entry->ctime.tv_sec, status.st_ctim.tv_sec);
	assert_int_equal(entry->ctime.tv_nsec, status.st_ctim.tv_nsec);
	assert_int_equal(entry->uid, status.st_uid);
	assert_int_equal(entry->gid, status.st_gid);
	assert_int_equal(entry->links, 1);
	assert_true(entry->device == status.st_dev);
	assert_true(entry->inode == status.st_ino);
	manifest_rig_assert_path(manifest, 0, path);
	manifest_rig_assert_below(manifest, 0, "");
	manifest_rig_assert_order(manifest);
	sshoal__manifest_free(manifest);
}

static void a_tree_is_read_level_by_level(void **state)
{
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "tree");
	manifest_rig_add_folder(state, "tree/b");
	manifest_rig_add_folder(state, "tree/b/z");
	manifest_rig_add_folder(state, "tree/a");
	manifest_rig_add_folder(state, "tree/a/y");
	manifest_rig_add_folder(state, "tree/a/y/deep");
	manifest_rig_add_file(state, "tree/c", 3);
	manifest_rig_add_file(state, "tree/B", 20);
	manifest_rig_add_file(state, "tree/a/y/deep/file", 100);
	manifest_rig_add_file(state, "tree/b/z/file", 7000);
	manifest_rig_add_link(state, "tree/a/link", "../no/such thing");
	char fifo[SCRATCH_PATH];
	scratch_path(fifo, state, "tree/pipe");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	static const struct {
		const char *below;
		int kind;
	} expected[] = {
		{ "", SSHOAL_FILE_DIRECTORY },
		{ "a", SSHOAL_FILE_DIRECTORY },
		{ "b", SSHOAL_FILE_DIRECTORY },
		{ "a/y", SSHOAL_FILE_DIRECTORY },
		{ "b/z", SSHOAL_FILE_DIRECTORY },
		{ "a/y/deep", SSHOAL_FILE_DIRECTORY },
		{ "B", SSHOAL_FILE_REGULAR },
		{ "c", SSHOAL_FILE_REGULAR },
		{ "pipe", SSHOAL_FILE_OTHER },
		{ "a/link", SSHOAL_FILE_LINK },
		{ "b/z/file", SSHOAL_FILE_REGULAR },
		{ "a/y/deep/file", SSHOAL_FILE_REGULAR },
	};
	struct manifest *manifest = read_one(path, &tree);
	assert_int_equal(manifest->count, sizeof expected / sizeof *expected);
	assert_int_equal(manifest->directories, 6);
	for (size_t i = 0; i < manifest->count; i++) {
		char whole[2 * SCRATCH_PATH];
		(void)snprintf(whole, sizeof whole, "%s%s%s", path,
			       i ? "/" : "", expected[i].below);
		manifest_rig_assert_below(manifest, i, expected[i].below);
		manifest_rig_assert_path(manifest, i, whole);
		assert_int_equal(manifest->entries[i].kind, expected[i].kind);
	}
	assert_string_equal(manifest->entries[9].target, "../no/such thing");
	assert_int_equal(manifest->total_bytes, 7123);
	assert_int_equal(manifest->files, 4);
	manifest_rig_assert_order(manifest);
	sshoal__manifest_free(manifest);
}

static void names_are_bytes(void **state)
{
	static const char *const names[] = {
		"\x01", "\n",  " ",  "\"",   "$(id)",       "'",    "*",
		"-rf",  "...", "\\", "a\nb", "caf\xc3\xa9", "\x80", "\xff\xfe",
	};
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "names");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "names/%s", names[i]);
		manifest_rig_add_file(state, name, i);
	}
	struct manifest *manifest = read_one(path, &tree);
	assert_int_equal(manifest->count, 1 + sizeof names / sizeof *names);
	for (size_t i = 1; i < manifest->count; i++) {
		assert_string_equal(manifest->entries[i].name, names[i - 1]);
		manifest_rig_assert_below(manifest, i, names[i - 1]);
		assert_int_equal(manifest->entries[i].size_bytes, i - 1);
	}
	manifest_rig_assert_order(manifest);
	sshoal__manifest_free(manifest);
}

static void a_source_is_called_what_it_is(void **state)
{
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "called");
	manifest_rig_add_folder(state, "called/inner");
	manifest_rig_add_file(state, "called/inner/file", 1);
	manifest_rig_add_link(state, "called/link", "inner");
	static const struct {
		const char *source, *base, *file;
	} table[] = {
		{ "inner", "inner", "inner/file" },
		{ "inner/", "inner", "inner/file" },
		{ "inner//", "inner", "inner//file" },
		{ "./inner", "inner", "./inner/file" },
		{ "inner/.", "inner", "inner/./file" },
		{ "inner/./", "inner", "inner/./file" },
		{ "link/../inner/../inner", "inner",
		  "link/../inner/../inner/file" },
		{ "link", "link", "link/file" },
		{ "link/", "link", "link/file" },
		{ "link/.", "inner", "link/./file" },
		{ ".", "called", "./inner" },
		{ "./", "called", "./inner" },
		{ "inner/..", "called", "inner/../inner" },
		{ "inner/../", "called", "inner/../inner" },
		{ "inner/file", "file", NULL },
	};
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(chdir(path), 0);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct manifest *manifest = read_one(table[i].source, &tree);
		assert_string_equal(manifest->bases[0], table[i].base);
		assert_string_equal(manifest->entries[0].name, table[i].base);
		assert_string_equal(manifest->sources[0], table[i].source);
		manifest_rig_assert_path(manifest, 0, table[i].source);
		if (table[i].file) {
			manifest_rig_assert_path(manifest, 1, table[i].file);
			assert_int_equal(access(table[i].file, F_OK), 0);
		}
		sshoal__manifest_free(manifest);
	}
	assert_int_equal(fchdir(before), 0);
	(void)close(before);
}

static void what_cannot_be_uploaded_is_refused(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "missing");
	assert_refused(path, &tree, SSHOAL_ENOENT, path);
	assert_refused("", &tree, SSHOAL_ENOENT, "\"\": ");
	assert_refused("/", &tree, SSHOAL_EINVAL, "/: ");
	assert_refused("//..", &tree, SSHOAL_EINVAL, "//..: ");
	assert_refused("/dev/null", &tree, SSHOAL_EINVAL, "/dev/null: ");
	assert_refused(*state, &flat, SSHOAL_EINVAL, *state);
	scratch_path(path, state, "a_pipe");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, &tree, SSHOAL_EINVAL, path);
	assert_int_equal(unlink(path), 0);
	scratch_path(path, state, "a_link");
	assert_int_equal(symlink("missing", path), 0);
	assert_refused(path, &tree, SSHOAL_ENOENT, path);
	assert_int_equal(unlink(path), 0);
	manifest_rig_add_file(state, "a_file", 1);
	scratch_path(path, state, "a_file/");
	assert_refused(path, &tree, SSHOAL_ENOENT, path);
	scratch_path(path, state, "a_file/..");
	assert_refused(path, &tree, SSHOAL_ENOENT, path);
}

static void nothing_is_an_empty_manifest(void **state)
{
	(void)state;
	struct manifest *manifest = NULL;
	assert_int_equal(sshoal__manifest_new(&manifest, NULL, 0, &tree, NULL),
			 0);
	assert_int_equal(manifest->count, 0);
	assert_int_equal(manifest->source_count, 0);
	sshoal__manifest_free(manifest);
	sshoal__manifest_free(NULL);
}

static void many_sources_keep_their_order(void **state)
{
	char paths[4][SCRATCH_PATH];
	manifest_rig_make_folder(paths[0], state, "s_z");
	manifest_rig_add_folder(state, "s_z/inner");
	manifest_rig_add_file(state, "s_z/inner/f", 1);
	manifest_rig_add_file(state, "s_file", 10);
	scratch_path(paths[1], state, "s_file");
	manifest_rig_make_folder(paths[2], state, "s_a");
	manifest_rig_add_file(state, "s_a/g", 100);
	scratch_path(paths[3], state, "s_link");
	assert_int_equal(symlink("s_file", paths[3]), 0);
	const char *sources[] = { paths[0], paths[1], paths[2], paths[3] };
	struct manifest *manifest = NULL;
	assert_int_equal(
		sshoal__manifest_new(&manifest, sources, 4, &tree, NULL), 0);
	static const struct {
		size_t source;
		const char *below;
	} expected[] = {
		{ 0, "" }, { 2, "" },  { 0, "inner" },   { 1, "" },
		{ 3, "" }, { 2, "g" }, { 0, "inner/f" },
	};
	assert_int_equal(manifest->count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < manifest->count; i++) {
		assert_int_equal(manifest->entries[i].source,
				 expected[i].source);
		manifest_rig_assert_below(manifest, i, expected[i].below);
	}
	/* A source that is a link is the file. */
	assert_int_equal(manifest->entries[4].kind, SSHOAL_FILE_REGULAR);
	assert_string_equal(manifest->entries[4].name, "s_link");
	assert_int_equal(manifest->total_bytes, 121);
	manifest_rig_assert_order(manifest);
	sshoal__manifest_free(manifest);
}

static void two_sources_of_one_name_are_refused(void **state)
{
	char paths[2][SCRATCH_PATH];
	manifest_rig_add_folder(state, "left");
	manifest_rig_add_folder(state, "right");
	manifest_rig_add_file(state, "left/same", 1);
	manifest_rig_add_file(state, "right/same", 1);
	scratch_path(paths[0], state, "left/same");
	scratch_path(paths[1], state, "right/same");
	const char *const sources[] = { *state, paths[0], paths[1] };
	struct manifest *manifest = NULL;
	sshoal_error error;
	assert_int_equal(
		sshoal__manifest_new(&manifest, sources, 3, &tree, &error),
		SSHOAL_EINVAL);
	assert_null(manifest);
	assert_ptr_equal(strstr(error.text, paths[1]), error.text);
	assert_non_null(strstr(error.text, paths[0]));
}

static void links_are_followed_where_that_is_wanted(void **state)
{
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "follow");
	manifest_rig_add_folder(state, "follow/real");
	manifest_rig_add_file(state, "follow/real/file", 5);
	manifest_rig_add_link(state, "follow/to_file", "real/file");
	manifest_rig_add_link(state, "follow/to_folder", "real");
	struct manifest *manifest = read_one(path, &tree);
	assert_int_equal(manifest->count, 5);
	assert_int_equal(manifest->directories, 2);
	assert_false(manifest->follow_links);
	manifest_rig_assert_order(manifest);
	sshoal__manifest_free(manifest);
	manifest = read_one(path, &followed);
	assert_int_equal(manifest->count, 6);
	assert_int_equal(manifest->directories, 3);
	assert_true(manifest->follow_links);
	assert_int_equal(manifest->total_bytes, 15);
	manifest_rig_assert_below(manifest, 2, "to_folder");
	manifest_rig_assert_below(manifest, 5, "to_folder/file");
	manifest_rig_assert_order(manifest);
	sshoal__manifest_free(manifest);
}

static void a_loop_of_links_is_told(void **state)
{
	static const char *const targets[] = { ".",     "..",
					       "../..", "../../../loops",
					       "loop",  "no" };
	static const int faults[] = {
		ELOOP, ELOOP, ELOOP, ELOOP, ELOOP, ENOENT
	};
	char path[SCRATCH_PATH];
	char loop[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "loops");
	manifest_rig_add_folder(state, "loops/a");
	manifest_rig_add_folder(state, "loops/a/b");
	scratch_path(loop, state, "loops/a/b/loop");
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		assert_int_equal(symlink(targets[i], loop), 0);
		struct manifest *manifest = read_one(path, &followed);
		assert_int_equal(manifest->count, 4);
		assert_int_equal(manifest->entries[3].fault, faults[i]);
		assert_int_equal(manifest->entries[3].kind,
				 SSHOAL_FILE_UNKNOWN);
		sshoal__manifest_free(manifest);
		manifest = read_one(path, &tree);
		assert_int_equal(manifest->count, 4);
		assert_string_equal(manifest->entries[3].target, targets[i]);
		sshoal__manifest_free(manifest);
		assert_int_equal(unlink(loop), 0);
	}
	/* Twice the same folder beside each other is none. */
	manifest_rig_add_link(state, "loops/a/one", "b");
	manifest_rig_add_link(state, "loops/a/two", "b");
	struct manifest *manifest = read_one(path, &followed);
	assert_int_equal(manifest->count, 5);
	sshoal__manifest_free(manifest);
}

static void what_cannot_be_read_is_told(void **state)
{
	char path[SCRATCH_PATH];
	char inner[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "shut");
	manifest_rig_make_folder(inner, state, "shut/inner");
	manifest_rig_add_file(state, "shut/inner/file", 1);
	assert_int_equal(chmod(*state, 0755), 0);
	static const struct {
		mode_t mode;
		const char *end;
	} table[] = { { 0, "" }, { 0444, "/file" } };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(chmod(inner, table[i].mode), 0);
		char start[SCRATCH_PATH + 8];
		(void)snprintf(start, sizeof start, "%s%s: ", inner,
			       table[i].end);
		pid_t pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0) {
			/* Nothing is shut for root. */
			if (getuid() == 0 && (setgid(65534) || setuid(65534)))
				_exit(2);
			assert_refused(path, &tree, SSHOAL_EACCESS, start);
			_exit(0);
		}
		int status = 1;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	assert_int_equal(chmod(inner, 0755), 0);
}

static void a_tree_may_be_deep(void **state)
{
	static const char *const names[] = { "d", "a name that is longer" };
	for (size_t i = 0; i < 2; i++) {
		char path[SCRATCH_PATH];
		manifest_rig_make_folder(path, state, "deep");
		int last = deep_make(path, names[i], 2000);
		int fd = openat(last, "file", O_WRONLY | O_CREAT | O_CLOEXEC,
				0600);
		assert_int_not_equal(fd, -1);
		assert_int_equal(write(fd, "abc", 3), 3);
		(void)close(fd);
		(void)close(last);
		struct rlimit before;
		assert_int_equal(descriptors_limit(2, &before), 0);
		struct manifest *manifest = read_one(path, &followed);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(manifest->count, 2002);
		assert_int_equal(manifest->directories, 2001);
		assert_int_equal(manifest->total_bytes, 3);
		char *folder = deep_path(path, names[i], 2000);
		manifest_rig_assert_path(manifest, 2000, folder);
		free(folder);
		manifest_rig_assert_order(manifest);
		/* Of a long path its start is told, and all of the reason. */
		sshoal_error error;
		(void)sshoal__manifest_fail(manifest, &manifest->entries[2001],
					    SSHOAL_EIO, "the reason", &error);
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		assert_non_null(strstr(error.text, "...: the reason"));
		sshoal__manifest_free(manifest);
		deep_remove(path);
	}
}

static void a_source_may_be_deep_down(void **state)
{
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "far");
	int last = deep_make(path, "down", 1500);
	assert_int_equal(mkdirat(last, "down", 0700), 0);
	assert_int_equal(mkdirat(last, "down/inner", 0700), 0);
	(void)close(last);
	char *far = deep_path(path, "down", 1501);
	struct manifest *manifest = read_one(far, &tree);
	assert_int_equal(manifest->count, 2);
	assert_string_equal(manifest->bases[0], "down");
	manifest_rig_assert_below(manifest, 1, "inner");
	sshoal__manifest_free(manifest);
	free(far);
	deep_remove(path);
}

#define MANY 100000

static void a_folder_may_be_large(void **state)
{
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "large");
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < MANY; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "file-%06zu", i * 7 % MANY);
		int fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC,
				0600);
		assert_int_not_equal(fd, -1);
		(void)close(fd);
	}
	(void)close(folder);
	size_t memory = mallinfo2().uordblks + mallinfo2().hblkhd;
	int64_t before_us = processor_us();
	struct manifest *manifest = read_one(path, &tree);
	int64_t took_us = processor_us() - before_us;
	memory = mallinfo2().uordblks + mallinfo2().hblkhd - memory;
	assert_int_equal(manifest->count, MANY + 1);
	manifest_rig_assert_order(manifest);
	/* A quarter of a second, but valgrind and sanitizers take longer and
	 * count memory in ways of their own. */
	assert_in_range(took_us, 0, 60000000);
	assert_true((ssize_t)memory / MANY < 150);
	sshoal__manifest_free(manifest);
	deep_remove(path);
}

static void without_memory_nothing_is_half_done(void **state)
{
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, "scarce");
	manifest_rig_add_folder(state, "scarce/inner");
	manifest_rig_add_link(state, "scarce/link", "inner");
	for (int i = 0; i < 100; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "scarce/inner/%d", i);
		manifest_rig_add_file(state, name, 1);
	}
	char dot[SCRATCH_PATH];
	scratch_path(dot, state, "scarce/inner/.");
	const char *const sources[] = { path, dot };
	struct manifest *manifest = NULL;
	int left = 0;
	for (;; left++) {
		sshoal_error error;
		scarcity_of_memory(left);
		int rc = sshoal__manifest_new(&manifest, sources, 2, &tree,
					      &error);
		scarcity_of_memory(NO_SCARCITY);
		if (rc == 0)
			break;
		assert_int_equal(rc, SSHOAL_ENOMEM);
		assert_int_equal(error.code, SSHOAL_ENOMEM);
		assert_null(manifest);
	}
	assert_in_range(left, 10, 100);
	manifest_rig_assert_order(manifest);
	scarcity_of_memory(0);
	char *whole = sshoal__manifest_path(manifest, 0);
	char *below = sshoal__manifest_below(manifest, 0);
	scarcity_of_memory(NO_SCARCITY);
	assert_null(whole);
	assert_null(below);
	sshoal__manifest_free(manifest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_one_entry_with_its_attributes),
		cmocka_unit_test(a_tree_is_read_level_by_level),
		cmocka_unit_test(names_are_bytes),
		cmocka_unit_test(a_source_is_called_what_it_is),
		cmocka_unit_test(what_cannot_be_uploaded_is_refused),
		cmocka_unit_test(nothing_is_an_empty_manifest),
		cmocka_unit_test(many_sources_keep_their_order),
		cmocka_unit_test(two_sources_of_one_name_are_refused),
		cmocka_unit_test(links_are_followed_where_that_is_wanted),
		cmocka_unit_test(a_loop_of_links_is_told),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(a_tree_may_be_deep),
		cmocka_unit_test(a_source_may_be_deep_down),
		cmocka_unit_test(a_folder_may_be_large),
		cmocka_unit_test(without_memory_nothing_is_half_done),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
