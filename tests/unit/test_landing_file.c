/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
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

#include "sftp/landing.h"
#include "unit/landing_fixture.h"
#include "unit/scratch.h"

/* The files and links of a landing. */

#define NOBODY 65534

static const struct landing_finish plain = { .mode = 0644 };

static int begin_in_place(struct landing_file *file,
			  struct landing_folder *folder, const char *name)
{
	uint64_t size = 0;
	return sshoal__landing_begin(file, folder, name, true, false, &size,
				     NULL);
}

/* The only name in a directory. */
static void only_name(const char *path, char name[256])
{
	DIR *names = opendir(path);
	assert_non_null(names);
	name[0] = '\0';
	for (;;) {
		const struct dirent *entry = readdir(names);
		if (!entry)
			break;
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		assert_string_equal(name, "");
		(void)snprintf(name, 256, "%s", entry->d_name);
	}
	(void)closedir(names);
}

static void a_file_has_its_name_once_it_is_whole(void **state)
{
	static const mode_t masks[] = { 0, 022, 0777 };
	static const uint32_t modes[] = { 0644, 0400, 0440, 06755, 0777 };
	struct landing_folder *root = landing_root(state, "whole");
	char folder[SCRATCH_PATH];
	char path[SCRATCH_PATH];
	scratch_path(folder, state, "whole");
	scratch_path(path, state, "whole/file");
	for (size_t i = 0; i < 15; i++) {
		struct landing_file file = { .fd = -1 };
		struct stat status;
		char name[256];
		const struct landing_finish finish = { .mode = modes[i % 5] };
		mode_t before = umask(masks[i / 5]);
		landing_begin(&file, root, "file", "text");
		(void)umask(before);
		only_name(folder, name);
		assert_int_equal(strncmp(name, ".sshoal-", 8), 0);
		assert_int_equal(strlen(name), 8 + 16);
		assert_string_equal(name, file.other);
		assert_int_equal(fstat(file.fd, &status), 0);
		assert_int_equal(status.st_mode & 077, 0);
		(void)umask(masks[i / 5]);
		int rc = sshoal__landing_finish(&file, 4, &finish, NULL);
		(void)umask(before);
		assert_int_equal(rc, 0);
		assert_null(file.folder);
		landing_check(path, "text", modes[i % 5]);
		assert_int_equal(landing_count(folder), 1);
		assert_int_equal(unlink(path), 0);
	}
	sshoal__landing_leave(root);
}

static void a_file_has_its_attributes(void **state)
{
	const struct landing_finish finish = {
		.mode = 0640,
		.has_times = true,
		.sync = true,
		.atime_s = -1,
		.mtime_s = 1234567890,
	};
	struct landing_folder *root = landing_root(state, "attributes");
	struct landing_folder *folder = landing_enter(root, "sub");
	struct landing_file file = { .fd = -1 };
	struct landing_place place;
	assert_int_equal(sshoal__landing_look(folder, "file", &place, NULL), 0);
	assert_false(place.exists);
	landing_begin(&file, folder, "file", "text");
	assert_int_equal(sshoal__landing_finish(&file, 3, &finish, NULL), 0);
	assert_int_equal(sshoal__landing_look(folder, "file", &place, NULL), 0);
	assert_true(place.exists);
	assert_int_equal(place.attributes.flags, 15);
	assert_int_equal(place.attributes.size_bytes, 3);
	assert_int_equal(place.attributes.mode, S_IFREG | 0640);
	assert_int_equal(place.attributes.atime_s, -1);
	assert_int_equal(place.attributes.mtime_s, 1234567890);
	assert_int_equal(place.attributes.uid, geteuid());
	assert_int_equal(sshoal__landing_look(root, "sub", &place, NULL), 0);
	assert_int_equal(place.attributes.mode, S_IFDIR | 0700);
	sshoal__landing_leave(folder);
	sshoal__landing_leave(root);
}

static void set_id_bits_stay_with_the_owner_they_are_for(void **state)
{
	const struct landing_finish finish = {
		.mode = 06755,
		.has_owner = true,
		.uid = 1234,
		.gid = 5678,
	};
	struct landing_folder *root = landing_root(state, "ids");
	struct landing_file file = { .fd = -1 };
	struct stat status;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "ids/file");
	landing_begin(&file, root, "file", "text");
	assert_int_equal(sshoal__landing_finish(&file, 4, &finish, NULL), 0);
	assert_int_equal(stat(path, &status), 0);
	if (geteuid() == 0) {
		assert_int_equal(status.st_mode & 07777, 06755);
		assert_int_equal(status.st_uid, 1234);
		assert_int_equal(status.st_gid, 5678);
	} else {
		assert_int_equal(status.st_mode & 07777, 0755);
	}
	assert_int_equal(chmod(*state, 0755), 0);
	assert_int_equal(chmod(sshoal__landing_path(root), 0777), 0);
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (getuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
			_exit(2);
		landing_begin(&file, root, "file", "text");
		int rc = sshoal__landing_finish(&file, 4, &finish, NULL);
		sshoal__landing_leave(root);
		_exit(rc != 0);
	}
	int code = 1;
	assert_int_equal(waitpid(pid, &code, 0), pid);
	assert_int_equal(code, 0);
	landing_check(path, "text", 0755);
	sshoal__landing_leave(root);
}

