/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/file.h>

#include "sftp/depot.h"

/* The calls on paths, beside what the system says of the same files. */

static void fine(const struct depot *depot, const char *what, int rc)
{
	assert_code(rc, 0, what, sshoal_sftp_error_text(depot->sftp));
}

/* A call failed, and its text tells where and why. */
static void told(const struct depot *depot, int rc, int code, const char *path,
		 const char *words)
{
	const char *text = sshoal_sftp_error_text(depot->sftp);
	size_t n = strlen(path);
	assert_code(rc, code, path, text);
	if (strncmp(text, path, n) != 0 || strncmp(text + n, ": ", 2) != 0 ||
	    !strstr(text + n, words))
		fail_msg("\"%s\", not \"%s: %s\"", text, path, words);
}

static void assert_as(const sshoal_attributes *attributes,
		      const struct stat *st, int kind)
{
	assert_int_equal(attributes->flags, SSHOAL_ATTRIBUTES_SIZE |
						    SSHOAL_ATTRIBUTES_OWNER |
						    SSHOAL_ATTRIBUTES_MODE |
						    SSHOAL_ATTRIBUTES_TIMES);
	assert_int_equal(attributes->size_bytes, st->st_size);
	assert_int_equal(attributes->mode, st->st_mode);
	assert_int_equal(attributes->uid, st->st_uid);
	assert_int_equal(attributes->gid, st->st_gid);
	assert_int_equal(attributes->atime_s, st->st_atim.tv_sec);
	assert_int_equal(attributes->mtime_s, st->st_mtim.tv_sec);
	assert_int_equal(sshoal_attributes_kind(attributes), kind);
}

static struct stat stat_of(const char *path)
{
	struct stat st;
	if (lstat(path, &st))
		fail_msg("%s: %s", path, strerror(errno));
	return st;
}

static void attributes_are_those_of_the_system(void **state)
{
	struct depot *depot = *state;
	static const struct {
		const char *name;
		int kind;
	} table[] = {
		{ "file", SSHOAL_FILE_REGULAR },
		{ "folder", SSHOAL_FILE_DIRECTORY },
		{ "link", SSHOAL_FILE_LINK },
		{ "pipe", SSHOAL_FILE_OTHER },
	};
	make_file(to_of(depot, "file").text, 12345, 1);
	make_folder(to_of(depot, "folder").text);
	assert_int_equal(symlink("file", to_of(depot, "link").text), 0);
	assert_int_equal(mkfifo(to_of(depot, "pipe").text, 0640), 0);
	sshoal_attributes attributes;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct path path = to_of(depot, table[i].name);
		const struct stat st = stat_of(path.text);
		fine(depot, path.text,
		     sshoal_sftp_lstat(depot->sftp, path.text, &attributes));
		assert_as(&attributes, &st, table[i].kind);
	}
	const struct stat st = stat_of(to_of(depot, "file").text);
	/* Without "/" first it is below the home. */
	fine(depot, "to/link",
	     sshoal_sftp_stat(depot->sftp, "to/link", &attributes));
	assert_as(&attributes, &st, SSHOAL_FILE_REGULAR);
	assert_int_equal(sshoal_attributes_kind(NULL), SSHOAL_FILE_UNKNOWN);
}

static void failures_say_where_and_why(void **state)
{
	struct depot *depot = *state;
	struct sshoal_sftp *sftp = depot->sftp;
	sshoal_attributes attributes = { .size_bytes = 77 };
	struct path path = to_of(depot, "missing");
	char *text = (char *)"untouched";
	told(depot, sshoal_sftp_stat(sftp, path.text, &attributes),
	     SSHOAL_ENOENT, path.text, "No such file");
	assert_int_equal(attributes.size_bytes, 77);
	told(depot, sshoal_sftp_remove(sftp, path.text), SSHOAL_ENOENT,
	     path.text, "No such file");
	told(depot, sshoal_sftp_readlink(sftp, path.text, &text), SSHOAL_ENOENT,
	     path.text, "No such file");
	assert_string_equal(text, "untouched");
	make_folder(path.text);
	told(depot, sshoal_sftp_mkdir(sftp, path.text, 0755), SSHOAL_EREMOTE,
	     path.text, "Failure");
	told(depot, sshoal_sftp_remove(sftp, path.text), SSHOAL_EREMOTE,
	     path.text, "Failure");
	/* It goes on after each. */
	fine(depot, path.text, sshoal_sftp_rmdir(sftp, path.text));
}

