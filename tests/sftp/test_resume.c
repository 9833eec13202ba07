/* SPDX-License-Identifier: MIT */
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

/* What need not be moved again: the rest of an interrupted transfer, and files
 * that are there unchanged. Nothing that differs is ever taken for done. */

#define MIB ((size_t)1024 * 1024)
#define FILE_BYTES (8 * MIB)
#define OLD "what was there"

static ino_t inode_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static struct witness resuming(void)
{
	struct witness witness = witness_new();
	witness.options.resume = 1;
	return witness;
}

static void set_time(const char *path, time_t mtime)
{
	const struct timespec times[2] = { { .tv_sec = mtime },
					   { .tv_sec = mtime } };
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Writes other bytes into the middle of a file. */
static void overwrite(const char *path, off_t offset, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), offset), strlen(text));
	(void)close(fd);
}

/* Carries a part of the file; what is left of it. */
static struct path interrupt(struct depot *depot, enum way way)
{
	struct witness witness = resuming();
	clear_folder(depot->to.text);
	witness.options.bytes_per_second = 6 * MIB;
	witness.cancel_at_bytes = 3 * MIB;
	carry_to(depot, way, "file", "file", &witness, SSHOAL_ECANCELLED);
	assert_int_not_equal(access(to_of(depot, "file").text, F_OK), 0);
	return only_name(depot);
}

/* Goes on, and ends with just the source. */
static void go_on(struct depot *depot, enum way way, struct witness *witness)
{
	carry_to(depot, way, "file", "file", witness, 0);
	assert_same_tree(depot->from.text, depot->to.text, false);
	assert_string_equal(only_name(depot).text, to_of(depot, "file").text);
}

static void the_rest_is_moved(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, FILE_BYTES, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = resuming();
		(void)interrupt(depot, way);
		go_on(depot, way, &witness);
		assert_file(to_of(depot, "file").text, FILE_BYTES, 1);
		assert_int_equal(witness.size_bytes, FILE_BYTES);
		if (witness.sent_bytes > FILE_BYTES - MIB)
			fail_msg("%llu bytes",
				 (unsigned long long)witness.sent_bytes);
		assert_int_equal(witness.progress.bytes, FILE_BYTES);
	}
}

static void it_is_interrupted_again_and_again(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, FILE_BYTES, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		uint64_t sent = 0;
		int rc = SSHOAL_ECANCELLED;
		clear_folder(depot->to.text);
		for (int i = 0; i < 20 && rc == SSHOAL_ECANCELLED; i++) {
			struct witness witness = resuming();
			witness.options.bytes_per_second = 6 * MIB;
			witness.options.verify = 1;
			witness.cancel_at_bytes = (uint64_t)(i + 1) * 2 * MIB;
			rc = carry(depot, way, "file", "file", &witness);
			sent += witness.summary.bytes;
		}
		assert_int_equal(rc, 0);
		assert_file(only_name(depot).text, FILE_BYTES, 1);
		assert_true(sent < 2 * FILE_BYTES);
	}
}

static void without_the_option_it_begins_anew(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, FILE_BYTES, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = witness_new();
		(void)interrupt(depot, way);
		carry_to(depot, way, "file", "file", &witness, 0);
		assert_file(to_of(depot, "file").text, FILE_BYTES, 1);
		assert_int_equal(witness.sent_bytes, FILE_BYTES);
	}
}

static void what_differs_is_moved_again(void **state)
{
	static const struct {
		bool of_source; /* it changes, else what is there */
		off_t offset;
	} changes[] = { { true, 0 },
			{ true, 1000000 },
			{ true, FILE_BYTES - 10 },
			{ false, 0 },
			{ false, 1234567 } };
	struct depot *depot = *state;
	struct path from = from_of(depot, "file");
	for (size_t i = 0; i < 2 * (sizeof changes / sizeof *changes); i++) {
		struct witness witness = resuming();
		enum way way = i % 2 ? DOWN : UP;
		make_file(from.text, FILE_BYTES, 1);
		struct path part = interrupt(depot, way);
		overwrite(changes[i / 2].of_source ? from.text : part.text,
			  changes[i / 2].offset, "differs");
		go_on(depot, way, &witness);
	}
}

