/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_SCRATCH_H
#define SERVERS_SCRATCH_H

#include <stddef.h>
#include <sys/types.h>

/* Room for the name of a file in a temporary folder. */
#define SCRATCH_PATH_MAX 256

/* A temporary folder, 0700, that is gone when the test is. */
struct scratch;

/* 0 or -1 with a line on standard error. */
int scratch_new(struct scratch **scratch);

/* The folder's own path. */
const char *scratch_folder(const struct scratch *scratch);

/* Makes the path of a name in the folder; name as by printf(3). */
void scratch_path(char out[SCRATCH_PATH_MAX], const struct scratch *scratch,
		  const char *name, ...) __attribute__((format(printf, 3, 4)));

/* Writes a file, text as by printf(3). 0 or -1. */
int scratch_write(const char *path, mode_t mode, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* The whole of a file, NUL-terminated, for free(3); NULL on failure. */
char *scratch_read(const char *path);

/* Removes the folder and all in it. NULL is ignored. */
void scratch_free(struct scratch *scratch);

#endif