static void a_file_is_cut_off_or_filled_up(void **state)
{
	static const struct {
		uint64_t size;
		const char *text;
	} table[] = { { 0, "" }, { 2, "te" }, { 4, "text" }, { 6, "text" } };
	struct landing_folder *root = landing_root(state, "cut");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct landing_file file = { .fd = -1 };
		struct landing_place place;
		landing_begin(&file, root, "file", "text");
		assert_int_equal(sshoal__landing_finish(&file, table[i].size,
							&plain, NULL),
				 0);
		landing_check(sshoal__landing_path_to(root, "file"),
			      table[i].text, 0644);
		assert_int_equal(
			sshoal__landing_look(root, "file", &place, NULL), 0);
		assert_int_equal(place.attributes.size_bytes, table[i].size);
	}
	sshoal__landing_leave(root);
}

static void what_was_written_is_read(void **state)
{
	struct landing_folder *root = landing_root(state, "read");
	struct landing_file file = { .fd = -1 };
	char bytes[16] = "";
	landing_begin(&file, root, "file", "0123456789");
	assert_int_equal(sshoal__landing_write(&file, "ab", 2, 12, NULL), 0);
	assert_int_equal(sshoal__landing_read(&file, bytes, 4, 3, NULL), 4);
	assert_memory_equal(bytes, "3456", 4);
	assert_int_equal(sshoal__landing_read(&file, bytes, 16, 8, NULL), 6);
	assert_memory_equal(bytes, "89\0\0ab", 6);
	assert_int_equal(sshoal__landing_read(&file, bytes, 16, 14, NULL), 0);
	assert_int_equal(
		sshoal__landing_read(&file, bytes, 16, UINT64_MAX, NULL),
		SSHOAL_EIO);
	sshoal__landing_drop(&file);
	sshoal__landing_leave(root);
}

static void what_has_the_name_is_replaced_and_never_followed(void **state)
{
	char precious[SCRATCH_PATH];
	char path[SCRATCH_PATH];
	struct landing_folder *root = landing_root(state, "replace");
	scratch_path(precious, state, "precious");
	scratch_write(precious, "precious", 8, 0644);
	scratch_path(path, state, "replace/file");
	static const char *const targets[] = { "../precious", "nowhere", "." };
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		assert_int_equal(symlink(targets[i], path), 0);
		assert_int_equal(landing_put(root, "file", "new"), 0);
		landing_check(path, "new", 0644);
		assert_int_equal(unlink(path), 0);
	}
	scratch_write(path, "old", 3, 0400);
	assert_int_equal(landing_put(root, "file", "new"), 0);
	landing_check(path, "new", 0644);
	assert_int_equal(unlink(path), 0);
	/* The other name of a file keeps what it has. */
	assert_int_equal(link(precious, path), 0);
	assert_int_equal(landing_put(root, "file", "new"), 0);
	landing_check(path, "new", 0644);
	landing_check(precious, "precious", 0644);
	sshoal__landing_leave(root);
}

static void only_files_and_links_are_replaced(void **state)
{
	struct landing_folder *root = landing_root(state, "kinds");
	struct landing_file file = { .fd = -1 };
	sshoal_error error;
	bool same;
	uint64_t size;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "kinds/it");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(i ? mkfifo(path, 0600) : mkdir(path, 0700), 0);
		assert_int_equal(sshoal__landing_begin(&file, root, "it", false,
						       true, &size, &error),
				 SSHOAL_EEXIST);
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		assert_int_equal(begin_in_place(&file, root, "it"),
				 SSHOAL_EEXIST);
		assert_int_equal(
			sshoal__landing_link(root, "it", "x", &same, &error),
			SSHOAL_EEXIST);
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		assert_int_equal(remove(path), 0);
	}
	assert_null(file.folder);
	/* A directory that comes later. */
	landing_begin(&file, root, "it", "text");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(sshoal__landing_finish(&file, 4, &plain, &error),
			 SSHOAL_EEXIST);
	assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(landing_count(sshoal__landing_path(root)), 0);
	sshoal__landing_leave(root);
}

