/* SPDX-License-Identifier: MIT */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

#include <stddef.h>

#define SCRATCH_PATH 128

/* cmocka's group fixtures: *state becomes the path of a folder of its own,
 * which is removed with all that is in it. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* scratch_setup() for tests with very many files: no disk is waited for, where
 * the system has a file system in memory. */
int scratch_setup_in_memory(void **state);

/* Writes FOLDER/NAME. */
void scratch_path(char path[SCRATCH_PATH], void *const *state,
		  const char *name);

void scratch_write(const char *path, const void *bytes, size_t n,
		   unsigned int mode);

/* Reads a whole file; room must be larger than it. Ends it with a NUL. */
size_t scratch_read(const char *path, char *bytes, size_t room);

/* Runs a program found in PATH to its end and fails the test unless it exits
 * with 0. What it says on standard output goes to out, which may be NULL. */
void scratch_run(const char *const *argv, char *out, size_t out_size);

/* Makes a key without a passphrase and its PATH.pub. */
void scratch_keygen(const char *path, const char *type, const char *bits);

#endif
