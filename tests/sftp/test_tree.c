/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "sftp/depot.h"

/* Trees to a stock OpenSSH and back: every name, every kind of file, and what
 * becomes of the others when one fails. */

#define DEPTH 60

static struct witness recursive(void)
{
	struct witness witness = witness_new();
	witness.options.recursive = 1;
	return witness;
}

static void make_link(const char *holds, const char *path)
{
	if (symlink(holds, path))
		fail_msg("%s: %s", path, strerror(errno));
}

static void assert_link(const char *path, const char *holds)
{
	char found[256] = "";
	if (readlink(path, found, sizeof found - 1) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_string_equal(found, holds);
}

/* tree/{one,two,three} and an empty folder. */
static void make_tree(const struct depot *depot)
{
	make_folder(from_of(depot, "tree").text);
	make_file(from_of(depot, "tree/one").text, 1000, 1);
	make_file(from_of(depot, "tree/two").text, 300000, 2);
	make_folder(from_of(depot, "tree/sub").text);
	make_file(from_of(depot, "tree/sub/three").text, 0, 3);
	make_folder(from_of(depot, "tree/sub/empty").text);
}

static void assert_carried(const struct depot *depot, bool with_modes)
{
	assert_same_tree(from_of(depot, "tree").text, to_of(depot, "tree").text,
			 with_modes);
}

static void a_tree_goes_where_it_is_told(void **state)
{
	static const struct {
		const char *to;
		const char *at;
	} rules[] = {
		{ "", "tree" },
		{ "new", "new" },
		{ "new/", "new/tree" },
		{ "there", "there/tree" },
		{ "there/", "there/tree" },
		{ "tree", "tree" },
	};
	struct depot *depot = *state;
	make_tree(depot);
	for (size_t i = 0; i < 2 * (sizeof rules / sizeof *rules); i++) {
		struct witness witness = recursive();
		const char *to = rules[i / 2].to;
		clear_folder(depot->to.text);
		make_folder(to_of(depot, "there").text);
		witness.options.make_parents = strcmp(to, "new/") == 0;
		carry_to(depot, i % 2 ? DOWN : UP, "tree", to, &witness, 0);
		assert_same_tree(from_of(depot, "tree").text,
				 to_of(depot, rules[i / 2].at).text, false);
		assert_int_equal(witness.sent_bytes, 301000);
	}
}

/* What is there already is gone through, and not doubled. */
static void a_tree_over_itself_is_the_same(void **state)
{
	struct depot *depot = *state;
	make_tree(depot);
	make_link("one", from_of(depot, "tree/link").text);
	for (int i = 0; i < 4; i++) {
		struct witness witness = recursive();
		carry_to(depot, i / 2 ? DOWN : UP, "tree", "", &witness, 0);
		assert_carried(depot, false);
	}
}

static void every_name_arrives(void **state)
{
	static const char *const names[] = { "a b",
					     " ",
					     "it's",
					     "\"quoted\"",
					     "new\nline",
					     "tab\there",
					     "-rf",
					     "--",
					     "*",
					     "?",
					     "[a]",
					     "$(id)",
					     "`id`",
					     "~",
					     "~root",
					     "#",
					     ".hidden",
					     "...",
					     "back\\slash",
					     "trailing ",
					     "%s%n",
					     "a;b",
					     "\xc3\xbcml\xc3\xa4ut",
					     "\xff\xfe invalid",
					     "\x01\x1b[31m\x7f",
					     "x.part",
					     "x~",
					     ".x.swp" };
	char longest[256];
	struct depot *depot = *state;
	make_folder(from_of(depot, "tree").text);
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		make_file(
			path_of("%s/tree/%s", depot->from.text, names[i]).text,
			100 + i, i);
	}
	/* There is no room for a name with more in it. */
	memset(longest, 'n', 255);
	longest[255] = '\0';
	make_file(path_of("%s/tree/%s", depot->from.text, longest).text, 7, 7);
	make_folder(path_of("%s/tree/-d \n\xff", depot->from.text).text);
	make_file(path_of("%s/tree/-d \n\xff/f", depot->from.text).text, 8, 8);
	for (int i = 0; i < 4; i++) {
		struct witness witness = recursive();
		witness.options.preserve = 1;
		witness.options.resume = i % 2;
		clear_folder(depot->to.text);
		carry_to(depot, i / 2 ? DOWN : UP, "tree", "", &witness, 0);
		assert_carried(depot, true);
	}
	/* Likewise by itself, and over what is there. */
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		struct path name = path_of("tree/%s", names[i]);
		carry_plain(depot, UP, name.text, name.text);
		carry_plain(depot, DOWN, name.text, name.text);
	}
	assert_same_tree(from_of(depot, "tree").text, to_of(depot, "tree").text,
			 false);
}

