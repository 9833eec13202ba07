/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sftp/landing.h"
#include "unit/landing_fixture.h"
#include "unit/scratch.h"

/* The directories of a landing, and the names below it. */

#define DEEP 2000
#define WIDE 10000
#define NOBODY 65534

static int open_root(const char *path, bool make, sshoal_error *error)
{
	struct landing_folder *root = NULL;
	int rc = sshoal__landing_open(&root, path, make, error);
	sshoal__landing_leave(root);
	return rc;
}

static int enter(struct landing_folder *parent, const char *name, bool *made,
		 sshoal_error *error)
{
	struct landing_folder *folder = NULL;
	int rc = sshoal__landing_enter(&folder, parent, name, made, error);
	sshoal__landing_leave(folder);
	return rc;
}

static void a_name_that_leads_elsewhere_is_refused(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} table[] = {
		{ "", 0 },     { ".", 1 },    { "..", 2 },   { "/", 1 },
		{ "a/b", 3 },  { "/etc", 4 }, { "a/", 2 },   { "../a", 4 },
		{ "a\0b", 3 }, { "\0", 1 },   { "..\0", 3 }, { "a/../..", 7 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error = { .text = "" };
		assert_int_equal(sshoal__landing_check_name(
					 (const unsigned char *)table[i].name,
					 table[i].n, &error),
				 SSHOAL_EFORMAT);
		assert_int_not_equal(error.text[0], '\0');
	}
	unsigned char longest[256];
	memset(longest, 'n', sizeof longest);
	assert_int_equal(sshoal__landing_check_name(longest, 255, NULL), 0);
	assert_int_equal(sshoal__landing_check_name(longest, 256, NULL),
			 SSHOAL_EFORMAT);
}

static void no_call_takes_a_name_that_leads_elsewhere(void **state)
{
	static const char *const names[] = { "",     ".",   "..",
					     "/etc", "a/b", "../precious" };
	struct landing_folder *root = landing_root(state, "names");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct landing_file file = { .fd = -1 };
		struct landing_place place;
		uint64_t size;
		bool flag;
		assert_int_equal(enter(root, names[i], &flag, NULL),
				 SSHOAL_EFORMAT);
		assert_int_equal(
			sshoal__landing_look(root, names[i], &place, NULL),
			SSHOAL_EFORMAT);
		assert_int_equal(sshoal__landing_begin(&file, root, names[i],
						       false, false, &size,
						       NULL),
				 SSHOAL_EFORMAT);
		assert_int_equal(
			sshoal__landing_link(root, names[i], "x", &flag, NULL),
			SSHOAL_EFORMAT);
	}
	assert_int_equal(landing_count(sshoal__landing_path(root)), 0);
	sshoal__landing_leave(root);
}

static void strange_names_are_names(void **state)
{
	static char longest[256];
	memset(longest, 'n', sizeof longest - 1);
	const char *const names[] = {
		"two\nlines",
		"a \"quote\" 'or' `two`",
		"\x1b]0;title\a",
		"\xff\xfe\x80",
		"...",
		" ",
		"-rf",
		"~",
		"$(id)",
		"back\\slash",
		"\xe2\x80\xae",
		longest,
	};
	static const struct landing_finish finish = { .mode = 0600 };
	struct landing_folder *root = landing_root(state, "strange");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct landing_file file = { .fd = -1 };
		struct landing_place place;
		uint64_t size = 0;
		bool same = true;
		struct landing_folder *folder = landing_enter(root, names[i]);
		assert_int_equal(landing_put(folder, names[i], "text"), 0);
		assert_int_equal(sshoal__landing_begin(&file, folder, names[i],
						       false, true, &size,
						       NULL),
				 0);
		assert_int_equal(
			sshoal__landing_finish(&file, 0, &finish, NULL), 0);
		assert_int_equal(
			sshoal__landing_look(folder, names[i], &place, NULL),
			0);
		assert_true(place.exists);
		assert_int_equal(place.attributes.size_bytes, 0);
		assert_int_equal(sshoal__landing_link(folder, names[i],
						      names[i], &same, NULL),
				 0);
		assert_false(same);
		assert_int_equal(landing_count(sshoal__landing_path(folder)),
				 1);
		sshoal__landing_leave(folder);
	}
	assert_int_equal(landing_count(sshoal__landing_path(root)),
			 sizeof names / sizeof *names);
	sshoal__landing_leave(root);
}

