/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sftp/landing.h"
#include "unit/landing_fixture.h"
#include "unit/scratch.h"

/*
 * Somebody else may write to the directories of a landing and exchanges, all
 * the time, what is there for links to elsewhere. Whatever a call returns,
 * nothing appears or changes elsewhere.
 */

/* How often each way of writing must have succeeded, and failed, and how often
 * the attacker. */
#define SUCCESSES 300
#define FAILURES 20
#define ATTACKS 300
#define ROUNDS_MAX 1000000

#define PART_OF_FILE ".sshoal-3b9c358f36f0a31b.part"

static const struct landing_finish plain = { .mode = 0666 };

/* The attacker and what belongs to it. */
struct attack {
	pthread_t thread;
	atomic_bool ends;
	bool names_twice; /* gives what is elsewhere a second name, too */
	atomic_uint done;
	int root;         /* where it works */
	const char *name; /* what it exchanges */
	const char *target;
	char path[SCRATCH_PATH]; /* of its root */
	char elsewhere[SCRATCH_PATH];
	char precious[SCRATCH_PATH];
};

/* Leaves all as it is for a while, longer or shorter each time, or the two
 * sides would fall into step. */
static void linger(const struct attack *attack)
{
	struct stat status;
	unsigned int length = attack->done * 7919 % 61;
	for (unsigned int i = length * length; i > 0; i--)
		(void)fstat(attack->root, &status);
}

/* A directory and a link take each other's place. */
static void *exchange_directory(void *data)
{
	struct attack *attack = data;
	int root = attack->root;
	(void)mkdirat(root, attack->name, 0700);
	attack->done += symlinkat(attack->target, root, "away") == 0;
	while (!attack->ends) {
		attack->done += renameat2(root, attack->name, root, "away",
					  RENAME_EXCHANGE) == 0;
		linger(attack);
	}
	(void)unlinkat(root, "away", 0);
	(void)unlinkat(root, attack->name, 0);
	return NULL;
}

/* A directory that is made is taken away, and a link comes instead. */
static void *exchange_made(void *data)
{
	struct attack *attack = data;
	int root = attack->root;
	while (!attack->ends) {
		(void)unlinkat(root, attack->name, AT_REMOVEDIR);
		attack->done +=
			symlinkat(attack->target, root, attack->name) == 0;
		(void)unlinkat(root, attack->name, 0);
	}
	return NULL;
}

/* A link comes over whatever is there, then a second name of the file that it
 * leads to, then nothing. */
static void *exchange_file(void *data)
{
	struct attack *attack = data;
	int root = attack->root;
	while (!attack->ends) {
		attack->done += symlinkat(attack->target, root, "link") == 0;
		(void)renameat(root, "link", root, attack->name);
		(void)unlinkat(root, attack->name, 0);
		if (!attack->names_twice)
			continue;
		attack->done += linkat(AT_FDCWD, attack->precious, root,
				       attack->name, 0) == 0;
		(void)unlinkat(root, attack->name, 0);
	}
	return NULL;
}

static void start(struct attack *attack, void *const *state, const char *root,
		  void *(*fn)(void *))
{
	char path[SCRATCH_PATH];
	scratch_path(attack->path, state, root);
	assert_int_equal(mkdir(attack->path, 0700), 0);
	scratch_path(attack->elsewhere, state, "elsewhere");
	(void)mkdir(attack->elsewhere, 0700);
	scratch_path(attack->precious, state, "elsewhere/file");
	scratch_write(attack->precious, "precious", 8, 0644);
	/* Were they followed, names would lead to the same places there. */
	scratch_path(path, state, "elsewhere/below");
	(void)mkdir(path, 0700);
	attack->root = open(attack->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(attack->root >= 0);
	assert_int_equal(pthread_create(&attack->thread, NULL, fn, attack), 0);
}

static void stop(struct attack *attack, void *const *state)
{
	char path[SCRATCH_PATH];
	attack->ends = true;
	assert_int_equal(pthread_join(attack->thread, NULL), 0);
	(void)close(attack->root);
	assert_int_equal(landing_count(attack->elsewhere), 2);
	landing_check(attack->precious, "precious", 0644);
	scratch_path(path, state, "elsewhere/below");
	assert_int_equal(landing_count(path), 0);
}

/* One way to write below a folder. */
typedef int write_fn(struct landing_folder *folder);

static int finish(struct landing_file *file, int rc)
{
	if (rc == 0)
		rc = sshoal__landing_write(file, "text", 4, 0, NULL);
	if (rc == 0)
		return sshoal__landing_finish(file, 4, &plain, NULL);
	sshoal__landing_drop(file);
	return rc;
}

static int write_beside(struct landing_folder *folder)
{
	struct landing_file file = { .fd = -1 };
	uint64_t size;
	return finish(&file, sshoal__landing_begin(&file, folder, "file", false,
						   false, &size, NULL));
}

static int write_in_place(struct landing_folder *folder)
{
	struct landing_file file = { .fd = -1 };
	uint64_t size;
	return finish(&file, sshoal__landing_begin(&file, folder, "file", true,
						   false, &size, NULL));
}

static int write_resumed(struct landing_folder *folder)
{
	struct landing_file file = { .fd = -1 };
	uint64_t size;
	return finish(&file, sshoal__landing_begin(&file, folder, "file", false,
						   true, &size, NULL));
}

static int write_link(struct landing_folder *folder)
{
	bool same;
	return sshoal__landing_link(folder, "file", "target", &same, NULL);
}

static int write_below(struct landing_folder *folder)
{
	struct landing_folder *below = NULL;
	bool made;
	int rc = sshoal__landing_enter(&below, folder, "below", &made, NULL);
	if (rc == 0)
		rc = landing_put(below, "file", "text");
	if (rc == 0)
		rc = sshoal__landing_dress(
			below, &(struct landing_finish){ .mode = 0777 }, NULL);
	sshoal__landing_leave(below);
	return rc;
}

/* Has the tree close the folder, so that it is opened again. */
static int enter_others(struct landing_folder *root)
{
	static const char *const names[] = { "1", "2", "3", "4" };
	struct landing_folder *others[4] = { NULL };
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < 4; i++) {
		bool made;
		rc = sshoal__landing_enter(&others[i], root, names[i], &made,
					   NULL);
	}
	for (size_t i = 0; i < 4; i++)
		sshoal__landing_leave(others[i]);
	return rc;
}