static void a_deep_tree_arrives(void **state)
{
	struct depot *depot = *state;
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/tree", depot->from.text);
	make_folder(path);
	for (int i = 0; i < DEPTH; i++) {
		n += snprintf(path + n, sizeof path - (size_t)n,
			      "/a rather long name %d", i);
		make_folder(path);
	}
	(void)snprintf(path + n, sizeof path - (size_t)n, "/file");
	make_file(path, 1000, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		witness.options.preserve = 1;
		clear_folder(depot->to.text);
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_carried(depot, true);
	}
}

static void many_files_arrive(void **state)
{
	struct depot *depot = *state;
	make_folder(from_of(depot, "tree").text);
	for (unsigned i = 0; i < 2000; i++)
		make_file(path_of("%s/tree/%u", depot->from.text, i).text,
			  i % 7 ? 4096 : 0, i);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		clear_folder(depot->to.text);
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_carried(depot, false);
	}
}

static void modes_and_times_are_preserved(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
	} modes[] = {
		{ "tree/one", 0600 },       { "tree/two", 0751 },
		{ "tree/sub/three", 0444 }, { "tree/sub/empty", 0711 },
		{ "tree/sub", 0555 },       { "tree", 0700 },
	};
	struct depot *depot = *state;
	make_tree(depot);
	make_link("one", from_of(depot, "tree/link").text);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		const struct timespec times[2] = { { .tv_sec = 1111111111 },
						   { .tv_sec = 1000000000 +
							       (time_t)i } };
		struct path path = from_of(depot, modes[i].name);
		assert_int_equal(chmod(path.text, modes[i].mode), 0);
		assert_int_equal(utimensat(AT_FDCWD, path.text, times, 0), 0);
	}
	for (int i = 0; i < 4; i++) {
		struct witness witness = recursive();
		witness.options.preserve = 1;
		witness.options.resume = i % 2;
		clear_folder(depot->to.text);
		carry_to(depot, i / 2 ? DOWN : UP, "tree", "", &witness, 0);
		assert_carried(depot, true);
	}
}

static void links_are_made_again(void **state)
{
	static const struct {
		const char *name, *holds;
	} links[] = {
		{ "tree/to-file", "one" },
		{ "tree/to-folder", "sub" },
		{ "tree/dangling", "nowhere/at all" },
		{ "tree/absolute", "/etc/hostname" },
		{ "tree/sub/up", "../two" },
		{ "tree/loop", "." },
	};
	size_t count = sizeof links / sizeof *links;
	struct depot *depot = *state;
	make_tree(depot);
	for (size_t i = 0; i < count; i++)
		make_link(links[i].holds, from_of(depot, links[i].name).text);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		clear_folder(depot->to.text);
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_carried(depot, false);
		for (size_t i = 0; i < count; i++)
			assert_link(to_of(depot, links[i].name).text,
				    links[i].holds);
		/* One that holds something else is replaced. */
		(void)unlink(to_of(depot, "tree/to-file").text);
		make_link("two", to_of(depot, "tree/to-file").text);
		witness = recursive();
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_link(to_of(depot, "tree/to-file").text, "one");
	}
}

static void links_are_followed_where_asked_for(void **state)
{
	struct depot *depot = *state;
	make_tree(depot);
	make_link("one", from_of(depot, "tree/to-file").text);
	make_link("sub", from_of(depot, "tree/to-folder").text);
	for (enum way way = UP; way <= DOWN; way++) {
		struct stat st;
		struct witness witness = recursive();
		witness.options.follow_links = 1;
		clear_folder(depot->to.text);
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_file(to_of(depot, "tree/to-file").text, 1000, 1);
		assert_file(to_of(depot, "tree/to-folder/three").text, 0, 3);
		assert_int_equal(
			lstat(to_of(depot, "tree/to-folder").text, &st), 0);
		assert_true(S_ISDIR(st.st_mode));
	}
	make_link("nowhere", from_of(depot, "tree/dangling").text);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		witness.options.follow_links = 1;
		clear_folder(depot->to.text);
		carry_to(depot, way, "tree", "", &witness, SSHOAL_ETRANSFER);
		assert_int_equal(witness.failed, 1);
		assert_int_equal(witness.bad_code, SSHOAL_ENOENT);
		assert_file(to_of(depot, "tree/to-file").text, 1000, 1);
	}
}

