/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "sftp/landing.h"
#include "unit/landing_fixture.h"
#include "unit/scarcity.h"
#include "unit/scratch.h"

/* A landing when memory or the system refuses: nothing of it is left, and what
 * was there stays. */

/* Which call of the system fails, and with what; one at a time. */
static struct {
	const char *call;
	int number;
	int left;  /* this many succeed before */
	int times; /* and this many fail */
} fault;

static bool fails(const char *call)
{
	if (!fault.call || strcmp(call, fault.call) != 0)
		return false;
	if (fault.left-- > 0)
		return false;
	if (fault.times-- <= 0)
		return false;
	errno = fault.number;
	return true;
}

static void let_fail(const char *call, int number, int left, int times)
{
	fault.call = call;
	fault.number = number;
	fault.left = left;
	fault.times = times;
}

/* The names are those that ld --wrap asks for. */
int __real_close(int fd);
int __wrap_close(int fd);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_futimens(int fd, const struct timespec times[2]);
int __wrap_futimens(int fd, const struct timespec times[2]);
ssize_t __real_getrandom(void *bytes, size_t n, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t n, unsigned int flags);
ssize_t __real_pread(int fd, void *bytes, size_t n, off_t offset);
ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t offset);
ssize_t __real_pwrite(int fd, const void *bytes, size_t n, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset);
int __real_renameat(int from, const char *old, int to, const char *name);
int __wrap_renameat(int from, const char *old, int to, const char *name);
int __real_renameat2(int from, const char *old, int to, const char *name,
		     unsigned int flags);
int __wrap_renameat2(int from, const char *old, int to, const char *name,
		     unsigned int flags);

/* A descriptor is closed even where that fails. */
int __wrap_close(int fd)
{
	bool refused = fails("close");
	int number = errno;
	int rc = __real_close(fd);
	errno = number;
	return refused ? -1 : rc;
}

int __wrap_fchmod(int fd, mode_t mode)
{
	return fails("fchmod") ? -1 : __real_fchmod(fd, mode);
}

int __wrap_fsync(int fd)
{
	return fails("fsync") ? -1 : __real_fsync(fd);
}

int __wrap_ftruncate(int fd, off_t size)
{
	return fails("ftruncate") ? -1 : __real_ftruncate(fd, size);
}

int __wrap_futimens(int fd, const struct timespec times[2])
{
	return fails("futimens") ? -1 : __real_futimens(fd, times);
}

ssize_t __wrap_getrandom(void *bytes, size_t n, unsigned int flags)
{
	return fails("getrandom") ? -1 : __real_getrandom(bytes, n, flags);
}

/* Never more than three bytes at a time. */
ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t offset)
{
	if (fails("pread"))
		return -1;
	return __real_pread(fd, bytes, n < 3 ? n : 3, offset);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	if (fails("pwrite"))
		return -1;
	return __real_pwrite(fd, bytes, n < 3 ? n : 3, offset);
}

int __wrap_renameat(int from, const char *old, int to, const char *name)
{
	return fails("renameat") ? -1 : __real_renameat(from, old, to, name);
}

int __wrap_renameat2(int from, const char *old, int to, const char *name,
		     unsigned int flags)
{
	return fails("renameat2") ?
		       -1 :
		       __real_renameat2(from, old, to, name, flags);
}

#define TEXT "0123456789"

static const struct landing_finish thorough = {
	.mode = 0644,
	.has_times = true,
	.sync = true,
	.mtime_s = 1000000000,
};

/* Writes TEXT to a file and reads it back. */
static int transfer(struct landing_folder *folder, bool in_place, bool resume,
		    sshoal_error *error)
{
	struct landing_file file = { .fd = -1 };
	uint64_t size = 0;
	char bytes[sizeof TEXT] = "";
	int rc = sshoal__landing_begin(&file, folder, "file", in_place, resume,
				       &size, error);
	if (rc)
		return rc;
	rc = sshoal__landing_write(&file, TEXT, strlen(TEXT), 0, error);
	int64_t n = rc;
	if (rc == 0)
		n = sshoal__landing_read(&file, bytes, sizeof bytes, 0, error);
	if (n >= 0) {
		assert_int_equal(n, strlen(TEXT));
		assert_string_equal(bytes, TEXT);
		return sshoal__landing_finish(&file, strlen(TEXT), &thorough,
					      error);
	}
	sshoal__landing_drop(&file);
	assert_null(file.folder);
	return (int)n;
}

