/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/new_file.h"
#include "unit/scratch.h"

static int write_file(const char *path, const char *text, unsigned int mode,
		      bool may_replace, sshoal_error *error)
{
	const struct new_file file = {
		.bytes = text,
		.size = strlen(text),
		.mode = mode,
		.may_replace = may_replace,
	};
	return sshoal__new_file_write(path, &file, error);
}

static void check_file(const char *path, const char *text, unsigned int mode)
{
	char contents[256];
	struct stat status;
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(status.st_mode & 07777, mode);
	assert_int_equal(status.st_nlink, 1);
	(void)scratch_read(path, contents, sizeof contents);
	assert_string_equal(contents, text);
}

/* The scratch folder has this many names in it, with . and .. */
static size_t count_names(const char *folder)
{
	DIR *names = opendir(folder);
	assert_non_null(names);
	size_t count = 0;
	while (readdir(names))
		count++;
	(void)closedir(names);
	return count;
}

static void the_mode_is_the_one_asked_for_under_every_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	static const unsigned int modes[] = { 0600, 0644 };
	char path[SCRATCH_PATH];
	scratch_path(path, state, "mode");
	mode_t before = umask(0);
	for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
		for (size_t k = 0; k < 2; k++) {
			(void)umask(masks[i]);
			int rc = write_file(path, "text", modes[k], true, NULL);
			(void)umask(before);
			assert_int_equal(rc, 0);
			check_file(path, "text", modes[k]);
		}
	(void)umask(before);
}

static void a_file_that_is_there_is_kept(void **state)
{
	char path[SCRATCH_PATH];
	sshoal_error error;
	scratch_path(path, state, "kept");
	scratch_write(path, "old", 3, 0640);
	size_t names = count_names(*state);
	assert_int_equal(write_file(path, "new", 0600, false, &error),
			 SSHOAL_EEXIST);
	assert_non_null(strstr(error.text, path));
	assert_non_null(strstr(error.text, "exists"));
	check_file(path, "old", 0640);
	assert_int_equal(sshoal__new_file_check(path, false, NULL),
			 SSHOAL_EEXIST);
	assert_int_equal(sshoal__new_file_check(path, true, NULL), 0);
	assert_int_equal(write_file(path, "new", 0600, true, NULL), 0);
	check_file(path, "new", 0600);
	assert_int_equal(count_names(*state), names);
}

static void a_planted_symbolic_link_is_never_followed(void **state)
{
	char link_path[SCRATCH_PATH];
	char target[SCRATCH_PATH];
	scratch_path(link_path, state, "link");
	scratch_path(target, state, "target");
	scratch_write(target, "precious", 8, 0644);
	static const char *const names[] = { "target", "missing" };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(symlink(names[i], link_path), 0);
		assert_int_equal(write_file(link_path, "x", 0600, false, NULL),
				 SSHOAL_EEXIST);
		check_file(target, "precious", 0644);
		assert_int_equal(write_file(link_path, "x", 0600, true, NULL),
				 0);
		check_file(link_path, "x", 0600);
		check_file(target, "precious", 0644);
		assert_int_equal(unlink(link_path), 0);
	}
}

static void only_regular_files_and_links_are_replaced(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "folder");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(write_file(path, "x", 0600, true, NULL),
			 SSHOAL_EEXIST);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(write_file(path, "x", 0600, true, NULL),
			 SSHOAL_EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write_file("/dev/full", "x", 0600, true, NULL),
			 SSHOAL_EEXIST);
}

static void a_folder_that_is_missing_is_told(void **state)
{
	char path[SCRATCH_PATH];
	sshoal_error error;
	scratch_path(path, state, "no/such/folder");
	assert_int_equal(write_file(path, "x", 0600, false, &error),
			 SSHOAL_ENOENT);
	assert_non_null(strstr(error.text, path));
}

static void a_path_without_a_folder_is_in_the_current_one(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "bare");
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(chdir(*state), 0);
	assert_int_equal(write_file("bare", "x", 0600, false, NULL), 0);
	assert_int_equal(fchdir(before), 0);
	(void)close(before);
	check_file(path, "x", 0600);
}

static void an_unwritable_folder_is_told(void **state)
{
	char folder[SCRATCH_PATH];
	char path[SCRATCH_PATH + 8];
	scratch_path(folder, state, "unwritable");
	(void)snprintf(path, sizeof path, "%s/file", folder);
	assert_int_equal(mkdir(folder, 0555), 0);
	assert_int_equal(chmod(*state, 0755), 0);
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		/* For root no folder is unwritable. */
		if (getuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		_exit(write_file(path, "x", 0600, false, NULL) !=
		      SSHOAL_EACCESS);
	}
	int status = 1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(count_names(folder), 2);
}

static void a_file_that_cannot_be_written_in_full_leaves_nothing(void **state)
{
	char path[SCRATCH_PATH];
	sshoal_error error;
	scratch_path(path, state, "limited");
	size_t names = count_names(*state);
	struct rlimit before;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit small = { .rlim_cur = 4, .rlim_max = before.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = write_file(path, "too much", 0600, false, &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, SSHOAL_EIO);
	assert_non_null(strstr(error.text, path));
	assert_int_equal(count_names(*state), names);
}

static void a_full_disk_is_told_and_keeps_what_is_there(void **state)
{
	char folder[SCRATCH_PATH];
	char path[SCRATCH_PATH + 8];
	scratch_path(folder, state, "small");
	assert_int_equal(mkdir(folder, 0700), 0);
	if (mount("none", folder, "tmpfs", 0, "size=8k") != 0)
		skip();
	(void)snprintf(path, sizeof path, "%s/file", folder);
	int first = write_file(path, "old", 0600, false, NULL);
	static char large[64 * 1024];
	memset(large, 'x', sizeof large - 1);
	sshoal_error error;
	int rc = write_file(path, large, 0600, true, &error);
	size_t names = count_names(folder);
	char contents[8] = "";
	(void)scratch_read(path, contents, sizeof contents);
	assert_int_equal(umount(folder), 0);
	assert_int_equal(first, 0);
	assert_int_equal(rc, SSHOAL_EIO);
	assert_non_null(strstr(error.text, strerror(ENOSPC)));
	assert_string_equal(contents, "old");
	assert_int_equal(names, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_mode_is_the_one_asked_for_under_every_umask),
		cmocka_unit_test(a_file_that_is_there_is_kept),
		cmocka_unit_test(a_planted_symbolic_link_is_never_followed),
		cmocka_unit_test(only_regular_files_and_links_are_replaced),
		cmocka_unit_test(a_folder_that_is_missing_is_told),
		cmocka_unit_test(a_path_without_a_folder_is_in_the_current_one),
		cmocka_unit_test(an_unwritable_folder_is_told),
		cmocka_unit_test(
			a_file_that_cannot_be_written_in_full_leaves_nothing),
		cmocka_unit_test(a_full_disk_is_told_and_keeps_what_is_there),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