static void wrong_arguments_ask_for_nothing(void **state)
{
	struct depot *depot = *state;
	struct sshoal_sftp *sftp = depot->sftp;
	sshoal_attributes attributes = { .flags = 0 };
	char *text = NULL;
	char *endless = malloc(20001);
	assert_non_null(endless);
	memset(endless, 'x', 20000);
	endless[20000] = '\0';
	const int codes[] = {
		sshoal_sftp_stat(NULL, "x", &attributes),
		sshoal_sftp_stat(sftp, NULL, &attributes),
		sshoal_sftp_stat(sftp, "", &attributes),
		sshoal_sftp_stat(sftp, "x", NULL),
		sshoal_sftp_stat(sftp, endless, &attributes),
		sshoal_sftp_setstat(sftp, "x", NULL),
		sshoal_sftp_utime(sftp, "x", -1, 0),
		sshoal_sftp_utime(sftp, "x", 0, (int64_t)UINT32_MAX + 1),
		sshoal_sftp_mkdir(sftp, "", 0755),
		sshoal_sftp_mkdir_all(sftp, NULL, 0755),
		sshoal_sftp_rename(sftp, "x", NULL),
		sshoal_sftp_rename(sftp, "x", endless),
		sshoal_sftp_posix_rename(sftp, NULL, "x"),
		sshoal_sftp_link(sftp, "x", ""),
		sshoal_sftp_symlink(sftp, "", "x"),
		sshoal_sftp_readlink(sftp, "x", NULL),
		sshoal_sftp_realpath(sftp, "", &text),
		sshoal_sftp_expand(sftp, NULL, &text),
		sshoal_sftp_home(sftp, NULL, &text),
		sshoal_sftp_statvfs(sftp, "x", NULL),
		sshoal_sftp_copy(sftp, "x", ""),
		sshoal_sftp_remove_all(sftp, NULL),
		sshoal_sftp_set_timeout(sftp, -2),
	};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i] != SSHOAL_EINVAL)
			fail_msg("call %zu: %d", i, codes[i]);
	free(endless);
}

static void what_is_set_is_set(void **state)
{
	struct depot *depot = *state;
	struct sshoal_sftp *sftp = depot->sftp;
	struct path path = to_of(depot, "file");
	make_file(path.text, 1000, 1);
	fine(depot, "chmod", sshoal_sftp_chmod(sftp, path.text, 0604));
	fine(depot, "utime",
	     sshoal_sftp_utime(sftp, path.text, 1000000000, UINT32_MAX));
	struct stat st = stat_of(path.text);
	assert_int_equal(st.st_mode, S_IFREG | 0604);
	assert_int_equal(st.st_atim.tv_sec, 1000000000);
	assert_int_equal(st.st_mtim.tv_sec, UINT32_MAX);
	fine(depot, "chown",
	     sshoal_sftp_chown(sftp, path.text, st.st_uid, st.st_gid));
	static const uint64_t sizes[] = { 1, 0, 5000000001, 999 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		fine(depot, "truncate",
		     sshoal_sftp_truncate(sftp, path.text, sizes[i]));
		assert_int_equal(stat_of(path.text).st_size, sizes[i]);
	}
	/* All at once, with a kind in the mode as stat has it. */
	const sshoal_attributes all = {
		.flags = SSHOAL_ATTRIBUTES_SIZE | SSHOAL_ATTRIBUTES_OWNER |
			 SSHOAL_ATTRIBUTES_MODE | SSHOAL_ATTRIBUTES_TIMES,
		.size_bytes = 10,
		.mode = S_IFREG | 0640,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.atime_s = 5,
		.mtime_s = 6,
	};
	fine(depot, "setstat", sshoal_sftp_setstat(sftp, path.text, &all));
	st = stat_of(path.text);
	assert_int_equal(st.st_size, 10);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_mtim.tv_sec, 6);
}

