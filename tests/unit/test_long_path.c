/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/long_path.h"
#include "unit/deep.h"
#include "unit/scratch.h"

/* A name as long as names can be. */
static char name[NAME_MAX + 1];

static void assert_same(const char *path, int fd)
{
	struct stat expected;
	struct stat status;
	assert_int_equal(fstat(fd, &expected), 0);
	assert_int_equal(sshoal__long_path_status(&status, path, false), 0);
	assert_int_equal(status.st_ino, expected.st_ino);
	int opened = -1;
	assert_int_equal(
		sshoal__long_path_open(&opened, path, O_RDONLY | O_DIRECTORY),
		0);
	assert_int_equal(fcntl(opened, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(opened, &status), 0);
	assert_int_equal(status.st_ino, expected.st_ino);
	(void)close(opened);
}

static int count_descriptors(void)
{
	int fd = dup(0);
	assert_int_not_equal(fd, -1);
	(void)close(fd);
	return fd;
}

static void every_length_leads_there(void **state)
{
	char folder[SCRATCH_PATH];
	scratch_path(folder, state, "lengths");
	assert_int_equal(mkdir(folder, 0700), 0);
	int descriptors = count_descriptors();
	int last = deep_make(folder, "dd", 1500);
	char *path = deep_path(folder, "dd", 1500);
	size_t n = strlen(path);
	assert_true(n > PATH_MAX);
	/* More slashes move the places where the path is divided. */
	char *longer = malloc(n + 2 * PATH_MAX + 1);
	assert_non_null(longer);
	size_t head = strlen(folder);
	for (size_t more = 0; more < 2 * PATH_MAX; more += 97) {
		memcpy(longer, path, head);
		memset(longer + head, '/', more);
		memcpy(longer + head + more, path + head, n - head + 1);
		assert_same(longer, last);
		memcpy(longer, path, n);
		memset(longer + n, '/', more);
		longer[n + more] = '\0';
		assert_same(longer, last);
	}
	free(longer);
	free(path);
	(void)close(last);
	assert_int_equal(count_descriptors(), descriptors);
	deep_remove(folder);
}

static void long_names_and_relative_paths_lead_there(void **state)
{
	char folder[SCRATCH_PATH];
	scratch_path(folder, state, "names");
	assert_int_equal(mkdir(folder, 0700), 0);
	int last = deep_make(folder, name, 200);
	char *path = deep_path("names", name, 200);
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(chdir(*state), 0);
	assert_same(path, last);
	assert_int_equal(fchdir(before), 0);
	(void)close(before);
	free(path);
	(void)close(last);
	deep_remove(folder);
}

static void what_is_not_there_is_told(void **state)
{
	char folder[SCRATCH_PATH];
	char path[SCRATCH_PATH];
	scratch_path(folder, state, "missing");
	assert_int_equal(mkdir(folder, 0700), 0);
	scratch_path(path, state, "missing/file");
	scratch_write(path, "x", 1, 0600);
	static const struct {
		const char *name;
		int number;
	} table[] = { { "no", ENOENT }, { "file", ENOTDIR } };
	int descriptors = count_descriptors();
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *deep = deep_path(folder, table[i].name, PATH_MAX);
		struct stat status;
		int fd = -1;
		assert_int_equal(sshoal__long_path_status(&status, deep, true),
				 table[i].number);
		assert_int_equal(sshoal__long_path_open(&fd, deep, O_RDONLY),
				 table[i].number);
		assert_int_equal(fd, -1);
		free(deep);
	}
	assert_int_equal(count_descriptors(), descriptors);
	struct stat status;
	assert_int_equal(sshoal__long_path_status(&status, "", true), ENOENT);
	static char endless[2 * PATH_MAX];
	memset(endless, 'x', sizeof endless - 1);
	assert_int_equal(sshoal__long_path_status(&status, endless, true),
			 ENAMETOOLONG);
	endless[0] = '/';
	assert_int_equal(sshoal__long_path_status(&status, endless, true),
			 ENAMETOOLONG);
}

static void a_link_is_followed_only_if_asked_for(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "link");
	assert_int_equal(symlink(".", path), 0);
	struct stat status;
	assert_int_equal(sshoal__long_path_status(&status, path, false), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(sshoal__long_path_status(&status, path, true), 0);
	assert_true(S_ISDIR(status.st_mode));
	int fd = -1;
	assert_int_equal(
		sshoal__long_path_open(&fd, path, O_RDONLY | O_NOFOLLOW),
		ELOOP);
}

int main(void)
{
	memset(name, 'n', NAME_MAX);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_leads_there),
		cmocka_unit_test(long_names_and_relative_paths_lead_there),
		cmocka_unit_test(what_is_not_there_is_told),
		cmocka_unit_test(a_link_is_followed_only_if_asked_for),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
