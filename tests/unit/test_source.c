/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "sftp/source.h"
#include "sftp/source_cache.h"
#include "unit/asleep.h"
#include "unit/deep.h"
#include "unit/descriptors.h"
#include "unit/scarcity.h"
#include "unit/scratch.h"

#define CROWD 64
#define FILES 200
#define BLOCKS 33
#define SIZE (BLOCKS * SOURCE_BLOCK - 1000)

/* How reads go: the linker puts this in front of pread(2). */
static atomic_bool reads_wait;
static atomic_int reads_fail; /* an errno */
static atomic_bool reads_are_short;
static atomic_size_t reads;

ssize_t __real_pread(int fd, void *bytes, size_t n, off_t offset);
ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t offset);

ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t offset)
{
	reads++;
	while (reads_wait)
		(void)sched_yield();
	if (reads_fail) {
		errno = reads_fail;
		return -1;
	}
	if (reads_are_short && n > 4099)
		n = 4099;
	return __real_pread(fd, bytes, n, offset);
}

static unsigned char byte_at(size_t seed, uint64_t offset)
{
	return (unsigned char)((offset * 2654435761u + seed * 40503u) >> 13);
}

static void write_file(const char *path, size_t seed, size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(seed, i);
	scratch_write(path, bytes, size, 0644);
	free(bytes);
}

/* Whether a block holds what write_file() wrote; usable in any thread. */
static bool is_right(const struct source_block *block, size_t seed,
		     uint64_t offset, size_t size)
{
	uint64_t left = size - offset;
	if (block->size != (left < SOURCE_BLOCK ? left : SOURCE_BLOCK))
		return false;
	for (size_t i = 0; i < block->size; i++)
		if (block->bytes[i] != byte_at(seed, offset + i))
			return false;
	return true;
}

/* A source of one path, with its manifest. */
struct rig {
	struct manifest *manifest;
	struct source *source;
};

static void start(struct rig *rig, const char *path, size_t most_bytes)
{
	const struct manifest_options options = { .recursive = true };
	reads_wait = false;
	reads_fail = 0;
	reads_are_short = false;
	reads = 0;
	assert_int_equal(
		sshoal__manifest_new(&rig->manifest, &path, 1, &options, NULL),
		0);
	assert_int_equal(
		sshoal__source_new(&rig->source, rig->manifest, most_bytes), 0);
}

static void stop(struct rig *rig)
{
	sshoal__source_free(rig->source);
	sshoal__manifest_free(rig->manifest);
}

static const struct source_block *take(struct rig *rig, size_t entry,
				       size_t number)
{
	const struct source_block *block = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal__source_block(rig->source, entry, number * SOURCE_BLOCK,
				      &block, &error);
	if (rc)
		fail_msg("block %zu: %d (%s)", number, rc, error.text);
	return block;
}

static void touch(struct rig *rig, size_t entry, size_t number)
{
	sshoal__source_release(rig->source, take(rig, entry, number));
}

static uint64_t read_bytes(const struct rig *rig)
{
	return sshoal__source_read_bytes(rig->source);
}

static void a_file_comes_in_blocks_and_is_read_once(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "blocks");
	static const size_t sizes[] = { 1, SOURCE_BLOCK - 1, SOURCE_BLOCK,
					SOURCE_BLOCK + 1, SIZE };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t size = sizes[i];
		write_file(path, i, size);
		struct rig rig;
		start(&rig, path, 0);
		reads_are_short = i % 2 == 0;
		for (int round = 0; round < 3; round++)
			for (size_t k = 0; k * SOURCE_BLOCK < size; k++) {
				const struct source_block *block =
					take(&rig, 0, k);
				assert_true(is_right(block, i, k * SOURCE_BLOCK,
						     size));
				sshoal__source_release(rig.source, block);
			}
		assert_int_equal(read_bytes(&rig), size);
		assert_int_equal(sshoal__source_check(rig.source, 0, NULL), 0);
		stop(&rig);
	}
}

struct member {
	struct rig *rig;
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
		if (!is_right(block, 7, at, SIZE))
			member->failures++;
		sshoal__source_release(source, block);
	}
	if (sshoal__source_check(source, 0, NULL) != 0)
		member->failures++;
	return NULL;
}

static void start_crowd(struct member *crowd, struct rig *rig,
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
	write_file(path, 7, SIZE);
	/* All the same way, and each from a place of its own. */
	for (size_t apart = 0; apart < 2; apart++) {
		struct rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		start(&rig, path, 0);
		start_crowd(crowd, &rig, &barrier, read_all_blocks, apart);
		join_crowd(crowd, &barrier);
		assert_int_equal(read_bytes(&rig), SIZE);
		assert_int_equal(reads, BLOCKS);
		stop(&rig);
	}
}