static void a_link_itself_is_changed(void **state)
{
	struct depot *depot = *state;
	struct path file = to_of(depot, "file");
	struct path name = to_of(depot, "link");
	const sshoal_attributes times = {
		.flags = SSHOAL_ATTRIBUTES_TIMES,
		.atime_s = 100,
		.mtime_s = 200,
	};
	make_file(file.text, 1, 1);
	assert_int_equal(symlink("file", name.text), 0);
	const struct stat before = stat_of(file.text);
	fine(depot, "lsetstat",
	     sshoal_sftp_lsetstat(depot->sftp, name.text, &times));
	assert_int_equal(stat_of(name.text).st_mtim.tv_sec, 200);
	const struct stat after = stat_of(file.text);
	assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
}

static void names_are_made_moved_and_removed(void **state)
{
	struct depot *depot = *state;
	struct sshoal_sftp *sftp = depot->sftp;
	struct path one = to_of(depot, "one");
	struct path two = to_of(depot, "two");
	fine(depot, "mkdir", sshoal_sftp_mkdir(sftp, one.text, 0750));
	assert_int_equal(stat_of(one.text).st_mode, S_IFDIR | 0750);
	fine(depot, "rename", sshoal_sftp_rename(sftp, one.text, two.text));
	fine(depot, "rmdir", sshoal_sftp_rmdir(sftp, two.text));
	assert_int_equal(count_names(depot->to.text), 0);
	make_text(one.text, "one");
	make_text(two.text, "two");
	told(depot, sshoal_sftp_rename(sftp, one.text, two.text),
	     SSHOAL_EREMOTE, one.text, "Failure");
	assert_text(two.text, "two");
	fine(depot, "posix_rename",
	     sshoal_sftp_posix_rename(sftp, one.text, two.text));
	assert_text(two.text, "one");
	assert_int_equal(count_names(depot->to.text), 1);
	fine(depot, "link", sshoal_sftp_link(sftp, two.text, one.text));
	assert_int_equal(stat_of(one.text).st_ino, stat_of(two.text).st_ino);
	fine(depot, "remove", sshoal_sftp_remove(sftp, one.text));
	assert_int_equal(count_names(depot->to.text), 1);
}

static void links_hold_what_they_are_given(void **state)
{
	static const char *const targets[] = { "two", "/absolute/and missing",
					       "../a\nb", "\xff\xfe", "-" };
	struct depot *depot = *state;
	struct path name = to_of(depot, "link");
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		char held[256] = "";
		char *text = NULL;
		fine(depot, "symlink",
		     sshoal_sftp_symlink(depot->sftp, targets[i], name.text));
		assert_true(readlink(name.text, held, sizeof held - 1) > 0);
		assert_string_equal(held, targets[i]);
		fine(depot, "readlink",
		     sshoal_sftp_readlink(depot->sftp, name.text, &text));
		assert_string_equal(text, targets[i]);
		free(text);
		fine(depot, "remove",
		     sshoal_sftp_remove(depot->sftp, name.text));
	}
}

static void assert_path(const struct depot *depot, int rc, char *path,
			const char *expected)
{
	fine(depot, expected, rc);
	assert_string_equal(path, expected);
	free(path);
}

static void paths_are_made_absolute(void **state)
{
	struct depot *depot = *state;
	struct sshoal_sftp *sftp = depot->sftp;
	char *path = NULL;
	char *home = NULL;
	char form[128];
	int rc = sshoal_sftp_realpath(sftp, ".", &path);
	assert_path(depot, rc, path, scratch_folder(depot->site.scratch));
	rc = sshoal_sftp_realpath(sftp, "to/../to/.//", &path);
	assert_path(depot, rc, path, depot->to.text);
	rc = sshoal_sftp_expand(sftp, "to", &path);
	assert_path(depot, rc, path, depot->to.text);
	fine(depot, "home", sshoal_sftp_home(sftp, "", &home));
	rc = sshoal_sftp_expand(sftp, "~", &path);
	assert_path(depot, rc, path, home);
	rc = sshoal_sftp_realpath(sftp, ".", &path);
	assert_path(depot, rc, path, home);
	free(home);
	/* Of others the server asks the system. */
	const struct passwd *user = getpwnam(depot->site.user);
	assert_non_null(user);
	rc = sshoal_sftp_home(sftp, depot->site.user, &path);
	assert_path(depot, rc, path, user->pw_dir);
	(void)snprintf(form, sizeof form, "~%s", depot->site.user);
	rc = sshoal_sftp_expand(sftp, form, &path);
	assert_path(depot, rc, path, user->pw_dir);
	rc = sshoal_sftp_home(sftp, "no-such-user", &path);
	told(depot, rc, rc == SSHOAL_ENOENT ? rc : SSHOAL_EREMOTE,
	     "no-such-user", "");
	assert_true(sshoal_sftp_offers(sftp, "copy-data"));
	assert_false(sshoal_sftp_offers(sftp, "copy-dat"));
	assert_false(sshoal_sftp_offers(sftp, ""));
	assert_false(sshoal_sftp_offers(sftp, NULL));
}

