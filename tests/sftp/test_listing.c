/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sftp/depot.h"

/* Directories: read, made and removed with all that is in them. */

#define MANY 100000
#define DEEP 1000

static void fine(const struct depot *depot, const char *what, int rc)
{
	assert_code(rc, 0, what, sshoal_sftp_error_text(depot->sftp));
}

static sshoal_listing *listing_of(const struct depot *depot, const char *path)
{
	sshoal_listing *listing = NULL;
	fine(depot, path, sshoal_sftp_list(&listing, depot->sftp, path));
	return listing;
}

static const sshoal_entry *next_of(const struct depot *depot,
				   sshoal_listing *listing)
{
	const sshoal_entry *entry = NULL;
	fine(depot, "next", sshoal_listing_next(listing, &entry));
	return entry;
}

/* Empty files whose names are a prefix and a number. */
static void make_many(const char *path, const char *prefix, size_t count)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder >= 0);
	for (size_t i = 0; i < count; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "%s%zu", prefix, i);
		int fd = openat(folder, name, O_CREAT | O_WRONLY | O_CLOEXEC,
				0644);
		assert_true(fd >= 0);
		(void)close(fd);
	}
	(void)close(folder);
}

/* An entry is what the system says of it, and is met once. */
static void assert_entry(const char *folder, const sshoal_entry *entry)
{
	struct path path = path_of("%s/%s", folder, entry->name);
	struct stat st;
	if (lstat(path.text, &st))
		fail_msg("%s: %s", path.text, strerror(errno));
	assert_int_equal(entry->attributes.mode, st.st_mode);
	assert_int_equal(entry->attributes.size_bytes, st.st_size);
	assert_int_equal(entry->attributes.mtime_s, st.st_mtim.tv_sec);
	const char *at = strstr(entry->long_name, entry->name);
	assert_non_null(at);
	if (unlink(path.text) && rmdir(path.text))
		fail_msg("%s: %s", path.text, strerror(errno));
}

static void every_name_comes_once(void **state)
{
	static const char *const names[] = {
		" ",           "a b",   "new\nline", "quo\"te",     "it's",
		"back\\slash", "*?[a]", "-rf",       "\xff\xfe",    "\x1b[31m",
		"...",         "..a",   ".hidden",   "caf\xc3\xa9",
	};
	struct depot *depot = *state;
	size_t count = sizeof names / sizeof *names;
	char longest[256];
	memset(longest, 'n', 255);
	longest[255] = '\0';
	for (size_t i = 0; i < count; i++)
		make_text(to_of(depot, names[i]).text, names[i]);
	make_text(to_of(depot, longest).text, "");
	make_folder(to_of(depot, "folder").text);
	assert_int_equal(symlink("missing", to_of(depot, "link").text), 0);
	assert_int_equal(mkfifo(to_of(depot, "pipe").text, 0600), 0);
	make_many(depot->to.text, "file", 1000);
	sshoal_listing *listing = listing_of(depot, "to");
	size_t seen = 0;
	const sshoal_entry *entry = next_of(depot, listing);
	for (; entry; entry = next_of(depot, listing), seen++)
		assert_entry(depot->to.text, entry);
	assert_int_equal(seen, count + 4 + 1000);
	assert_int_equal(count_names(depot->to.text), 0);
	/* The end stays the end. */
	assert_null(next_of(depot, listing));
	sshoal_listing_close(listing);
}

static void small_ones_end(void **state)
{
	struct depot *depot = *state;
	sshoal_listing *listing = listing_of(depot, depot->to.text);
	assert_null(next_of(depot, listing));
	assert_null(next_of(depot, listing));
	sshoal_listing_close(listing);
	make_text(to_of(depot, "one").text, "");
	listing = listing_of(depot, depot->to.text);
	assert_string_equal(next_of(depot, listing)->name, "one");
	assert_null(next_of(depot, listing));
	sshoal_listing_close(listing);
}

static void what_cannot_be_listed_is_told(void **state)
{
	struct depot *depot = *state;
	sshoal_listing *listing = NULL;
	struct path file = to_of(depot, "file");
	const sshoal_entry *entry = NULL;
	make_text(file.text, "");
	assert_code(sshoal_sftp_list(&listing, depot->sftp, "missing"),
		    SSHOAL_ENOENT, "missing",
		    sshoal_sftp_error_text(depot->sftp));
	assert_string_equal(sshoal_sftp_error_text(depot->sftp),
			    "missing: No such file");
	assert_code(sshoal_sftp_list(&listing, depot->sftp, file.text),
		    SSHOAL_ENOENT, file.text,
		    sshoal_sftp_error_text(depot->sftp));
	assert_code(sshoal_sftp_list(&listing, depot->sftp, ""), SSHOAL_EINVAL,
		    "no path", sshoal_sftp_error_text(depot->sftp));
	assert_code(sshoal_sftp_list(NULL, depot->sftp, "to"), SSHOAL_EINVAL,
		    "no room", NULL);
	assert_int_equal(sshoal_listing_next(NULL, &entry), SSHOAL_EINVAL);
	assert_null(listing);
	sshoal_listing_close(NULL);
}