static void little_memory_makes_it_slow_and_not_wrong(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "little");
	write_file(path, 7, SIZE);
	static const size_t most[] = { 1, SOURCE_BLOCK, 5 * SOURCE_BLOCK };
	for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
		struct rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		start(&rig, path, most[i]);
		start_crowd(crowd, &rig, &barrier, read_all_blocks, 1);
		join_crowd(crowd, &barrier);
		stop(&rig);
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
		member->failures += !is_right(block, 7, 0, SIZE);
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
	while (reads == 0)
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
	write_file(path, 7, SIZE);
	struct rig rig;
	struct member crowd[CROWD];
	pthread_barrier_t barrier;
	start(&rig, path, 0);
	reads_wait = true;
	start_crowd(crowd, &rig, &barrier, ask_for_a_block, 0);
	await_crowd(crowd);
	reads_wait = false;
	join_crowd(crowd, &barrier);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(crowd[i].rc, 0);
	assert_int_equal(reads, 1);
	stop(&rig);
}

static void a_failed_read_is_told_to_all_and_not_kept(void **state)
{
	static const struct {
		int number, code;
	} table[] = { { EIO, SSHOAL_EIO }, { ENFILE, SSHOAL_ELOCAL } };
	char path[SCRATCH_PATH];
	scratch_path(path, state, "failed");
	write_file(path, 7, SIZE);
	for (size_t k = 0; k < 4; k++) {
		struct rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		start(&rig, path, k < 2 ? 0 : 1);
		reads_wait = k < 2;
		reads_fail = table[k % 2].number;
		start_crowd(crowd, &rig, &barrier, ask_for_a_block, 0);
		if (k < 2)
			await_crowd(crowd);
		reads_wait = false;
		join_crowd(crowd, &barrier);
		for (size_t i = 0; i < CROWD; i++) {
			assert_int_equal(crowd[i].rc, table[k % 2].code);
			assert_int_equal(crowd[i].error.code, crowd[i].rc);
			assert_ptr_equal(strstr(crowd[i].error.text, path),
					 crowd[i].error.text);
		}
		assert_int_equal(reads, k < 2 ? 1 : CROWD);
		reads_fail = 0;
		touch(&rig, 0, 0);
		stop(&rig);
	}
}

/* What so many blocks take with what is noted of them. */
static size_t room_for(size_t blocks)
{
	return blocks * (sizeof(struct cached_block) + SOURCE_BLOCK);
}

static void what_was_not_asked_for_longest_goes_first(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "order");
	write_file(path, 7, SIZE);
	struct rig rig;
	start(&rig, path, room_for(3));
	for (size_t i = 0; i < 3; i++)
		touch(&rig, 0, i);
	touch(&rig, 0, 0);
	assert_int_equal(reads, 3);
	touch(&rig, 0, 3);
	/* The one of number 1 went. */
	touch(&rig, 0, 0);
	touch(&rig, 0, 2);
	assert_int_equal(reads, 4);
	touch(&rig, 0, 1);
	assert_int_equal(reads, 5);
	/* That of number 3 did then. */
	touch(&rig, 0, 0);
	touch(&rig, 0, 2);
	assert_int_equal(reads, 5);
	touch(&rig, 0, 3);
	assert_int_equal(reads, 6);
	stop(&rig);
}

static void with_all_memory_in_use_a_caller_has_its_own(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "own");
	write_file(path, 7, SIZE);
	struct rig rig;
	start(&rig, path, room_for(2) + 100);
	const struct source_block *first = take(&rig, 0, 0);
	const struct source_block *second = take(&rig, 0, 1);
	const struct source_block *third = take(&rig, 0, 2);
	const struct source_block *again = take(&rig, 0, 2);
	assert_ptr_not_equal(third, again);
	assert_int_equal(reads, 4);
	assert_true(is_right(third, 7, 2 * SOURCE_BLOCK, SIZE));
	assert_true(is_right(again, 7, 2 * SOURCE_BLOCK, SIZE));
	/* What is in use is still there for others. */
	const struct source_block *shared = take(&rig, 0, 0);
	assert_ptr_equal(shared, first);
	sshoal__source_release(rig.source, shared);
	sshoal__source_release(rig.source, third);
	sshoal__source_release(rig.source, again);
	sshoal__source_release(rig.source, second);
	/* One more goes where the second was. */
	touch(&rig, 0, 2);
	touch(&rig, 0, 2);
	touch(&rig, 0, 0);
	assert_int_equal(reads, 5);
	assert_true(is_right(first, 7, 0, SIZE));
	sshoal__source_release(rig.source, first);
	stop(&rig);
}