static void a_file_system_is_as_statvfs3_has_it(void **state)
{
	struct depot *depot = *state;
	sshoal_statvfs there;
	struct statvfs here;
	fine(depot, "statvfs",
	     sshoal_sftp_statvfs(depot->sftp, depot->to.text, &there));
	assert_int_equal(statvfs(depot->to.text, &here), 0);
	assert_int_equal(there.block_bytes, here.f_bsize);
	assert_int_equal(there.fragment_bytes, here.f_frsize);
	assert_int_equal(there.blocks, here.f_blocks);
	assert_int_equal(there.files, here.f_files);
	assert_int_equal(there.id, here.f_fsid);
	assert_int_equal(there.name_max_bytes, here.f_namemax);
	assert_true(there.blocks_available <= there.blocks);
	told(depot, sshoal_sftp_statvfs(depot->sftp, "missing", &there),
	     SSHOAL_ENOENT, "missing", "No such file");
}

static void strange_names_are_names(void **state)
{
	static const char *const names[] = {
		" ",           "a b",   "new\nline",   "quo\"te",  "it's",
		"back\\slash", "*?[a]", "-rf",         "\xff\xfe", "\x1b[31m",
		"...",         "~",     "caf\xc3\xa9", "%s%n",
	};
	struct depot *depot = *state;
	struct sshoal_sftp *sftp = depot->sftp;
	struct path other = to_of(depot, "other");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		sshoal_attributes attributes;
		struct path path = to_of(depot, names[i]);
		fine(depot, names[i], sshoal_sftp_mkdir(sftp, path.text, 0755));
		assert_true(S_ISDIR(stat_of(path.text).st_mode));
		fine(depot, names[i],
		     sshoal_sftp_rename(sftp, path.text, other.text));
		fine(depot, names[i],
		     sshoal_sftp_rename(sftp, other.text, path.text));
		fine(depot, names[i],
		     sshoal_sftp_stat(sftp, path.text, &attributes));
		fine(depot, names[i], sshoal_sftp_rmdir(sftp, path.text));
		assert_int_equal(
			sshoal_sftp_lstat(sftp, path.text, &attributes),
			SSHOAL_ENOENT);
	}
}

static void copies_are_the_same(void **state)
{
	/* How long the source is, and what is there before. */
	static const size_t sizes[][2] = {
		{ 0, 0 },    { 0, 5000 },    { 1, 0 },       { 1, 5000 },
		{ 5000, 1 }, { 5000, 5000 }, { 3000000, 0 },
	};
	struct depot *depot = *state;
	struct path from = to_of(depot, "from");
	struct path to = to_of(depot, "to");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		make_file(from.text, sizes[i][0], 1);
		assert_int_equal(chmod(from.text, 04751), 0);
		if (sizes[i][1])
			make_file(to.text, sizes[i][1], 2);
		fine(depot, "copy",
		     sshoal_sftp_copy(depot->sftp, from.text, to.text));
		assert_file(to.text, sizes[i][0], 1);
		assert_int_equal(stat_of(to.text).st_mode, S_IFREG | 04751);
		assert_int_equal(unlink(to.text), 0);
	}
}

static void a_copy_over_itself_loses_nothing(void **state)
{
	struct depot *depot = *state;
	struct path from = to_of(depot, "from");
	struct path hard = to_of(depot, "hard");
	struct path soft = to_of(depot, "soft");
	const char *const others[] = { from.text, hard.text, soft.text,
				       "to/./from" };
	make_file(from.text, 300000, 1);
	assert_int_equal(link(from.text, hard.text), 0);
	assert_int_equal(symlink("from", soft.text), 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		int rc = sshoal_sftp_copy(depot->sftp, from.text, others[i]);
		if (rc && rc != SSHOAL_EREMOTE)
			fine(depot, others[i], rc);
		assert_file(from.text, 300000, 1);
	}
}