/* Several at a time, each left in the middle, with other calls between. */
static void listings_do_not_mind_each_other(void **state)
{
	enum { AT_ONCE = 20 };
	struct depot *depot = *state;
	sshoal_listing *listings[AT_ONCE];
	make_many(depot->to.text, "file", 3000);
	for (int i = 0; i < AT_ONCE; i++)
		listings[i] = listing_of(depot, "to");
	char first[256] = "";
	for (int step = 0; step < 350; step++) {
		for (int i = 0; i < AT_ONCE; i++) {
			const sshoal_entry *entry = next_of(depot, listings[i]);
			assert_non_null(entry);
			if (i == 0)
				(void)snprintf(first, sizeof first, "%s",
					       entry->name);
			assert_string_equal(entry->name, first);
		}
		sshoal_attributes attributes;
		fine(depot, "stat",
		     sshoal_sftp_stat(depot->sftp, "to", &attributes));
	}
	for (int i = 0; i < AT_ONCE; i++)
		sshoal_listing_close(listings[i]);
	assert_fine(depot->client);
}

static void many_names_take_little_memory(void **state)
{
	struct depot *depot = *state;
	make_many(depot->to.text, "a-name-of-some-length-", MANY);
	sshoal_listing *listing = listing_of(depot, "to");
	unsigned char *seen = calloc(MANY, 1);
	assert_non_null(seen);
	size_t count = 0;
	long before_kib = 0;
	const sshoal_entry *entry = next_of(depot, listing);
	for (; entry; entry = next_of(depot, listing)) {
		unsigned number = MANY;
		(void)sscanf(entry->name, "a-name-of-some-length-%u", &number);
		assert_in_range(number, 0, MANY - 1);
		assert_int_equal(seen[number], 0);
		seen[number] = 1;
		if (++count == MANY / 100)
			before_kib = memory_kib("VmRSS:");
	}
	assert_int_equal(count, MANY);
	long more_kib = memory_kib("VmRSS:") - before_kib;
#ifndef SSHOAL_SANITIZE
	/* What sanitizers keep of freed memory is not ours. */
	if (more_kib > 1024)
		fail_msg("%ld KiB more", more_kib);
#else
	(void)more_kib;
#endif
	sshoal_listing_close(listing);
	free(seen);
	fine(depot, "remove_all",
	     sshoal_sftp_remove_all(depot->sftp, depot->to.text));
	make_folder(depot->to.text);
}

/* --- made with those above --- */

static void assert_folder(const char *path, mode_t mode)
{
	struct stat st;
	if (lstat(path, &st))
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(st.st_mode, S_IFDIR | mode);
}

static void those_above_are_made(void **state)
{
	struct depot *depot = *state;
	struct sshoal_sftp *sftp = depot->sftp;
	for (int i = 0; i < 2; i++)
		fine(depot, "mkdir_all",
		     sshoal_sftp_mkdir_all(sftp, "to/a//b/./c/", 0700));
	assert_folder(to_of(depot, "a/b/c").text, 0700);
	fine(depot, "/", sshoal_sftp_mkdir_all(sftp, "/", 0700));
	fine(depot, ".", sshoal_sftp_mkdir_all(sftp, ".", 0700));
	fine(depot, "to", sshoal_sftp_mkdir_all(sftp, depot->to.text, 0700));
	assert_folder(depot->to.text, 0755);
	/* Of those above, the owner can use what is made. */
	fine(depot, "x/y", sshoal_sftp_mkdir_all(sftp, "to/x/y", 0));
	assert_folder(to_of(depot, "x/y").text, 0);
	assert_folder(to_of(depot, "x").text, 0300);
	assert_int_equal(symlink("a", to_of(depot, "link").text), 0);
	fine(depot, "link", sshoal_sftp_mkdir_all(sftp, "to/link/d", 0700));
	assert_folder(to_of(depot, "a/d").text, 0700);
}

static void a_file_in_the_way_is_told(void **state)
{
	static const char *const paths[] = { "to/file",   "to/file/",
					     "to/file/a", "to/file/a/b",
					     "to/lost",   "to/lost/a" };
	struct depot *depot = *state;
	make_text(to_of(depot, "file").text, "stays");
	assert_int_equal(symlink("missing", to_of(depot, "lost").text), 0);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		int rc = sshoal_sftp_mkdir_all(depot->sftp, paths[i], 0755);
		if (rc != SSHOAL_EREMOTE && rc != SSHOAL_ENOENT)
			fail_msg("%s: %d", paths[i], rc);
		assert_true(strncmp(sshoal_sftp_error_text(depot->sftp), "to/",
				    3) == 0);
	}
	assert_text(to_of(depot, "file").text, "stays");
	assert_int_equal(count_names(depot->to.text), 2);
}

