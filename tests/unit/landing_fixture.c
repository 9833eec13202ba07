/* SPDX-License-Identifier: MIT */
#include "unit/landing_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "unit/scratch.h"

/* What the tests of a landing have in common. */

struct landing_folder *landing_root(void *const *state, const char *name)
{
	char path[SCRATCH_PATH];
	struct landing_folder *root = NULL;
	scratch_path(path, state, name);
	assert_int_equal(sshoal__landing_open(&root, path, true, NULL), 0);
	return root;
}

struct landing_folder *landing_enter(struct landing_folder *parent,
				     const char *name)
{
	struct landing_folder *folder = NULL;
	bool made = false;
	sshoal_error error = { .text = "" };
	int rc = sshoal__landing_enter(&folder, parent, name, &made, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(rc, 0);
	return folder;
}

void landing_begin(struct landing_file *file, struct landing_folder *folder,
		   const char *name, const char *text)
{
	uint64_t size = 1;
	assert_int_equal(sshoal__landing_begin(file, folder, name, false, false,
					       &size, NULL),
			 0);
	assert_int_equal(size, 0);
	assert_int_equal(
		sshoal__landing_write(file, text, strlen(text), 0, NULL), 0);
}

int landing_put(struct landing_folder *folder, const char *name,
		const char *text)
{
	const struct landing_finish finish = { .mode = 0644 };
	struct landing_file file = { .fd = -1 };
	uint64_t size = 0;
	int rc = sshoal__landing_begin(&file, folder, name, false, false, &size,
				       NULL);
	if (rc)
		return rc;
	rc = sshoal__landing_write(&file, text, strlen(text), 0, NULL);
	if (rc == 0)
		return sshoal__landing_finish(&file, strlen(text), &finish,
					      NULL);
	sshoal__landing_drop(&file);
	return rc;
}

void landing_check(const char *path, const char *text, unsigned int mode)
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

size_t landing_count(const char *path)
{
	DIR *names = opendir(path);
	assert_non_null(names);
	size_t count = 0;
	while (readdir(names))
		count++;
	(void)closedir(names);
	assert_true(count >= 2);
	return count - 2;
}

size_t landing_descriptors(void)
{
	return landing_count("/proc/self/fd");
}