static void a_loop_that_is_followed_ends(void **state)
{
	struct depot *depot = *state;
	make_tree(depot);
	make_link(".", from_of(depot, "tree/sub/loop").text);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		witness.options.follow_links = 1;
		clear_folder(depot->to.text);
		int rc = carry(depot, way, "tree", "", &witness);
		if (rc && rc != SSHOAL_ETRANSFER)
			fail_msg("%s: %s", sshoal_error_name(rc),
				 witness.error.text);
		assert_file(to_of(depot, "tree/two").text, 300000, 2);
		assert_in_range(count_files(depot->to.text), 3, 300);
	}
}

/* By itself a link is what it points to. */
static void a_link_that_is_named_is_followed(void **state)
{
	struct depot *depot = *state;
	make_tree(depot);
	make_link("tree/two", from_of(depot, "link").text);
	make_link("tree", from_of(depot, "folder").text);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		clear_folder(depot->to.text);
		carry_plain(depot, way, "link", "link");
		assert_file(to_of(depot, "link").text, 300000, 2);
		carry_to(depot, way, "folder", "new", &witness, 0);
		assert_same_tree(from_of(depot, "tree").text,
				 to_of(depot, "new").text, false);
	}
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(
		bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	(void)close(fd);
}

/* Opening one of them would wait for somebody at its other end. */
static void pipes_and_sockets_are_left_out(void **state)
{
	struct depot *depot = *state;
	make_tree(depot);
	assert_int_equal(mkfifo(from_of(depot, "tree/pipe").text, 0644), 0);
	make_socket(from_of(depot, "tree/sub/socket").text);
	for (int i = 0; i < 4; i++) {
		struct witness witness = recursive();
		enum way way = i % 2 ? DOWN : UP;
		witness.options.follow_links = i / 2;
		clear_folder(depot->to.text);
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_int_equal(witness.left_out, 2);
		assert_true(witness.left_out_text[0] != 0);
		assert_int_equal(count_files(depot->to.text), 3);
		struct witness single = witness_new();
		(void)carry(depot, way, "tree/pipe", "pipe", &single);
		assert_int_equal(single.files, 0);
		assert_int_equal(count_names(depot->to.text), 1);
	}
}

/* A folder where a file goes, and a file where a folder goes. */
static void others_arrive_where_one_fails(void **state)
{
	struct depot *depot = *state;
	make_tree(depot);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		clear_folder(depot->to.text);
		make_folder(to_of(depot, "tree").text);
		make_folder(to_of(depot, "tree/one").text);
		make_folder(to_of(depot, "tree/one/in it").text);
		carry_to(depot, way, "tree", "", &witness, SSHOAL_ETRANSFER);
		assert_int_equal(witness.failed, 1);
		assert_true(witness.bad_text[0] != 0);
		assert_non_null(strstr(witness.error.text, "one"));
		assert_file(to_of(depot, "tree/two").text, 300000, 2);
		assert_file(to_of(depot, "tree/sub/three").text, 0, 3);
		assert_int_equal(count_names(to_of(depot, "tree").text), 3);
		clear_folder(depot->to.text);
		make_folder(to_of(depot, "tree").text);
		make_text(to_of(depot, "tree/sub").text, "in the way");
		witness = recursive();
		carry_to(depot, way, "tree", "", &witness, SSHOAL_ETRANSFER);
		assert_true(witness.failed >= 1);
		assert_text(to_of(depot, "tree/sub").text, "in the way");
		assert_file(to_of(depot, "tree/one").text, 1000, 1);
		assert_file(to_of(depot, "tree/two").text, 300000, 2);
		assert_int_equal(count_names(to_of(depot, "tree").text), 3);
	}
}