static int write_reopened(struct landing_folder *folder,
			  struct landing_folder *root, write_fn *fn)
{
	int rc = fn(folder);
	if (rc == 0)
		rc = enter_others(root);
	return rc ? rc : fn(folder);
}

static bool is_expected(int rc)
{
	return rc == SSHOAL_EEXIST || rc == SSHOAL_ECHANGED ||
	       rc == SSHOAL_ENOENT;
}

static void a_directory_is_not_exchanged_for_a_link(void **state)
{
	static write_fn *const ways[] = { write_beside, write_in_place,
					  write_resumed, write_link,
					  write_below };
	struct attack attack = { .name = "sub", .target = "../elsewhere" };
	start(&attack, state, "directory", exchange_directory);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct landing_folder *root = NULL;
		int successes = 0;
		int failures = 0;
		assert_int_equal(
			sshoal__landing_open(&root, attack.path, false, NULL),
			0);
		for (int n = 0; n < ROUNDS_MAX &&
				(successes < SUCCESSES || failures < FAILURES);
		     n++) {
			struct landing_folder *sub = NULL;
			bool made;
			int rc = sshoal__landing_enter(&sub, root, "sub", &made,
						       NULL);
			if (rc == 0)
				rc = write_reopened(sub, root, ways[i]);
			sshoal__landing_leave(sub);
			successes += rc == 0;
			failures += rc != 0;
			if (rc)
				assert_true(is_expected(rc));
		}
		sshoal__landing_leave(root);
		assert_true(successes >= SUCCESSES);
		assert_true(failures >= FAILURES);
	}
	stop(&attack, state);
}

/* What a directory is made for may be anything; it has to stay empty. */
static void a_directory_that_is_made_is_not_exchanged(void **state)
{
	struct attack attack = { .name = "sub", .target = "../elsewhere" };
	struct landing_folder *root = NULL;
	int successes = 0;
	start(&attack, state, "made", exchange_made);
	assert_int_equal(sshoal__landing_open(&root, attack.path, false, NULL),
			 0);
	for (int n = 0;
	     n < ROUNDS_MAX && (successes < SUCCESSES || attack.done < ATTACKS);
	     n++) {
		struct landing_folder *sub = NULL;
		bool made;
		int rc = sshoal__landing_enter(&sub, root, "sub", &made, NULL);
		sshoal__landing_leave(sub);
		successes += rc == 0;
		if (rc)
			assert_true(is_expected(rc));
	}
	sshoal__landing_leave(root);
	stop(&attack, state);
	assert_true(successes >= SUCCESSES);
}

static void attack_file(void **state, const char *folder, const char *name,
			bool names_twice, write_fn *fn)
{
	struct attack attack = {
		.names_twice = names_twice,
		.name = name,
		.target = "../elsewhere/file",
	};
	struct landing_folder *root = NULL;
	int successes = 0;
	start(&attack, state, folder, exchange_file);
	assert_int_equal(sshoal__landing_open(&root, attack.path, false, NULL),
			 0);
	for (int n = 0;
	     n < ROUNDS_MAX && (successes < SUCCESSES || attack.done < ATTACKS);
	     n++) {
		int rc = fn(root);
		successes += rc == 0;
		if (rc)
			assert_true(is_expected(rc));
	}
	sshoal__landing_leave(root);
	stop(&attack, state);
	assert_true(successes >= SUCCESSES);
}

static void a_file_is_not_written_through_a_link(void **state)
{
	attack_file(state, "beside", "file", true, write_beside);
	attack_file(state, "place", "file", false, write_in_place);
	attack_file(state, "linked", "file", true, write_link);
}

static void a_part_is_not_exchanged_for_a_link(void **state)
{
	attack_file(state, "part", PART_OF_FILE, true, write_resumed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_is_not_exchanged_for_a_link),
		cmocka_unit_test(a_directory_that_is_made_is_not_exchanged),
		cmocka_unit_test(a_file_is_not_written_through_a_link),
		cmocka_unit_test(a_part_is_not_exchanged_for_a_link),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