static void what_is_interrupted_or_cut_short_goes_on(void **state)
{
	static const char *const calls[] = { "pwrite", "pread", "ftruncate",
					     "fsync",  "close", "" };
	struct landing_folder *root = landing_root(state, "interrupted");
	char path[SCRATCH_PATH];
	scratch_path(path, state, "interrupted/file");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		let_fail(calls[i], EINTR, 0, 2);
		int rc = transfer(root, false, false, NULL);
		let_fail(NULL, 0, 0, 0);
		assert_int_equal(rc, 0);
		landing_check(path, TEXT, 0644);
		assert_int_equal(unlink(path), 0);
	}
	sshoal__landing_leave(root);
}

static void what_the_system_refuses_leaves_nothing(void **state)
{
	static const struct {
		const char *call;
		int number;
		int code;
	} table[] = {
		{ "pwrite", ENOSPC, SSHOAL_EIO },
		{ "pwrite", EDQUOT, SSHOAL_EIO },
		{ "pread", EIO, SSHOAL_EIO },
		{ "ftruncate", EFBIG, SSHOAL_EIO },
		{ "fchmod", EPERM, SSHOAL_EACCESS },
		{ "futimens", EPERM, SSHOAL_EACCESS },
		{ "fsync", EIO, SSHOAL_EIO },
		{ "close", ENOSPC, SSHOAL_EIO },
		{ "close", EDQUOT, SSHOAL_EIO },
		{ "renameat", EIO, SSHOAL_EIO },
		{ "renameat", EACCES, SSHOAL_EACCESS },
		{ "getrandom", ENOSYS, SSHOAL_EIO },
	};
	struct landing_folder *root = landing_root(state, "refused");
	char path[SCRATCH_PATH];
	scratch_path(path, state, "refused/file");
	scratch_write(path, "old", 3, 0600);
	size_t before = landing_descriptors();
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error = { .text = "" };
		let_fail(table[i].call, table[i].number, 0, 1);
		int rc = transfer(root, false, false, &error);
		let_fail(NULL, 0, 0, 0);
		assert_int_equal(rc, table[i].code);
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		if (strcmp(table[i].call, "getrandom") != 0)
			assert_non_null(
				strstr(error.text, strerror(table[i].number)));
		landing_check(path, "old", 0600);
		assert_int_equal(landing_count(sshoal__landing_path(root)), 1);
		assert_int_equal(landing_descriptors(), before);
	}
	sshoal__landing_leave(root);
}

static void a_part_stays_whatever_is_refused(void **state)
{
	static const char *const calls[] = { "pwrite",   "pread", "ftruncate",
					     "futimens", "close", "renameat" };
	struct landing_folder *root = landing_root(state, "kept");
	char path[SCRATCH_PATH];
	scratch_path(path, state, "kept/file");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct landing_file file = { .fd = -1 };
		uint64_t size = 0;
		let_fail(calls[i], EIO, 0, 1);
		int rc = transfer(root, false, true, NULL);
		let_fail(NULL, 0, 0, 0);
		assert_int_equal(rc, SSHOAL_EIO);
		assert_int_equal(landing_count(sshoal__landing_path(root)), 1);
		assert_int_equal(sshoal__landing_begin(&file, root, "file",
						       false, true, &size,
						       NULL),
				 0);
		assert_int_equal(size, i == 0 ? 0 : strlen(TEXT));
		/* Not kept any more, it is gone. */
		file.keeps = false;
		sshoal__landing_drop(&file);
		assert_int_equal(landing_count(sshoal__landing_path(root)), 0);
	}
	assert_int_equal(access(path, F_OK), -1);
	sshoal__landing_leave(root);
}

static void a_part_comes_back_where_renames_are_simple(void **state)
{
	struct landing_folder *root = landing_root(state, "simple");
	struct landing_file file = { .fd = -1 };
	uint64_t size = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sshoal__landing_begin(&file, root, "file",
						       false, true, &size,
						       NULL),
				 0);
		assert_int_equal(sshoal__landing_write(&file, "ab", 2, 0, NULL),
				 0);
		sshoal__landing_drop(&file);
		/* The second time nothing is moved back at all. */
		let_fail("renameat2", i == 0 ? EINVAL : EIO, 0, 1);
		int rc = sshoal__landing_begin(&file, root, "file", false, true,
					       &size, NULL);
		let_fail(NULL, 0, 0, 0);
		assert_int_equal(rc, 0);
		assert_int_equal(size, i == 0 ? 2 : 0);
		sshoal__landing_drop(&file);
		assert_int_equal(landing_count(sshoal__landing_path(root)), 1);
	}
	sshoal__landing_leave(root);
}