static void what_is_given_up_is_gone(void **state)
{
	struct landing_folder *root = landing_root(state, "drop");
	struct landing_file file = { .fd = -1 };
	struct landing_file zero = { 0 };
	size_t before = landing_descriptors();
	sshoal__landing_drop(&zero);
	sshoal__landing_drop(&file);
	landing_begin(&file, root, "file", "text");
	/* The file keeps its directory. */
	sshoal__landing_leave(root);
	sshoal__landing_drop(&file);
	sshoal__landing_drop(&file);
	assert_int_equal(landing_descriptors(), before - 1);
	char path[SCRATCH_PATH];
	scratch_path(path, state, "drop");
	assert_int_equal(landing_count(path), 0);
}

static void in_place_is_the_same_file(void **state)
{
	struct landing_folder *root = landing_root(state, "place");
	struct landing_file file = { .fd = -1 };
	struct stat before;
	struct stat after;
	uint64_t size = 0;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "place/file");
	scratch_write(path, "old text", 8, 0640);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(begin_in_place(&file, root, "file"), 0);
	landing_check(path, "", 0640);
	assert_int_equal(sshoal__landing_write(&file, "new", 3, 0, NULL), 0);
	assert_int_equal(sshoal__landing_finish(&file, 3, &plain, NULL), 0);
	landing_check(path, "new", 0644);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* To go on with it, it is not cut off; given up, it stays. */
	assert_int_equal(sshoal__landing_begin(&file, root, "file", true, true,
					       &size, NULL),
			 0);
	assert_int_equal(size, 3);
	sshoal__landing_drop(&file);
	landing_check(path, "new", 0644);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(begin_in_place(&file, root, "file"), 0);
	landing_check(path, "", 0600);
	sshoal__landing_drop(&file);
	landing_check(path, "", 0600);
	assert_int_equal(landing_count(sshoal__landing_path(root)), 1);
	sshoal__landing_leave(root);
}

static void in_place_never_goes_through_a_link(void **state)
{
	struct landing_folder *root = landing_root(state, "through");
	struct landing_file file = { .fd = -1 };
	char precious[SCRATCH_PATH];
	char path[SCRATCH_PATH];
	scratch_path(precious, state, "precious");
	scratch_write(precious, "precious", 8, 0644);
	scratch_path(path, state, "through/file");
	static const char *const targets[] = { "../precious", "../nowhere" };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(symlink(targets[i], path), 0);
		assert_int_equal(begin_in_place(&file, root, "file"),
				 SSHOAL_EEXIST);
		assert_int_equal(unlink(path), 0);
	}
	landing_check(precious, "precious", 0644);
	scratch_path(path, state, "nowhere");
	assert_int_equal(access(path, F_OK), -1);
	sshoal__landing_leave(root);
}

static void sizes_beyond_all_files_are_refused(void **state)
{
	static const uint64_t offsets[] = { UINT64_MAX, INT64_MAX,
					    (uint64_t)INT64_MAX + 1 };
	struct landing_folder *root = landing_root(state, "sizes");
	struct landing_file file = { .fd = -1 };
	sshoal_error error;
	landing_begin(&file, root, "file", "text");
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		assert_int_equal(sshoal__landing_write(&file, "x", 1,
						       offsets[i], &error),
				 SSHOAL_EIO);
		assert_non_null(strstr(error.text, strerror(EFBIG)));
	}
	assert_int_equal(
		sshoal__landing_finish(&file, UINT64_MAX, &plain, &error),
		SSHOAL_EIO);
	assert_int_equal(landing_count(sshoal__landing_path(root)), 0);
	sshoal__landing_leave(root);
}

