/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sftp/source.h"
#include "sftp/source_cache.h"
#include "unit/deep.h"
#include "unit/scarcity.h"
#include "unit/scratch.h"
#include "unit/source_rig.h"

#define BLOCKS 33
#define SIZE (BLOCKS * SOURCE_BLOCK - 1000)

static void a_file_comes_in_blocks_and_is_read_once(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "blocks");
	static const size_t sizes[] = { 1, SOURCE_BLOCK - 1, SOURCE_BLOCK,
					SOURCE_BLOCK + 1, SIZE };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t size = sizes[i];
		source_rig_write(path, i, size);
		struct source_rig rig;
		source_rig_start(&rig, path, 0);
		source_reads.are_short = i % 2 == 0;
		for (int round = 0; round < 3; round++)
			for (size_t k = 0; k * SOURCE_BLOCK < size; k++) {
				const struct source_block *block =
					source_rig_take(&rig, 0, k);
				assert_true(source_rig_is_right(
					block, i, k * SOURCE_BLOCK, size));
				sshoal__source_release(rig.source, block);
			}
		assert_int_equal(sshoal__source_read_bytes(rig.source), size);
		assert_int_equal(sshoal__source_check(rig.source, 0, NULL), 0);
		source_rig_stop(&rig);
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
	source_rig_write(path, 7, SIZE);
	struct source_rig rig;
	source_rig_start(&rig, path, room_for(3));
	for (size_t i = 0; i < 3; i++)
		source_rig_touch(&rig, 0, i);
	source_rig_touch(&rig, 0, 0);
	assert_int_equal(source_reads.count, 3);
	source_rig_touch(&rig, 0, 3);
	/* The one of number 1 went. */
	source_rig_touch(&rig, 0, 0);
	source_rig_touch(&rig, 0, 2);
	assert_int_equal(source_reads.count, 4);
	source_rig_touch(&rig, 0, 1);
	assert_int_equal(source_reads.count, 5);
	/* That of number 3 did then. */
	source_rig_touch(&rig, 0, 0);
	source_rig_touch(&rig, 0, 2);
	assert_int_equal(source_reads.count, 5);
	source_rig_touch(&rig, 0, 3);
	assert_int_equal(source_reads.count, 6);
	source_rig_stop(&rig);
}

static void with_all_memory_in_use_a_caller_has_its_own(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "own");
	source_rig_write(path, 7, SIZE);
	struct source_rig rig;
	source_rig_start(&rig, path, room_for(2) + 100);
	const struct source_block *first = source_rig_take(&rig, 0, 0);
	const struct source_block *second = source_rig_take(&rig, 0, 1);
	const struct source_block *third = source_rig_take(&rig, 0, 2);
	const struct source_block *again = source_rig_take(&rig, 0, 2);
	assert_ptr_not_equal(third, again);
	assert_int_equal(source_reads.count, 4);
	assert_true(source_rig_is_right(third, 7, 2 * SOURCE_BLOCK, SIZE));
	assert_true(source_rig_is_right(again, 7, 2 * SOURCE_BLOCK, SIZE));
	/* What is in use is still there for others. */
	const struct source_block *shared = source_rig_take(&rig, 0, 0);
	assert_ptr_equal(shared, first);
	sshoal__source_release(rig.source, shared);
	sshoal__source_release(rig.source, third);
	sshoal__source_release(rig.source, again);
	sshoal__source_release(rig.source, second);
	/* One more goes where the second was. */
	source_rig_touch(&rig, 0, 2);
	source_rig_touch(&rig, 0, 2);
	source_rig_touch(&rig, 0, 0);
	assert_int_equal(source_reads.count, 5);
	assert_true(source_rig_is_right(first, 7, 0, SIZE));
	sshoal__source_release(rig.source, first);
	source_rig_stop(&rig);
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

static void no_descriptor_is_told(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "descriptor");
	source_rig_write(path, 7, 10);
	struct source_rig rig;
	source_rig_start(&rig, path, 0);
	struct rlimit before;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct rlimit none = { .rlim_cur = 0, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	const struct source_block *block = NULL;
	int rc = sshoal__source_block(rig.source, 0, 0, &block, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	source_rig_touch(&rig, 0, 0);
	source_rig_stop(&rig);
}

static void a_digest_is_that_of_the_contents(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "digest");
	static const size_t sizes[] = { 0, 1, SOURCE_BLOCK, SIZE };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct source_rig rig;
		unsigned char digest[SOURCE_DIGEST];
		source_rig_write(path, i, sizes[i]);
		source_rig_start(&rig, path, 0);
		if (sizes[i] > 0)
			source_rig_touch(&rig, 0, 0);
		for (int round = 0; round < 3; round++) {
			memset(digest, 0, sizeof digest);
			assert_int_equal(sshoal__source_digest(rig.source, 0,
							       digest, NULL),
					 0);
			source_rig_assert_digest(digest, i, sizes[i]);
		}
		/* Blocks that are there are not read for it. */
		assert_int_equal(sshoal__source_read_bytes(rig.source),
				 sizes[i]);
		source_rig_stop(&rig);
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
	unsigned char byte = source_rig_byte(9, 0);
	assert_int_equal(write(fd, &byte, 1), 1);
	(void)close(fd);
	(void)close(last);
	struct source_rig rig;
	source_rig_start(&rig, path, 0);
	const struct source_block *block = source_rig_take(&rig, 1501, 0);
	assert_true(source_rig_is_right(block, 9, 0, 1));
	sshoal__source_release(rig.source, block);
	assert_int_equal(sshoal__source_check(rig.source, 1501, NULL), 0);
	source_rig_stop(&rig);
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
	source_rig_write(path, 7, SIZE);
	int refused = 0;
	for (int rc = SSHOAL_ENOMEM; rc; refused++) {
		struct source_rig rig;
		struct source *source = NULL;
		sshoal_error error = { .code = SSHOAL_ENOMEM };
		source_rig_start(&rig, path, 0);
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
		source_rig_stop(&rig);
	}
	assert_in_range(refused, 10, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_in_blocks_and_is_read_once),
		cmocka_unit_test(what_was_not_asked_for_longest_goes_first),
		cmocka_unit_test(with_all_memory_in_use_a_caller_has_its_own),
		cmocka_unit_test(the_limit_is_never_passed),
		cmocka_unit_test(no_descriptor_is_told),
		cmocka_unit_test(a_digest_is_that_of_the_contents),
		cmocka_unit_test(files_may_be_deep_down),
		cmocka_unit_test(nothing_is_a_source_too),
		cmocka_unit_test(without_memory_nothing_is_half_done),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
