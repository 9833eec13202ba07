/* SPDX-License-Identifier: MIT */
#include "unit/manifest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Trees of files, and what is asked of their manifests. */

void manifest_rig_make_folder(char path[SCRATCH_PATH], void **state,
			      const char *name)
{
	scratch_path(path, state, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

void manifest_rig_add_folder(void **state, const char *name)
{
	char path[SCRATCH_PATH];
	manifest_rig_make_folder(path, state, name);
}

void manifest_rig_add_file(void **state, const char *name, size_t size)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, name);
	scratch_write(path, "", 0, 0644);
	assert_int_equal(truncate(path, (off_t)size), 0);
}

void manifest_rig_add_link(void **state, const char *name, const char *target)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, name);
	assert_int_equal(symlink(target, path), 0);
}

void manifest_rig_assert_below(const struct manifest *manifest, size_t index,
			       const char *expected)
{
	char *below = sshoal__manifest_below(manifest, index);
	assert_non_null(below);
	assert_string_equal(below, expected);
	free(below);
}

void manifest_rig_assert_path(const struct manifest *manifest, size_t index,
			      const char *expected)
{
	char *path = sshoal__manifest_path(manifest, index);
	assert_non_null(path);
	assert_string_equal(path, expected);
	free(path);
}

void manifest_rig_assert_order(const struct manifest *manifest)
{
	uint64_t bytes = 0;
	uint64_t files = 0;
	for (size_t i = 0; i < manifest->count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		assert_int_equal(entry->kind == SSHOAL_FILE_DIRECTORY,
				 i < manifest->directories);
		assert_int_equal(entry->target != NULL,
				 entry->kind == SSHOAL_FILE_LINK);
		if (entry->parent != MANIFEST_NO_PARENT) {
			assert_true(entry->parent < i);
			assert_true(entry->parent < manifest->directories);
			assert_int_equal(
				entry->source,
				manifest->entries[entry->parent].source);
		}
		const struct manifest_entry *before = i ? entry - 1 : NULL;
		if (before && before->parent == entry->parent &&
		    entry->parent != MANIFEST_NO_PARENT &&
		    i != manifest->directories)
			assert_true(strcmp(before->name, entry->name) < 0);
		bytes += entry->size_bytes;
		files += entry->kind == SSHOAL_FILE_REGULAR;
	}
	assert_true(bytes == manifest->total_bytes);
	assert_int_equal(files, manifest->files);
}