static void a_limit_on_the_size_is_told(void **state)
{
	struct landing_folder *root = landing_root(state, "limited");
	struct landing_file file = { .fd = -1 };
	sshoal_error error;
	struct rlimit before;
	assert_int_equal(landing_put(root, "file", "old"), 0);
	landing_begin(&file, root, "file", "ne");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit small = { .rlim_cur = 4, .rlim_max = before.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = sshoal__landing_write(&file, "w text", 6, 2, &error);
	int finished = sshoal__landing_finish(&file, 8, &plain, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, SSHOAL_EIO);
	assert_int_equal(finished, SSHOAL_EIO);
	const char *path = sshoal__landing_path_to(root, "file");
	assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
	assert_non_null(strstr(error.text, strerror(EFBIG)));
	landing_check(path, "old", 0644);
	assert_int_equal(landing_count(sshoal__landing_path(root)), 1);
	sshoal__landing_leave(root);
}

static void a_full_disk_is_told_and_keeps_what_is_there(void **state)
{
	static char large[64 * 1024];
	char folder[SCRATCH_PATH];
	struct landing_file file = { .fd = -1 };
	struct landing_folder *root = NULL;
	sshoal_error error = { .text = "" };
	scratch_path(folder, state, "small");
	assert_int_equal(mkdir(folder, 0700), 0);
	if (mount("none", folder, "tmpfs", 0, "size=16k") != 0)
		skip();
	int opened = sshoal__landing_open(&root, folder, false, NULL);
	int first = landing_put(root, "file", "old");
	landing_begin(&file, root, "file", "new");
	int rc = sshoal__landing_write(&file, large, sizeof large, 0, &error);
	sshoal__landing_drop(&file);
	size_t names = landing_count(folder);
	char contents[8] = "";
	(void)scratch_read(sshoal__landing_path_to(root, "file"), contents,
			   sizeof contents);
	sshoal__landing_leave(root);
	assert_int_equal(umount(folder), 0);
	assert_int_equal(opened, 0);
	assert_int_equal(first, 0);
	assert_int_equal(rc, SSHOAL_EIO);
	assert_non_null(strstr(error.text, "small/file: "));
	assert_non_null(strstr(error.text, strerror(ENOSPC)));
	assert_string_equal(contents, "old");
	assert_int_equal(names, 1);
}

static void what_takes_the_other_name_does_not_take_the_place(void **state)
{
	struct landing_folder *root = landing_root(state, "stolen");
	char path[SCRATCH_PATH];
	scratch_path(path, state, "stolen/file");
	assert_int_equal(landing_put(root, "file", "old"), 0);
	for (int i = 0; i < 3; i++) {
		struct landing_file file = { .fd = -1 };
		char other[SCRATCH_PATH + 32];
		sshoal_error error;
		landing_begin(&file, root, "file", "new");
		(void)snprintf(other, sizeof other, "%s",
			       sshoal__landing_path_to(root, file.other));
		assert_int_equal(unlink(other), 0);
		if (i == 1)
			assert_int_equal(symlink("/etc/passwd", other), 0);
		if (i == 2)
			scratch_write(other, "evil", 4, 0644);
		assert_int_equal(
			sshoal__landing_finish(&file, 3, &plain, &error),
			SSHOAL_ECHANGED);
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		landing_check(path, "old", 0644);
		assert_int_equal(landing_count(sshoal__landing_path(root)), 1);
	}
	sshoal__landing_leave(root);
}

static void a_link_holds_what_it_was_given(void **state)
{
	static const char *const targets[] = { "file", "../../../etc/passwd",
					       "/",    "two\nlines",
					       "\xff", "file" };
	struct landing_folder *root = landing_root(state, "links");
	sshoal_error error;
	bool same = true;
	assert_int_equal(landing_put(root, "file", "text"), 0);
	assert_int_equal(landing_put(root, "link", "replaced"), 0);
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		char held[256] = "";
		assert_int_equal(sshoal__landing_link(root, "link", targets[i],
						      &same, NULL),
				 0);
		assert_false(same);
		assert_int_equal(sshoal__landing_link(root, "link", targets[i],
						      &same, NULL),
				 0);
		assert_true(same);
		const char *path = sshoal__landing_path_to(root, "link");
		assert_true(readlink(path, held, sizeof held - 1) > 0);
		assert_string_equal(held, targets[i]);
	}
	landing_check(sshoal__landing_path_to(root, "file"), "text", 0644);
	static char longest[5000];
	memset(longest, 'l', sizeof longest - 1);
	assert_int_equal(
		sshoal__landing_link(root, "link", longest, &same, &error),
		SSHOAL_EIO);
	assert_int_equal(sshoal__landing_link(root, "link", "", &same, &error),
			 SSHOAL_EFORMAT);
	assert_int_equal(landing_count(sshoal__landing_path(root)), 2);
	sshoal__landing_leave(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_its_name_once_it_is_whole),
		cmocka_unit_test(a_file_has_its_attributes),
		cmocka_unit_test(set_id_bits_stay_with_the_owner_they_are_for),
		cmocka_unit_test(a_file_is_cut_off_or_filled_up),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(
			what_has_the_name_is_replaced_and_never_followed),
		cmocka_unit_test(only_files_and_links_are_replaced),
		cmocka_unit_test(what_is_given_up_is_gone),
		cmocka_unit_test(in_place_is_the_same_file),
		cmocka_unit_test(in_place_never_goes_through_a_link),
		cmocka_unit_test(sizes_beyond_all_files_are_refused),
		cmocka_unit_test(a_limit_on_the_size_is_told),
		cmocka_unit_test(a_full_disk_is_told_and_keeps_what_is_there),
		cmocka_unit_test(
			what_takes_the_other_name_does_not_take_the_place),
		cmocka_unit_test(a_link_holds_what_it_was_given),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