static void what_is_too_much_is_cut_off(void **state)
{
	struct depot *depot = *state;
	struct path from = from_of(depot, "file");
	for (int i = 0; i < 6; i++) {
		struct witness witness = resuming();
		enum way way = i % 2 ? DOWN : UP;
		make_file(from.text, FILE_BYTES, 1);
		struct path part = interrupt(depot, way);
		if (i / 2 == 0)
			make_file(from.text, 100000, 1);
		else if (i / 2 == 1)
			make_file(from.text, 0, 1);
		else
			make_file(part.text, FILE_BYTES + 1, 1);
		go_on(depot, way, &witness);
	}
}

/* Space that was made and not written looks like that. */
static void zeros_are_not_taken_for_contents(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, FILE_BYTES, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = resuming();
		struct path part = interrupt(depot, way);
		assert_int_equal(truncate(part.text, (off_t)MIB), 0);
		assert_int_equal(truncate(part.text, (off_t)(6 * MIB)), 0);
		go_on(depot, way, &witness);
	}
}

/* The name of what is left can be guessed. */
static void a_link_in_its_place_is_not_followed(void **state)
{
	struct depot *depot = *state;
	struct path victim = path_of("%s/../planted/victim", depot->to.text);
	make_file(from_of(depot, "file").text, FILE_BYTES, 1);
	for (int i = 0; i < 2; i++) {
		struct witness witness = resuming();
		struct path part = interrupt(depot, DOWN);
		make_file(victim.text, i ? MIB : 0, 1);
		assert_int_equal(unlink(part.text), 0);
		assert_int_equal(i ? link(victim.text, part.text) :
				     symlink(victim.text, part.text),
				 0);
		(void)carry(depot, DOWN, "file", "file", &witness);
		/* A hard link of our own file is ours to write to. */
		if (i == 0)
			assert_file(victim.text, 0, 1);
	}
	(void)unlink(victim.text);
}

static void the_old_file_stays_until_the_end(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, FILE_BYTES, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = resuming();
		clear_folder(depot->to.text);
		make_text(to_of(depot, "file").text, OLD);
		witness.options.bytes_per_second = 6 * MIB;
		witness.cancel_at_bytes = 3 * MIB;
		carry_to(depot, way, "file", "file", &witness,
			 SSHOAL_ECANCELLED);
		assert_text(to_of(depot, "file").text, OLD);
		witness = resuming();
		go_on(depot, way, &witness);
	}
}

static void a_tree_goes_on(void **state)
{
	struct depot *depot = *state;
	make_folder(from_of(depot, "tree").text);
	for (unsigned i = 0; i < 16; i++)
		make_file(path_of("%s/tree/%u", depot->from.text, i).text, MIB,
			  i);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = resuming();
		clear_folder(depot->to.text);
		witness.options.recursive = 1;
		witness.options.preserve = 1;
		witness.options.bytes_per_second = 16 * MIB;
		witness.cancel_at_bytes = 6 * MIB;
		carry_to(depot, way, "tree", "", &witness, SSHOAL_ECANCELLED);
		witness = resuming();
		witness.options.recursive = 1;
		witness.options.preserve = 1;
		witness.options.skip_unchanged = 1;
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_same_tree(from_of(depot, "tree").text,
				 to_of(depot, "tree").text, true);
		assert_true(witness.sent_bytes < 16 * MIB);
	}
}

/* Carries with skip_unchanged; whether the file was replaced. */
static bool skipping(struct depot *depot, enum way way, uint32_t how)
{
	struct witness witness = witness_new();
	struct path to = to_of(depot, "file");
	ino_t before = access(to.text, F_OK) == 0 ? inode_of(to.text) : 0;
	witness.options.skip_unchanged = how;
	carry_to(depot, way, "file", "file", &witness, 0);
	bool replaced = inode_of(to.text) != before;
	assert_int_equal(witness.changed, replaced);
	assert_int_equal(witness.files, 1);
	assert_int_equal(witness.sent_bytes > 0, replaced);
	assert_int_equal(witness.progress.bytes, witness.size_bytes);
	(void)only_name(depot);
	return replaced;
}