static void a_link_that_is_refused_leaves_nothing(void **state)
{
	static const char *const calls[] = { "renameat", "getrandom" };
	struct landing_folder *root = landing_root(state, "link");
	for (size_t i = 0; i < 2; i++) {
		bool same = true;
		let_fail(calls[i], EIO, 0, 1);
		int rc = sshoal__landing_link(root, "link", "target", &same,
					      NULL);
		let_fail(NULL, 0, 0, 0);
		assert_int_equal(rc, SSHOAL_EIO);
		assert_true(same);
		assert_int_equal(landing_count(sshoal__landing_path(root)), 0);
	}
	sshoal__landing_leave(root);
}

static void a_name_that_is_not_on_the_disk_is_told(void **state)
{
	struct landing_folder *root = landing_root(state, "disk");
	struct landing_folder *sub = landing_enter(root, "sub");
	char path[SCRATCH_PATH];
	sshoal_error error;
	/* The file, the directory that it is in, and the one above that,
	 * because the former was made. */
	for (int left = 1; left < 3; left++) {
		let_fail("fsync", EIO, left, 1);
		int rc = transfer(sub, false, false, &error);
		let_fail(NULL, 0, 0, 0);
		assert_int_equal(rc, SSHOAL_EIO);
		scratch_path(path, state, left == 1 ? "disk/sub: " : "disk: ");
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		scratch_path(path, state, "disk/sub/file");
		landing_check(path, TEXT, 0644);
	}
	/* Where a file system cannot do it, it is not wanted. */
	let_fail("fsync", EINVAL, 1, 2);
	int rc = transfer(sub, false, false, NULL);
	assert_int_equal(fault.times, 0);
	let_fail("fsync", EIO, 2, 1);
	if (rc == 0)
		rc = transfer(sub, false, false, NULL);
	/* Once it was there, it is there. */
	assert_int_equal(fault.times, 1);
	let_fail(NULL, 0, 0, 0);
	assert_int_equal(rc, 0);
	sshoal__landing_leave(sub);
	sshoal__landing_leave(root);
}

/* One thing to do with little memory, below a root of its own. */
typedef int call_fn(struct landing_folder *root);

static int open_another(struct landing_folder *root)
{
	struct landing_folder *other = NULL;
	char path[SCRATCH_PATH + 8];
	(void)snprintf(path, sizeof path, "%s/a/b", sshoal__landing_path(root));
	int rc = sshoal__landing_open(&other, path, true, NULL);
	sshoal__landing_leave(other);
	return rc;
}

static int enter_long(struct landing_folder *root)
{
	struct landing_folder *below = NULL;
	struct landing_folder *lowest = NULL;
	static char name[256];
	bool made;
	memset(name, 'n', sizeof name - 1);
	int rc = sshoal__landing_enter(&below, root, name, &made, NULL);
	if (rc == 0)
		rc = sshoal__landing_enter(&lowest, below, name, &made, NULL);
	sshoal__landing_leave(below);
	sshoal__landing_leave(lowest);
	return rc;
}

static int write_beside(struct landing_folder *root)
{
	return transfer(root, false, false, NULL);
}

static int write_in_place(struct landing_folder *root)
{
	return transfer(root, true, false, NULL);
}

static int write_resumed(struct landing_folder *root)
{
	return transfer(root, false, true, NULL);
}

static int make_link(struct landing_folder *root)
{
	bool same;
	return sshoal__landing_link(root, "link", "target", &same, NULL);
}

static void memory_that_runs_out_is_told(void **state)
{
	static const struct {
		call_fn *fn;
		int least; /* allocations of ours */
	} table[] = {
		{ open_another, 4 },  { enter_long, 3 },
		{ write_beside, 2 },  { write_in_place, 1 },
		{ write_resumed, 2 }, { make_link, 0 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "memory%zu", i);
		struct landing_folder *root = landing_root(state, name);
		size_t before = landing_descriptors();
		int rc = SSHOAL_ENOMEM;
		int left = 0;
		for (; rc == SSHOAL_ENOMEM && left < 100; left++) {
			scarcity_of_memory(left);
			rc = table[i].fn(root);
			scarcity_of_memory(NO_SCARCITY);
			assert_int_equal(landing_descriptors(), before);
			if (rc && table[i].fn != enter_long)
				assert_int_equal(
					landing_count(
						sshoal__landing_path(root)),
					0);
		}
		assert_int_equal(rc, 0);
		assert_int_equal(left - 1, table[i].least);
		sshoal__landing_leave(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_interrupted_or_cut_short_goes_on),
		cmocka_unit_test(what_the_system_refuses_leaves_nothing),
		cmocka_unit_test(a_part_stays_whatever_is_refused),
		cmocka_unit_test(a_part_comes_back_where_renames_are_simple),
		cmocka_unit_test(a_link_that_is_refused_leaves_nothing),
		cmocka_unit_test(a_name_that_is_not_on_the_disk_is_told),
		cmocka_unit_test(memory_that_runs_out_is_told),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