static void the_first_directory_is_made_where_that_is_wanted(void **state)
{
	static const struct {
		const char *name;
		int without;
	} table[] = {
		{ "made", SSHOAL_ENOENT },
		{ "made", 0 },
		{ "made/", 0 },
		{ "made//.//", 0 },
		{ "made/a/b//c/", SSHOAL_ENOENT },
		{ "made/../made/d/.", SSHOAL_ENOENT },
		{ "link/e", SSHOAL_ENOENT },
		{ "link", 0 },
	};
	char path[SCRATCH_PATH];
	struct stat status;
	scratch_path(path, state, "link");
	assert_int_equal(symlink("made", path), 0);
	mode_t before = umask(027);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		scratch_path(path, state, table[i].name);
		assert_int_equal(open_root(path, false, NULL),
				 table[i].without);
		assert_int_equal(open_root(path, true, NULL), 0);
	}
	(void)umask(before);
	scratch_path(path, state, "made/a/b");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750);
	scratch_path(path, state, "made/e");
	assert_int_equal(stat(path, &status), 0);
}

static void a_first_directory_that_cannot_be_is_told(void **state)
{
	char path[SCRATCH_PATH];
	sshoal_error error;
	scratch_path(path, state, "file");
	scratch_write(path, "x", 1, 0600);
	assert_int_equal(open_root(path, true, &error), SSHOAL_EIO);
	assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
	scratch_path(path, state, "file/below/it");
	assert_int_equal(open_root(path, true, &error), SSHOAL_EIO);
	assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
	assert_int_equal(open_root("", true, &error), SSHOAL_ENOENT);
	scratch_path(path, state, "dangling");
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(open_root(path, false, &error), SSHOAL_ENOENT);
	assert_int_not_equal(open_root(path, true, &error), 0);
	assert_int_equal(open_root("/proc/none/such", true, &error),
			 SSHOAL_ENOENT);
	assert_int_equal(strncmp(error.text, "/proc/none/such", 15), 0);
}