static void unchanged_by_time_is_left_alone(void **state)
{
	struct depot *depot = *state;
	struct path from = from_of(depot, "file"), to = to_of(depot, "file");
	for (enum way way = UP; way <= DOWN; way++) {
		struct stat st;
		clear_folder(depot->to.text);
		make_file(from.text, 300000, 1);
		set_time(from.text, 1000000000);
		assert_true(skipping(depot, way, 1));
		assert_int_equal(stat(to.text, &st), 0);
		assert_int_equal(st.st_mtime, 1000000000);
		assert_false(skipping(depot, way, 1));
		set_time(from.text, 1000000001);
		assert_true(skipping(depot, way, 1));
		make_file(from.text, 300001, 1);
		set_time(from.text, 1000000001);
		assert_true(skipping(depot, way, 1));
		/* That is what this way of telling cannot tell. */
		overwrite(from.text, 1000, "differs");
		set_time(from.text, 1000000001);
		assert_false(skipping(depot, way, 1));
		assert_file(to.text, 300001, 1);
	}
}

static void unchanged_by_contents_is_left_alone(void **state)
{
	struct depot *depot = *state;
	struct path from = from_of(depot, "file"), to = to_of(depot, "file");
	for (enum way way = UP; way <= DOWN; way++) {
		clear_folder(depot->to.text);
		make_file(from.text, 3 * MIB, 1);
		assert_true(skipping(depot, way, 2));
		set_time(from.text, 1000000000);
		assert_false(skipping(depot, way, 2));
		overwrite(from.text, (off_t)(3 * MIB - 7), "differs");
		set_time(from.text, 1000000000);
		assert_true(skipping(depot, way, 2));
		assert_same_tree(depot->from.text, depot->to.text, false);
		make_file(from.text, 100, 1);
		assert_true(skipping(depot, way, 2));
		assert_file(to.text, 100, 1);
	}
}

static void an_unchanged_tree_is_left_alone(void **state)
{
	struct depot *depot = *state;
	make_folder(from_of(depot, "tree").text);
	for (unsigned i = 0; i < 300; i++)
		make_file(path_of("%s/tree/%u", depot->from.text, i).text, 4096,
			  i);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = witness_new();
		clear_folder(depot->to.text);
		witness.options.recursive = 1;
		witness.options.skip_unchanged = 1;
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_int_equal(witness.sent_bytes, 300 * 4096);
		uint64_t options = witness.options.skip_unchanged;
		witness = witness_new();
		witness.options.recursive = 1;
		witness.options.skip_unchanged = (uint32_t)options;
		make_file(from_of(depot, "tree/7").text, 5000, 1);
		carry_to(depot, way, "tree", "", &witness, 0);
		assert_int_equal(witness.sent_bytes, 5000);
		assert_same_tree(depot->from.text, depot->to.text, false);
		make_file(from_of(depot, "tree/7").text, 4096, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_rest_is_moved, depot_clear),
		cmocka_unit_test_setup(it_is_interrupted_again_and_again,
				       depot_clear),
		cmocka_unit_test_setup(without_the_option_it_begins_anew,
				       depot_clear),
		cmocka_unit_test_setup(what_differs_is_moved_again,
				       depot_clear),
		cmocka_unit_test_setup(what_is_too_much_is_cut_off,
				       depot_clear),
		cmocka_unit_test_setup(zeros_are_not_taken_for_contents,
				       depot_clear),
		cmocka_unit_test_setup(a_link_in_its_place_is_not_followed,
				       depot_clear),
		cmocka_unit_test_setup(the_old_file_stays_until_the_end,
				       depot_clear),
		cmocka_unit_test_setup(a_tree_goes_on, depot_clear),
		cmocka_unit_test_setup(unchanged_by_time_is_left_alone,
				       depot_clear),
		cmocka_unit_test_setup(unchanged_by_contents_is_left_alone,
				       depot_clear),
		cmocka_unit_test_setup(an_unchanged_tree_is_left_alone,
				       depot_clear),
	};
	return cmocka_run_group_tests(tests, depot_setup, depot_teardown);
}
