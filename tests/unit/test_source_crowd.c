/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sftp/source.h"
#include "unit/asleep.h"
#include "unit/descriptors.h"
#include "unit/scratch.h"
#include "unit/source_rig.h"

/* Many threads that want the same. */

#define CROWD 64
#define FILES 200
#define BLOCKS 33
#define SIZE (BLOCKS * SOURCE_BLOCK - 1000)

struct member {
	struct source_rig *rig;
	pthread_barrier_t *barrier;
	pthread_t thread;
	size_t first_block;
	_Atomic pid_t id;
	int failures;
	int rc;
	sshoal_error error;
	unsigned char digest[SOURCE_DIGEST];
};

static void *read_all_blocks(void *argument)
{
	struct member *member = argument;
	struct source *source = member->rig->source;
	(void)pthread_barrier_wait(member->barrier);
	for (size_t i = 0; i < BLOCKS; i++) {
		uint64_t at = (member->first_block + i) % BLOCKS * SOURCE_BLOCK;
		const struct source_block *block = NULL;
		if (sshoal__source_block(source, 0, at, &block, NULL) != 0) {
			member->failures++;
			continue;
		}
		if (!source_rig_is_right(block, 7, at, SIZE))
			member->failures++;
		sshoal__source_release(source, block);
	}
	if (sshoal__source_check(source, 0, NULL) != 0)
		member->failures++;
	return NULL;
}

static void start_crowd(struct member *crowd, struct source_rig *rig,
			pthread_barrier_t *barrier, void *(*fn)(void *),
			size_t apart)
{
	assert_int_equal(pthread_barrier_init(barrier, NULL, CROWD), 0);
	for (size_t i = 0; i < CROWD; i++) {
		crowd[i] = (struct member){ .rig = rig,
					    .barrier = barrier,
					    .first_block = i * apart,
					    .rc = 1 };
		assert_int_equal(
			pthread_create(&crowd[i].thread, NULL, fn, &crowd[i]),
			0);
	}
}

static void join_crowd(struct member *crowd, pthread_barrier_t *barrier)
{
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(pthread_join(crowd[i].thread, NULL), 0);
		assert_int_equal(crowd[i].failures, 0);
	}
	(void)pthread_barrier_destroy(barrier);
}

static void many_threads_read_each_block_once(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "crowd");
	source_rig_write(path, 7, SIZE);
	/* All the same way, and each from a place of its own. */
	for (size_t apart = 0; apart < 2; apart++) {
		struct source_rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		source_rig_start(&rig, path, 0);
		start_crowd(crowd, &rig, &barrier, read_all_blocks, apart);
		join_crowd(crowd, &barrier);
		assert_int_equal(sshoal__source_read_bytes(rig.source), SIZE);
		assert_int_equal(source_reads.count, BLOCKS);
		source_rig_stop(&rig);
	}
}

static void little_memory_makes_it_slow_and_not_wrong(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "little");
	source_rig_write(path, 7, SIZE);
	static const size_t most[] = { 1, SOURCE_BLOCK, 5 * SOURCE_BLOCK };
	for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
		struct source_rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		source_rig_start(&rig, path, most[i]);
		start_crowd(crowd, &rig, &barrier, read_all_blocks, 1);
		join_crowd(crowd, &barrier);
		source_rig_stop(&rig);
	}
}

static void *ask_for_a_block(void *argument)
{
	struct member *member = argument;
	struct source *source = member->rig->source;
	const struct source_block *block = NULL;
	member->id = gettid();
	member->rc = sshoal__source_block(source, 0, 0, &block, &member->error);
	if (member->rc == 0) {
		member->failures += !source_rig_is_right(block, 7, 0, SIZE);
		sshoal__source_release(source, block);
	}
	return NULL;
}

static void *ask_for_a_digest(void *argument)
{
	struct member *member = argument;
	member->id = gettid();
	member->rc = sshoal__source_digest(member->rig->source, 0,
					   member->digest, &member->error);
	return NULL;
}

/* One reads, and the others wait for it. */
static void await_crowd(struct member *crowd)
{
	while (source_reads.count == 0)
		(void)sched_yield();
	for (size_t awake = CROWD; awake > 1;) {
		awake = 0;
		for (size_t i = 0; i < CROWD; i++)
			awake += crowd[i].id == 0 ||
				 thread_state(crowd[i].id) != 'S';
		(void)sched_yield();
	}
}

static void who_asks_while_it_is_read_waits_for_that(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "awaited");
	source_rig_write(path, 7, SIZE);
	struct source_rig rig;
	struct member crowd[CROWD];
	pthread_barrier_t barrier;
	source_rig_start(&rig, path, 0);
	source_reads.wait = true;
	start_crowd(crowd, &rig, &barrier, ask_for_a_block, 0);
	await_crowd(crowd);
	source_reads.wait = false;
	join_crowd(crowd, &barrier);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(crowd[i].rc, 0);
	assert_int_equal(source_reads.count, 1);
	source_rig_stop(&rig);
}