/* Who may write to a file there may not have it written elsewhere. */
static void links_in_the_way_are_not_followed(void **state)
{
	struct depot *depot = *state;
	struct path planted = path_of("%s/../planted", depot->to.text);
	struct path victim = path_of("%s/victim", planted.text);
	make_tree(depot);
	for (int i = 0; i < 4; i++) {
		struct witness witness = recursive();
		witness.options.in_place = i / 2;
		witness.options.preserve = i % 2;
		clear_folder(depot->to.text);
		clear_folder(planted.text);
		make_text(victim.text, "victim");
		assert_int_equal(chmod(victim.text, 0604), 0);
		make_folder(to_of(depot, "tree").text);
		make_link(planted.text, to_of(depot, "tree/sub").text);
		make_link(victim.text, to_of(depot, "tree/one").text);
		(void)carry(depot, DOWN, "tree", "", &witness);
		struct stat st;
		assert_text(victim.text, "victim");
		assert_int_equal(count_names(planted.text), 1);
		assert_int_equal(stat(victim.text, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0604);
		assert_int_not_equal(st.st_mtime, 0);
		assert_file(to_of(depot, "tree/two").text, 300000, 2);
	}
	clear_folder(planted.text);
}

static void a_cancelled_tree_has_whole_files(void **state)
{
	struct depot *depot = *state;
	make_folder(from_of(depot, "tree").text);
	for (unsigned i = 0; i < 100; i++)
		make_file(path_of("%s/tree/%u", depot->from.text, i).text,
			  40000, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = recursive();
		clear_folder(depot->to.text);
		witness.cancel_at_files = 5;
		carry_to(depot, way, "tree", "", &witness, SSHOAL_ECANCELLED);
		size_t found = 0;
		for (unsigned i = 0; i < 100; i++) {
			struct path path =
				path_of("%s/tree/%u", depot->to.text, i);
			found += access(path.text, F_OK) == 0;
			if (access(path.text, F_OK) == 0)
				assert_file(path.text, 40000, 1);
		}
		/* No temporary. */
		assert_int_equal(count_files(depot->to.text), found);
	}
}

static void an_owner_is_set_for_all(void **state)
{
	struct depot *depot = *state;
	if (geteuid() != 0)
		skip();
	make_tree(depot);
	for (enum way way = UP; way <= DOWN; way++) {
		static const char *const names[] = { "tree", "tree/sub",
						     "tree/one" };
		struct witness witness = recursive();
		clear_folder(depot->to.text);
		witness.options.has_owner = 1;
		witness.options.uid = 12345;
		witness.options.gid = 54321;
		carry_to(depot, way, "tree", "", &witness, 0);
		for (size_t i = 0; i < 3; i++) {
			struct stat st;
			assert_int_equal(stat(to_of(depot, names[i]).text, &st),
					 0);
			assert_int_equal(st.st_uid, 12345);
			assert_int_equal(st.st_gid, 54321);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_tree_goes_where_it_is_told,
				       depot_clear),
		cmocka_unit_test_setup(a_tree_over_itself_is_the_same,
				       depot_clear),
		cmocka_unit_test_setup(every_name_arrives, depot_clear),
		cmocka_unit_test_setup(a_deep_tree_arrives, depot_clear),
		cmocka_unit_test_setup(many_files_arrive, depot_clear),
		cmocka_unit_test_setup(modes_and_times_are_preserved,
				       depot_clear),
		cmocka_unit_test_setup(links_are_made_again, depot_clear),
		cmocka_unit_test_setup(links_are_followed_where_asked_for,
				       depot_clear),
		cmocka_unit_test_setup(a_loop_that_is_followed_ends,
				       depot_clear),
		cmocka_unit_test_setup(a_link_that_is_named_is_followed,
				       depot_clear),
		cmocka_unit_test_setup(pipes_and_sockets_are_left_out,
				       depot_clear),
		cmocka_unit_test_setup(others_arrive_where_one_fails,
				       depot_clear),
		cmocka_unit_test_setup(links_in_the_way_are_not_followed,
				       depot_clear),
		cmocka_unit_test_setup(a_cancelled_tree_has_whole_files,
				       depot_clear),
		cmocka_unit_test_setup(an_owner_is_set_for_all, depot_clear),
	};
	return cmocka_run_group_tests(tests, depot_setup, depot_teardown);
}