static void what_has_no_size_is_copied_whole(void **state)
{
	struct depot *depot = *state;
	struct path to = to_of(depot, "version");
	fine(depot, "copy",
	     sshoal_sftp_copy(depot->sftp, "/proc/version", to.text));
	char *text = scratch_read("/proc/version");
	assert_non_null(text);
	assert_text(to.text, text);
	free(text);
}

static void what_is_no_file_is_not_copied(void **state)
{
	struct depot *depot = *state;
	struct path folder = to_of(depot, "folder");
	struct path pipe = to_of(depot, "pipe");
	struct path to = to_of(depot, "copy");
	make_folder(folder.text);
	assert_int_equal(mkfifo(pipe.text, 0600), 0);
	told(depot, sshoal_sftp_copy(depot->sftp, folder.text, to.text),
	     SSHOAL_EREMOTE, folder.text, "not a regular file");
	told(depot, sshoal_sftp_copy(depot->sftp, pipe.text, to.text),
	     SSHOAL_EREMOTE, pipe.text, "not a regular file");
	told(depot, sshoal_sftp_copy(depot->sftp, "missing", to.text),
	     SSHOAL_ENOENT, "missing", "No such file");
	assert_int_equal(count_names(depot->to.text), 2);
}

/* Everything is told, nothing waits for what will not come. */
static void a_closed_client_ends_it(void **state)
{
	struct depot *depot = *state;
	sshoal_client *client = client_at(&depot->site);
	sshoal_sftp *sftp = NULL;
	sshoal_listing *listing = NULL;
	sshoal_file *file = NULL;
	sshoal_attributes attributes;
	unsigned char bytes[1000];
	make_file(to_of(depot, "file").text, 500000, 1);
	assert_int_equal(sshoal_sftp_open(&sftp, client, NULL), 0);
	assert_int_equal(sshoal_sftp_list(&listing, sftp, "to"), 0);
	assert_int_equal(sshoal_file_open(&file, sftp, "to/file",
					  SSHOAL_FILE_READ, 0, NULL),
			 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sshoal_file_read(file, bytes, sizeof bytes),
				 sizeof bytes);
	sshoal_client_close(client);
	assert_int_equal(sshoal_sftp_stat(sftp, "to", &attributes),
			 SSHOAL_ECLOSED);
	assert_string_equal(sshoal_sftp_error_text(sftp),
			    "the client is closed");
	assert_int_equal(sshoal_sftp_mkdir_all(sftp, "x", 0755),
			 SSHOAL_ECLOSED);
	assert_int_equal(sshoal_sftp_remove_all(sftp, "x"), SSHOAL_ECLOSED);
	assert_int_equal(sshoal_file_pread(file, bytes, 1, 0), SSHOAL_ECLOSED);
	sshoal_listing_close(listing);
	assert_int_equal(sshoal_file_close(file), SSHOAL_ECLOSED);
	sshoal_sftp_close(sftp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(attributes_are_those_of_the_system,
				       depot_clear),
		cmocka_unit_test_setup(failures_say_where_and_why, depot_clear),
		cmocka_unit_test_setup(wrong_arguments_ask_for_nothing,
				       depot_clear),
		cmocka_unit_test_setup(what_is_set_is_set, depot_clear),
		cmocka_unit_test_setup(a_link_itself_is_changed, depot_clear),
		cmocka_unit_test_setup(names_are_made_moved_and_removed,
				       depot_clear),
		cmocka_unit_test_setup(links_hold_what_they_are_given,
				       depot_clear),
		cmocka_unit_test_setup(paths_are_made_absolute, depot_clear),
		cmocka_unit_test_setup(a_file_system_is_as_statvfs3_has_it,
				       depot_clear),
		cmocka_unit_test_setup(strange_names_are_names, depot_clear),
		cmocka_unit_test_setup(copies_are_the_same, depot_clear),
		cmocka_unit_test_setup(a_copy_over_itself_loses_nothing,
				       depot_clear),
		cmocka_unit_test_setup(what_has_no_size_is_copied_whole,
				       depot_clear),
		cmocka_unit_test_setup(what_is_no_file_is_not_copied,
				       depot_clear),
		cmocka_unit_test_setup(a_closed_client_ends_it, depot_clear),
	};
	return cmocka_run_group_tests_name("sftp_calls", tests, depot_setup,
					   depot_teardown);
}
