/* SPDX-License-Identifier: MIT */
#ifndef SFTP_FILES_H
#define SFTP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Files on this machine as the tests of transfers make them and look at them.
 * Whatever does not go as it must fails the test. */

struct path {
	char text[512];
};

/* A path as by printf(3). */
struct path path_of(const char *form, ...)
	__attribute__((format(printf, 1, 2)));

void make_folder(const char *path);
/* Removes all that is in a folder; the folder stays. */
void clear_folder(const char *path);

/* A file of a pattern (pattern_fill()), or of a text. */
void make_file(const char *path, size_t size_bytes, unsigned seed);
void make_text(const char *path, const char *text);

/* The file is a regular one and holds just that. */
void assert_file(const char *path, uint64_t size_bytes, unsigned seed);
void assert_text(const char *path, const char *text);
bool holds_file(const char *path, uint64_t size_bytes, unsigned seed);

/* How many names are in a folder. */
size_t count_names(const char *path);
/* How many files and links, but not folders, are in a tree. */
size_t count_files(const char *path);

/* A number that changes when any file or link below a folder does, but for
 * what is in names directly below it, ended by NULL. */
uint64_t digest_tree(const char *path, const char *const *except);

/* Both trees have the same names and contents, and modes and times of
 * modification where asked for. */
void assert_same_tree(const char *one, const char *other, bool with_modes);

#endif
