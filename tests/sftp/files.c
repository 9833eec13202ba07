/* SPDX-License-Identifier: MIT */
#include "sftp/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ssh/client_rig.h"

#define BLOCK_BYTES ((size_t)65536)

struct path path_of(const char *form, ...)
{
	struct path path;
	va_list arguments;
	va_start(arguments, form);
	int n = vsnprintf(path.text, sizeof path.text, form, arguments);
	va_end(arguments);
	assert_in_range(n, 0, sizeof path.text - 1);
	return path;
}

void make_folder(const char *path)
{
	if (mkdir(path, 0755))
		fail_msg("%s: %s", path, strerror(errno));
}

static FTS *open_tree(const char *path)
{
	char copy[PATH_MAX];
	(void)snprintf(copy, sizeof copy, "%s", path);
	char *const roots[] = { copy, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	assert_non_null(tree);
	return tree;
}

void clear_folder(const char *path)
{
	FTS *tree = open_tree(path);
	for (FTSENT *entry = fts_read(tree); entry; entry = fts_read(tree)) {
		if (entry->fts_level == 0 || entry->fts_info == FTS_D)
			continue;
		if (remove(entry->fts_accpath))
			fail_msg("%s: %s", entry->fts_path, strerror(errno));
	}
	(void)fts_close(tree);
}

void make_file(const char *path, size_t size_bytes, unsigned seed)
{
	unsigned char block[BLOCK_BYTES];
	FILE *file = fopen(path, "we");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	for (size_t n = 0; n < size_bytes; n += sizeof block) {
		size_t part = size_bytes - n < sizeof block ? size_bytes - n :
							      sizeof block;
		pattern_fill(block, part, n, seed);
		assert_int_equal(fwrite(block, 1, part, file), part);
	}
	assert_int_equal(fclose(file), 0);
}

void make_text(const char *path, const char *text)
{
	assert_int_equal(scratch_write(path, 0644, "%s", text), 0);
}

bool holds_file(const char *path, uint64_t size_bytes, unsigned seed)
{
	unsigned char block[BLOCK_BYTES];
	struct stat st;
	uint64_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool same = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    (uint64_t)st.st_size == size_bytes;
	while (same && n < size_bytes) {
		ssize_t got = read(fd, block, sizeof block);
		same = got > 0 && pattern_is(block, (size_t)got, n, seed);
		n += got > 0 ? (uint64_t)got : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	return same;
}

void assert_file(const char *path, uint64_t size_bytes, unsigned seed)
{
	struct stat st;
	if (lstat(path, &st))
		fail_msg("%s: %s", path, strerror(errno));
	if (!holds_file(path, size_bytes, seed))
		fail_msg("%s: not the %llu bytes it should be, but %lld", path,
			 (unsigned long long)size_bytes, (long long)st.st_size);
}

void assert_text(const char *path, const char *text)
{
	char *found = scratch_read(path);
	if (!found || strcmp(found, text) != 0)
		fail_msg("%s: \"%.80s\", not \"%s\"", path,
			 found ? found : strerror(errno), text);
	free(found);
}

size_t count_names(const char *path)
{
	size_t count = 0;
	DIR *folder = opendir(path);
	if (!folder)
		fail_msg("%s: %s", path, strerror(errno));
	for (const struct dirent *entry = readdir(folder); entry;
	     entry = readdir(folder))
		count += strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0;
	(void)closedir(folder);
	return count;
}

size_t count_files(const char *path)
{
	size_t count = 0;
	FTS *tree = open_tree(path);
	for (FTSENT *entry = fts_read(tree); entry; entry = fts_read(tree))
		count += entry->fts_info != FTS_D && entry->fts_info != FTS_DP;
	(void)fts_close(tree);
	return count;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *p = bytes;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

static bool is_among(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

/* A sum: the order of names does not count. */
uint64_t digest_tree(const char *path, const char *const *except)
{
	uint64_t sum = 0;
	FTS *tree = open_tree(path);
	for (FTSENT *entry = fts_read(tree); entry; entry = fts_read(tree)) {
		if (entry->fts_level == 1 &&
		    is_among(entry->fts_name, except)) {
			(void)fts_set(tree, entry, FTS_SKIP);
			continue;
		}
		const struct stat *st = entry->fts_statp;
		bool is_folder = S_ISDIR(st->st_mode);
		const uint64_t numbers[] = {
			st->st_ino, st->st_mode,
			is_folder ? 0 : (uint64_t)st->st_size,
			is_folder ? 0 : (uint64_t)st->st_mtim.tv_sec,
			is_folder ? 0 : (uint64_t)st->st_mtim.tv_nsec
		};
		sum += mix(mix(0xcbf29ce484222325u, entry->fts_path,
			       entry->fts_pathlen),
			   numbers, sizeof numbers);
	}
	(void)fts_close(tree);
	return sum;
}

static void assert_same(const FTSENT *one, const char *other, bool with_modes)
{
	struct stat st;
	const struct stat *mine = one->fts_statp;
	if (lstat(other, &st))
		fail_msg("%s: %s", other, strerror(errno));
	if (!with_modes)
		return;
	bool is_link = S_ISLNK(mine->st_mode);
	if (st.st_mode != mine->st_mode ||
	    (!is_link && st.st_mtim.tv_sec != mine->st_mtim.tv_sec))
		fail_msg("%s: mode %o of %lld, not %o of %lld", other,
			 st.st_mode, (long long)st.st_mtim.tv_sec,
			 mine->st_mode, (long long)mine->st_mtim.tv_sec);
}

void assert_same_tree(const char *one, const char *other, bool with_modes)
{
	const char *const command[] = { "diff", "-r",  "--no-dereference",
					one,    other, NULL };
	assert_int_equal(process_run(command, NULL), 0);
	FTS *tree = open_tree(one);
	for (FTSENT *entry = fts_read(tree); entry; entry = fts_read(tree)) {
		char path[PATH_MAX];
		if (entry->fts_info == FTS_DP)
			continue;
		(void)snprintf(path, sizeof path, "%s%s", other,
			       entry->fts_path + strlen(one));
		assert_same(entry, path, with_modes);
	}
	(void)fts_close(tree);
}