/* --- removed with all that is in them --- */

static void trees_are_removed_and_links_are_not_followed(void **state)
{
	struct depot *depot = *state;
	struct path kept = from_of(depot, "kept");
	make_folder(kept.text);
	make_text(from_of(depot, "kept/file").text, "stays");
	make_folder(to_of(depot, "tree").text);
	for (int i = 0; i < 30; i++) {
		struct path path = path_of("%s/tree/%d", depot->to.text, i);
		make_folder(path.text);
		make_many(path.text, "new\nline\xff ", 20);
		make_folder(path_of("%s/empty", path.text).text);
		assert_int_equal(
			symlink(kept.text, path_of("%s/link", path.text).text),
			0);
		assert_int_equal(
			mkfifo(path_of("%s/pipe", path.text).text, 0600), 0);
	}
	make_many(to_of(depot, "tree").text, "file", 2500);
	fine(depot, "tree", sshoal_sftp_remove_all(depot->sftp, "to/tree//"));
	assert_int_equal(count_names(depot->to.text), 0);
	assert_text(from_of(depot, "kept/file").text, "stays");
}

static void what_is_no_tree_is_removed(void **state)
{
	struct depot *depot = *state;
	struct path kept = from_of(depot, "kept");
	make_folder(kept.text);
	make_text(from_of(depot, "kept/file").text, "stays");
	make_text(to_of(depot, "file").text, "");
	make_folder(to_of(depot, "empty").text);
	assert_int_equal(symlink(kept.text, to_of(depot, "link").text), 0);
	assert_int_equal(symlink("missing", to_of(depot, "lost").text), 0);
	static const char *const paths[] = { "to/file", "to/empty", "to/link/",
					     "to/lost" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		fine(depot, paths[i],
		     sshoal_sftp_remove_all(depot->sftp, paths[i]));
	assert_int_equal(count_names(depot->to.text), 0);
	assert_text(from_of(depot, "kept/file").text, "stays");
	assert_code(sshoal_sftp_remove_all(depot->sftp, "to/file"),
		    SSHOAL_ENOENT, "to/file",
		    sshoal_sftp_error_text(depot->sftp));
}

static void what_nobody_means_is_refused(void **state)
{
	static const char *const paths[] = {
		"",     "/",     "//",     ".",         "..",      "./",
		"to/.", "to/..", "to/../", "/tmp/..//", "to//.//",
	};
	struct depot *depot = *state;
	make_text(to_of(depot, "file").text, "stays");
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		assert_code(sshoal_sftp_remove_all(depot->sftp, paths[i]),
			    SSHOAL_EINVAL, paths[i], NULL);
	assert_text(to_of(depot, "file").text, "stays");
}

static void a_deep_tree_is_made_and_removed(void **state)
{
	struct depot *depot = *state;
	char path[3 + DEEP * 2];
	memcpy(path, "to", 2);
	for (size_t i = 0; i < DEEP; i++)
		memcpy(path + 2 + i * 2, "/d", 2);
	path[2 + DEEP * 2] = '\0';
	fine(depot, "mkdir_all",
	     sshoal_sftp_mkdir_all(depot->sftp, path, 0755));
	sshoal_attributes attributes;
	fine(depot, "stat", sshoal_sftp_stat(depot->sftp, path, &attributes));
	fine(depot, "remove_all", sshoal_sftp_remove_all(depot->sftp, "to/d"));
	assert_int_equal(count_names(depot->to.text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_name_comes_once, depot_clear),
		cmocka_unit_test_setup(small_ones_end, depot_clear),
		cmocka_unit_test_setup(what_cannot_be_listed_is_told,
				       depot_clear),
		cmocka_unit_test_setup(listings_do_not_mind_each_other,
				       depot_clear),
		cmocka_unit_test_setup(many_names_take_little_memory,
				       depot_clear),
		cmocka_unit_test_setup(those_above_are_made, depot_clear),
		cmocka_unit_test_setup(a_file_in_the_way_is_told, depot_clear),
		cmocka_unit_test_setup(
			trees_are_removed_and_links_are_not_followed,
			depot_clear),
		cmocka_unit_test_setup(what_is_no_tree_is_removed, depot_clear),
		cmocka_unit_test_setup(what_nobody_means_is_refused,
				       depot_clear),
		cmocka_unit_test_setup(a_deep_tree_is_made_and_removed,
				       depot_clear),
	};
	return cmocka_run_group_tests_name("sftp_listing", tests, depot_setup,
					   depot_teardown);
}