/* Blocks of all sizes, held for a while. */
static void the_limit_is_never_passed(void **state)
{
	(void)state;
	enum { HELD = 40 };
	struct cached_block *held[HELD] = { NULL };
	struct source_cache cache;
	uint32_t random = 1;
	assert_int_equal(sshoal__source_cache_init(&cache, 20000), 0);
	size_t most = 0;
	for (size_t i = 0; i < 100000; i++) {
		random = random * 1664525 + 1013904223;
		struct cached_block **at = &held[(random >> 8) % HELD];
		if (*at)
			sshoal__source_cache_release(&cache, *at);
		*at = NULL;
		if (random >> 31)
			continue;
		size_t entry = (random >> 16) % 100;
		uint64_t offset = (random >> 24) % 4 * SOURCE_BLOCK;
		size_t size = 1 + entry * 13;
		*at = sshoal__source_cache_find(&cache, entry, offset);
		if (!*at)
			*at = sshoal__source_cache_add(&cache, entry, offset,
						       size);
		assert_int_equal((*at)->entry, entry);
		assert_int_equal((*at)->offset, offset);
		assert_int_equal((*at)->block.size, size);
		if ((random >> 4) % 50 == 0)
			sshoal__source_cache_drop(&cache, *at);
		assert_in_range(cache.bytes, 0, 20000);
		most = cache.bytes > most ? cache.bytes : most;
	}
	assert_in_range(most, 19000, 20000);
	for (size_t i = 0; i < HELD; i++)
		if (held[i])
			sshoal__source_cache_release(&cache, held[i]);
	sshoal__source_cache_fini(&cache);
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
		write_file(path, i, 1000 + i);
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
		if (rc == 0 && !is_right(block, file, 0, 1000 + file))
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
	struct rig rig;
	/* Nothing is kept, so all are read again and again. */
	start(&rig, path, 1);
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
	stop(&rig);
	/* All are closed. */
	int last = dup(0);
	assert_int_equal(last, next);
	(void)close(last);
}

static void no_descriptor_is_told(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "descriptor");
	write_file(path, 7, 10);
	struct rig rig;
	start(&rig, path, 0);
	struct rlimit before;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct rlimit none = { .rlim_cur = 0, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	const struct source_block *block = NULL;
	int rc = sshoal__source_block(rig.source, 0, 0, &block, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	touch(&rig, 0, 0);
	stop(&rig);
}

static void assert_digest(const unsigned char *digest, size_t seed, size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(seed, i);
	unsigned char expected[SOURCE_DIGEST];
	assert_int_equal(
		EVP_Digest(bytes, size, expected, NULL, EVP_sha256(), NULL), 1);
	free(bytes);
	assert_memory_equal(digest, expected, SOURCE_DIGEST);
}

static void a_digest_is_that_of_the_contents(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "digest");
	static const size_t sizes[] = { 0, 1, SOURCE_BLOCK, SIZE };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct rig rig;
		unsigned char digest[SOURCE_DIGEST];
		write_file(path, i, sizes[i]);
		start(&rig, path, 0);
		if (sizes[i] > 0)
			touch(&rig, 0, 0);
		for (int round = 0; round < 3; round++) {
			memset(digest, 0, sizeof digest);
			assert_int_equal(sshoal__source_digest(rig.source, 0,
							       digest, NULL),
					 0);
			assert_digest(digest, i, sizes[i]);
		}
		/* Blocks that are there are not read for it. */
		assert_int_equal(read_bytes(&rig), sizes[i]);
		stop(&rig);
	}
}

static void a_digest_is_computed_once_for_all(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "digests");
	write_file(path, 7, SIZE);
	for (int fails = 1; fails >= 0; fails--) {
		struct rig rig;
		struct member crowd[CROWD];
		pthread_barrier_t barrier;
		/* Without a cache a second computation would be seen. */
		start(&rig, path, 1);
		reads_wait = true;
		reads_fail = fails ? EIO : 0;
		start_crowd(crowd, &rig, &barrier, ask_for_a_digest, 0);
		await_crowd(crowd);
		reads_wait = false;
		join_crowd(crowd, &barrier);
		for (size_t i = 0; i < CROWD; i++) {
			assert_int_equal(crowd[i].rc, fails ? SSHOAL_EIO : 0);
			if (!fails)
				assert_digest(crowd[i].digest, 7, SIZE);
		}
		assert_int_equal(reads, fails ? 1 : BLOCKS);
		/* A failure is not for ever. */
		reads_fail = 0;
		unsigned char digest[SOURCE_DIGEST];
		assert_int_equal(
			sshoal__source_digest(rig.source, 0, digest, NULL), 0);
		assert_digest(digest, 7, SIZE);
		assert_int_equal(reads, fails ? 1 + BLOCKS : BLOCKS);
		stop(&rig);
	}
}

