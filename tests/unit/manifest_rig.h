/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MANIFEST_RIG_H
#define TESTS_UNIT_MANIFEST_RIG_H

#include <stddef.h>

#include "sftp/manifest.h"
#include "unit/scratch.h"

/* What is in a tree; names are those of scratch_path(). */
void manifest_rig_make_folder(char path[SCRATCH_PATH], void **state,
			      const char *name);
void manifest_rig_add_folder(void **state, const char *name);
void manifest_rig_add_file(void **state, const char *name, size_t size);
void manifest_rig_add_link(void **state, const char *name, const char *target);

/* What a manifest says of one entry, and what holds for every manifest. */
void manifest_rig_assert_below(const struct manifest *manifest, size_t index,
			       const char *expected);
void manifest_rig_assert_path(const struct manifest *manifest, size_t index,
			      const char *expected);
void manifest_rig_assert_order(const struct manifest *manifest);

#endif
