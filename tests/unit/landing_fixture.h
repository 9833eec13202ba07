/* SPDX-License-Identifier: MIT */
#ifndef UNIT_LANDING_FIXTURE_H
#define UNIT_LANDING_FIXTURE_H

#include <stddef.h>

#include "sftp/landing.h"

/* Makes a directory in the scratch folder and opens it. */
struct landing_folder *landing_root(void *const *state, const char *name);

/* Enters a directory, which must go well. */
struct landing_folder *landing_enter(struct landing_folder *parent,
				     const char *name);

/* Begins a file and writes text to its start, which must go well. */
void landing_begin(struct landing_file *file, struct landing_folder *folder,
		   const char *name, const char *text);

/* Writes a file with a mode of 0644; returns what the first call that fails
 * returns. */
int landing_put(struct landing_folder *folder, const char *name,
		const char *text);

/* A path is a regular file with this text and mode and no other name. */
void landing_check(const char *path, const char *text, unsigned int mode);

/* How many names a directory has, without . and .. */
size_t landing_count(const char *path);

/* How many descriptors this process has open. */
size_t landing_descriptors(void);

#endif