static void files_may_be_deep_down(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "deep");
	assert_int_equal(mkdir(path, 0700), 0);
	int last = deep_make(path, "down", 1500);
	int fd = openat(last, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	unsigned char byte = byte_at(9, 0);
	assert_int_equal(write(fd, &byte, 1), 1);
	(void)close(fd);
	(void)close(last);
	struct rig rig;
	start(&rig, path, 0);
	const struct source_block *block = take(&rig, 1501, 0);
	assert_true(is_right(block, 9, 0, 1));
	sshoal__source_release(rig.source, block);
	assert_int_equal(sshoal__source_check(rig.source, 1501, NULL), 0);
	stop(&rig);
	deep_remove(path);
}

static void nothing_is_a_source_too(void **state)
{
	(void)state;
	struct manifest *manifest = NULL;
	struct source *source = NULL;
	const struct manifest_options options = { .recursive = false };
	assert_int_equal(
		sshoal__manifest_new(&manifest, NULL, 0, &options, NULL), 0);
	assert_int_equal(sshoal__source_new(&source, manifest, 0), 0);
	assert_int_equal(sshoal__source_read_bytes(source), 0);
	sshoal__source_free(source);
	sshoal__source_free(NULL);
	sshoal__manifest_free(manifest);
}

/* Everything that a source is asked for. */
static int ask_for_all(struct source *source, sshoal_error *error)
{
	const struct source_block *block = NULL;
	unsigned char digest[SOURCE_DIGEST];
	int rc = sshoal__source_block(source, 0, 0, &block, error);
	if (rc == 0)
		sshoal__source_release(source, block);
	if (rc == 0)
		rc = sshoal__source_digest(source, 0, digest, error);
	return rc ? rc : sshoal__source_check(source, 0, error);
}

static void without_memory_nothing_is_half_done(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "scarce");
	write_file(path, 7, SIZE);
	int refused = 0;
	for (int rc = SSHOAL_ENOMEM; rc; refused++) {
		struct rig rig;
		struct source *source = NULL;
		sshoal_error error = { .code = SSHOAL_ENOMEM };
		start(&rig, path, 0);
		/* What is noted of another state of the file, too. */
		assert_int_equal(chmod(path, refused % 2 ? 0600 : 0644), 0);
		scarcity_of_memory(refused);
		rc = sshoal__source_new(&source, rig.manifest, 0);
		if (rc == 0)
			rc = ask_for_all(source, &error);
		scarcity_of_memory(NO_SCARCITY);
		if (rc) {
			assert_int_equal(rc, SSHOAL_ENOMEM);
			assert_int_equal(error.code, SSHOAL_ENOMEM);
		}
		/* It is as good as ever with memory. */
		if (source)
			assert_int_equal(ask_for_all(source, NULL), 0);
		sshoal__source_free(source);
		stop(&rig);
	}
	assert_in_range(refused, 10, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_in_blocks_and_is_read_once),
		cmocka_unit_test(many_threads_read_each_block_once),
		cmocka_unit_test(little_memory_makes_it_slow_and_not_wrong),
		cmocka_unit_test(who_asks_while_it_is_read_waits_for_that),
		cmocka_unit_test(a_failed_read_is_told_to_all_and_not_kept),
		cmocka_unit_test(what_was_not_asked_for_longest_goes_first),
		cmocka_unit_test(with_all_memory_in_use_a_caller_has_its_own),
		cmocka_unit_test(the_limit_is_never_passed),
		cmocka_unit_test(few_files_are_open_at_a_time),
		cmocka_unit_test(no_descriptor_is_told),
		cmocka_unit_test(a_digest_is_that_of_the_contents),
		cmocka_unit_test(a_digest_is_computed_once_for_all),
		cmocka_unit_test(files_may_be_deep_down),
		cmocka_unit_test(nothing_is_a_source_too),
		cmocka_unit_test(without_memory_nothing_is_half_done),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