static void a_failed_read_is_told_to_all_and_not_kept(void **state)
{
	static const struct {
		int number, code;
	} table[] = { { EIO, SSHOAL_EIO }, { ENFILE, SSHOAL_ELOCAL } };
	char path[SCRATCH_PATH];
	scratch_path(path, state, "failed");
	source_rig_write(path, 7, SIZE);
	for (size_t k = 0; k < 4; k++) {
		struct source_rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		source_rig_start(&rig, path, k < 2 ? 0 : 1);
		source_reads.wait = k < 2;
		source_reads.fail = table[k % 2].number;
		start_crowd(crowd, &rig, &barrier, ask_for_a_block, 0);
		if (k < 2)
			await_crowd(crowd);
		source_reads.wait = false;
		join_crowd(crowd, &barrier);
		for (size_t i = 0; i < CROWD; i++) {
			assert_int_equal(crowd[i].rc, table[k % 2].code);
			assert_int_equal(crowd[i].error.code, crowd[i].rc);
			assert_ptr_equal(strstr(crowd[i].error.text, path),
					 crowd[i].error.text);
		}
		assert_int_equal(source_reads.count, k < 2 ? 1 : CROWD);
		source_reads.fail = 0;
		source_rig_touch(&rig, 0, 0);
		source_rig_stop(&rig);
	}
}

static void make_many_files(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "many");
	if (mkdir(path, 0700) != 0)
		return;
	for (size_t i = 0; i < FILES; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "many/%03zu", i);
		scratch_path(path, state, name);
		source_rig_write(path, i, 1000 + i);
	}
}

static void *read_all_files(void *argument)
{
	struct member *member = argument;
	struct source *source = member->rig->source;
	(void)pthread_barrier_wait(member->barrier);
	for (size_t i = 0; i < FILES; i++) {
		size_t file = (member->first_block + i) % FILES;
		const struct source_block *block = NULL;
		/* The first entry is their folder. */
		int rc = sshoal__source_block(source, file + 1, 0, &block,
					      &member->error);
		if (rc == 0 &&
		    !source_rig_is_right(block, file, 0, 1000 + file))
			rc = 1;
		if (rc == 0)
			sshoal__source_release(source, block);
		if (rc == 0)
			rc = sshoal__source_check(source, file + 1, NULL);
		if (rc)
			member->failures++;
	}
	return NULL;
}

static void few_files_are_open_at_a_time(void **state)
{
	char path[SCRATCH_PATH];
	make_many_files(state);
	scratch_path(path, state, "many");
	struct source_rig rig;
	/* Nothing is kept, so all are read again and again. */
	source_rig_start(&rig, path, 1);
	int next = dup(0);
	assert_int_not_equal(next, -1);
	(void)close(next);
	struct rlimit before;
	assert_int_equal(descriptors_limit(32, &before), 0);
	struct member crowd[CROWD];
	pthread_barrier_t barrier;
	start_crowd(crowd, &rig, &barrier, read_all_files, 3);
	for (size_t i = 0; i < CROWD; i++)
		(void)pthread_join(crowd[i].thread, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (size_t i = 0; i < CROWD; i++)
		if (crowd[i].failures)
			fail_msg("%d: %s", crowd[i].failures,
				 crowd[i].error.text);
	(void)pthread_barrier_destroy(&barrier);
	source_rig_stop(&rig);
	/* All are closed. */
	int last = dup(0);
	assert_int_equal(last, next);
	(void)close(last);
}

static void a_digest_is_computed_once_for_all(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "digests");
	source_rig_write(path, 7, SIZE);
	for (int fails = 1; fails >= 0; fails--) {
		struct source_rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		/* Without a cache a second computation would be seen. */
		source_rig_start(&rig, path, 1);
		source_reads.wait = true;
		source_reads.fail = fails ? EIO : 0;
		start_crowd(crowd, &rig, &barrier, ask_for_a_digest, 0);
		await_crowd(crowd);
		source_reads.wait = false;
		join_crowd(crowd, &barrier);
		for (size_t i = 0; i < CROWD; i++) {
			assert_int_equal(crowd[i].rc, fails ? SSHOAL_EIO : 0);
			if (!fails)
				source_rig_assert_digest(crowd[i].digest, 7,
							 SIZE);
		}
		assert_int_equal(source_reads.count, fails ? 1 : BLOCKS);
		/* A failure is not for ever. */
		source_reads.fail = 0;
		unsigned char digest[SOURCE_DIGEST];
		assert_int_equal(
			sshoal__source_digest(rig.source, 0, digest, NULL), 0);
		source_rig_assert_digest(digest, 7, SIZE);
		assert_int_equal(source_reads.count,
				 fails ? 1 + BLOCKS : BLOCKS);
		source_rig_stop(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_threads_read_each_block_once),
		cmocka_unit_test(little_memory_makes_it_slow_and_not_wrong),
		cmocka_unit_test(who_asks_while_it_is_read_waits_for_that),
		cmocka_unit_test(a_failed_read_is_told_to_all_and_not_kept),
		cmocka_unit_test(few_files_are_open_at_a_time),
		cmocka_unit_test(a_digest_is_computed_once_for_all),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