static void what_may_not_be_entered_is_told(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "closed");
	assert_int_equal(mkdir(path, 0555), 0);
	assert_int_equal(chmod(*state, 0755), 0);
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		struct landing_folder *root = NULL;
		bool made;
		if (getuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
			_exit(2);
		if (sshoal__landing_open(&root, path, false, NULL) != 0)
			_exit(3);
		int rc = enter(root, "new", &made, NULL);
		sshoal__landing_leave(root);
		_exit(rc != SSHOAL_EACCESS);
	}
	int status = 1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_directory_is_made_for_its_owner_only(void **state)
{
	struct landing_folder *root = landing_root(state, "owner");
	struct stat status;
	bool made = false;
	mode_t before = umask(0);
	int rc = enter(root, "new", &made, NULL);
	(void)umask(before);
	assert_int_equal(rc, 0);
	assert_true(made);
	assert_int_equal(stat(sshoal__landing_path_to(root, "new"), &status),
			 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(enter(root, "new", &made, NULL), 0);
	assert_false(made);
	sshoal__landing_leave(root);
}

static void what_is_in_the_way_of_a_directory_is_left_alone(void **state)
{
	static const char *const names[] = { "file",         "fifo",
					     "to_directory", "to_file",
					     "dangling",     "loop" };
	struct landing_folder *root = landing_root(state, "way");
	char path[SCRATCH_PATH];
	scratch_path(path, state, "way/file");
	scratch_write(path, "x", 1, 0600);
	scratch_path(path, state, "way/fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	scratch_path(path, state, "way/to_directory");
	assert_int_equal(symlink(*state, path), 0);
	scratch_path(path, state, "way/to_file");
	assert_int_equal(symlink("file", path), 0);
	scratch_path(path, state, "way/dangling");
	assert_int_equal(symlink("nowhere", path), 0);
	scratch_path(path, state, "way/loop");
	assert_int_equal(symlink("loop", path), 0);
	size_t before = landing_count(sshoal__landing_path(root));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		sshoal_error error;
		bool made = true;
		assert_int_equal(enter(root, names[i], &made, &error),
				 SSHOAL_EEXIST);
		assert_true(made);
		const char *told = sshoal__landing_path_to(root, names[i]);
		assert_int_equal(strncmp(error.text, told, strlen(told)), 0);
	}
	assert_int_equal(landing_count(sshoal__landing_path(root)), before);
	sshoal__landing_leave(root);
}

static void paths_are_as_they_were_given(void **state)
{
	char path[SCRATCH_PATH];
	char expected[SCRATCH_PATH + 16];
	struct landing_folder *root = NULL;
	scratch_path(path, state, "paths///");
	assert_int_equal(sshoal__landing_open(&root, path, true, NULL), 0);
	path[strlen(path) - 3] = '\0';
	assert_string_equal(sshoal__landing_path(root), path);
	struct landing_folder *a = landing_enter(root, "a");
	struct landing_folder *b = landing_enter(a, "bb");
	(void)snprintf(expected, sizeof expected, "%s/a/bb", path);
	assert_string_equal(sshoal__landing_path(b), expected);
	(void)snprintf(expected, sizeof expected, "%s/a/file", path);
	assert_string_equal(sshoal__landing_path_to(a, "file"), expected);
	sshoal__landing_leave(b);
	sshoal__landing_leave(a);
	sshoal__landing_leave(root);
	assert_int_equal(sshoal__landing_open(&root, "/", false, NULL), 0);
	assert_string_equal(sshoal__landing_path(root), "/");
	assert_string_equal(sshoal__landing_path_to(root, "x"), "/x");
	sshoal__landing_leave(root);
}

static void a_reason_is_told_however_long_the_path_is(void **state)
{
	static const char fills[] = { 'n', '\x01', '\xff' };
	struct landing_folder *root = landing_root(state, "long");
	for (size_t i = 0; i < sizeof fills; i++) {
		char name[256] = "";
		memset(name, fills[i], sizeof name - 1);
		struct landing_folder *a = landing_enter(root, name);
		struct landing_folder *b = landing_enter(a, name);
		assert_int_equal(landing_put(b, "file", "x"), 0);
		sshoal_error error;
		bool made;
		assert_int_equal(enter(b, "file", &made, &error),
				 SSHOAL_EEXIST);
		assert_int_equal(strncmp(error.text, *state, strlen(*state)),
				 0);
		assert_non_null(strstr(error.text, "..."));
		assert_non_null(strstr(error.text, "/file: it exists and is no "
						   "directory"));
		sshoal__landing_leave(b);
		sshoal__landing_leave(a);
	}
	sshoal__landing_leave(root);
}

static void a_deep_tree_takes_few_descriptors(void **state)
{
	struct landing_folder *at = landing_root(state, "deep");
	char path[SCRATCH_PATH];
	char name[256] = "";
	size_t before = landing_descriptors();
	memset(name, 'd', sizeof name - 1);
	for (int i = 0; i < DEEP; i++) {
		struct landing_folder *below = landing_enter(at, name);
		/* The tree is held by its deepest directory alone. */
		sshoal__landing_leave(at);
		at = below;
	}
	assert_int_equal(landing_put(at, "file", "deep"), 0);
	assert_true(landing_descriptors() < before + LANDING_DESCRIPTORS);
	assert_int_equal(strlen(sshoal__landing_path(at)),
			 strlen(*state) + strlen("/deep") + DEEP * 256);
	sshoal__landing_leave(at);
	assert_int_equal(landing_descriptors(), before - 1);
	scratch_path(path, state, "deep");
	const char *const argv[] = { "rm", "-r", path, NULL };
	scratch_run(argv, NULL, 0);
}

/* All of a deep tree is alive and is used again from its end to its start. */
static void a_deep_tree_is_walked_back(void **state)
{
	struct landing_folder *tree[DEEP + 1];
	char path[SCRATCH_PATH];
	tree[0] = landing_root(state, "back");
	size_t before = landing_descriptors();
	for (int i = 0; i < DEEP; i++)
		tree[i + 1] = landing_enter(tree[i], "sub");
	for (int i = DEEP; i >= 0; i--) {
		assert_int_equal(landing_put(tree[i], "file", "x"), 0);
		assert_true(landing_descriptors() <
			    before + LANDING_DESCRIPTORS);
		sshoal__landing_leave(tree[i]);
	}
	scratch_path(path, state, "back");
	const char *const argv[] = { "rm", "-r", path, NULL };
	scratch_run(argv, NULL, 0);
}

static void a_wide_tree_takes_few_descriptors(void **state)
{
	struct landing_folder **folders = calloc(WIDE, sizeof(void *));
	assert_non_null(folders);
	struct landing_folder *root = landing_root(state, "wide");
	size_t before = landing_descriptors();
	char name[16];
	for (int i = 0; i < WIDE; i++) {
		(void)snprintf(name, sizeof name, "%d", i);
		folders[i] = landing_enter(root, name);
	}
	assert_true(landing_descriptors() < before + LANDING_DESCRIPTORS);
	for (int i = 0; i < WIDE; i++)
		assert_int_equal(landing_put(folders[i], "file", "x"), 0);
	assert_true(landing_descriptors() < before + LANDING_DESCRIPTORS);
	sshoal__landing_leave(root);
	for (int i = 0; i < WIDE; i++)
		sshoal__landing_leave(folders[i]);
	free(folders);
	assert_int_equal(landing_descriptors(), before - 1);
}

/* A directory that is alive and, because of others, closed. */
static struct landing_folder *closed_folder(struct landing_folder *root,
					    const char *name)
{
	static const char *const names[] = { "1", "2", "3", "4" };
	struct landing_folder *folder = landing_enter(root, name);
	struct landing_folder *others[4];
	for (size_t i = 0; i < 4; i++)
		others[i] = landing_enter(root, names[i]);
	for (size_t i = 0; i < 4; i++)
		sshoal__landing_leave(others[i]);
	return folder;
}

static void a_directory_that_was_replaced_is_told(void **state)
{
	char path[SCRATCH_PATH];
	char away[SCRATCH_PATH];
	char elsewhere[SCRATCH_PATH];
	struct landing_folder *root = landing_root(state, "replaced");
	scratch_path(path, state, "replaced/victim");
	scratch_path(away, state, "replaced/away");
	scratch_path(elsewhere, state, "elsewhere");
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	for (int i = 0; i < 4; i++) {
		struct landing_folder *folder = closed_folder(root, "victim");
		struct landing_folder *below = NULL;
		sshoal_error error;
		bool made;
		assert_int_equal(rename(path, away), 0);
		if (i == 1)
			assert_int_equal(symlink(elsewhere, path), 0);
		if (i == 2)
			assert_int_equal(mkdir(path, 0700), 0);
		if (i == 3)
			scratch_write(path, "x", 1, 0600);
		assert_int_equal(landing_put(folder, "file", "x"),
				 SSHOAL_ECHANGED);
		assert_int_equal(sshoal__landing_enter(&below, folder, "below",
						       &made, &error),
				 SSHOAL_ECHANGED);
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		(void)remove(path);
		assert_int_equal(rename(away, path), 0);
		/* It is the same again. */
		assert_int_equal(landing_put(folder, "file", "x"), 0);
		sshoal__landing_leave(folder);
	}
	assert_int_equal(landing_count(elsewhere), 0);
	sshoal__landing_leave(root);
}

static void descriptors_that_run_out_are_told(void **state)
{
	struct landing_folder *root = landing_root(state, "out");
	struct landing_folder *folder = closed_folder(root, "victim");
	struct rlimit before;
	bool made;
	char path[SCRATCH_PATH];
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct rlimit none = { .rlim_cur = 0, .rlim_max = before.rlim_max };
	scratch_path(path, state, "out");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int opened = open_root(path, false, NULL);
	int used = landing_put(folder, "file", "x");
	int entered = enter(root, "new", &made, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(opened, SSHOAL_ELOCAL);
	assert_int_equal(used, SSHOAL_ELOCAL);
	assert_int_equal(entered, SSHOAL_ELOCAL);
	assert_int_equal(landing_put(folder, "file", "x"), 0);
	sshoal__landing_leave(folder);
	sshoal__landing_leave(root);
}

static void a_directory_is_dressed(void **state)
{
	const struct landing_finish finish = {
		.mode = 03751,
		.has_times = true,
		.has_owner = true,
		.atime_s = 1000000001,
		.mtime_s = -5,
		.uid = getuid() == 0 ? 1234 : getuid(),
		.gid = getuid() == 0 ? 5678 : getgid(),
	};
	struct landing_folder *root = landing_root(state, "dress");
	struct landing_folder *folder = closed_folder(root, "sub");
	struct stat status;
	assert_int_equal(sshoal__landing_dress(folder, &finish, NULL), 0);
	assert_int_equal(stat(sshoal__landing_path(folder), &status), 0);
	assert_int_equal(status.st_mode & 07777, 03751);
	assert_int_equal(status.st_atime, finish.atime_s);
	assert_int_equal(status.st_mtime, finish.mtime_s);
	assert_int_equal(status.st_uid, finish.uid);
	assert_int_equal(status.st_gid, finish.gid);
	sshoal__landing_leave(folder);
	sshoal__landing_leave(root);
}

static void nothing_is_left_of_no_folder(void **state)
{
	(void)state;
	sshoal__landing_leave(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_leads_elsewhere_is_refused),
		cmocka_unit_test(no_call_takes_a_name_that_leads_elsewhere),
		cmocka_unit_test(strange_names_are_names),
		cmocka_unit_test(
			the_first_directory_is_made_where_that_is_wanted),
		cmocka_unit_test(a_first_directory_that_cannot_be_is_told),
		cmocka_unit_test(what_may_not_be_entered_is_told),
		cmocka_unit_test(a_directory_is_made_for_its_owner_only),
		cmocka_unit_test(
			what_is_in_the_way_of_a_directory_is_left_alone),
		cmocka_unit_test(paths_are_as_they_were_given),
		cmocka_unit_test(a_reason_is_told_however_long_the_path_is),
		cmocka_unit_test(a_deep_tree_takes_few_descriptors),
		cmocka_unit_test(a_deep_tree_is_walked_back),
		cmocka_unit_test(a_wide_tree_takes_few_descriptors),
		cmocka_unit_test(a_directory_that_was_replaced_is_told),
		cmocka_unit_test(descriptors_that_run_out_are_told),
		cmocka_unit_test(a_directory_is_dressed),
		cmocka_unit_test(nothing_is_left_of_no_folder),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
