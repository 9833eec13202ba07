/* SPDX-License-Identifier: MIT */
#include "unit/source_rig.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "unit/scratch.h"

/* Files with known contents and a source of them. */

struct source_reads source_reads;

ssize_t __real_pread(int fd, void *bytes, size_t n, off_t offset);
ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t offset);

ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t offset)
{
	source_reads.count++;
	while (source_reads.wait)
		(void)sched_yield();
	if (source_reads.fail) {
		errno = source_reads.fail;
		return -1;
	}
	if (source_reads.are_short && n > 4099)
		n = 4099;
	return __real_pread(fd, bytes, n, offset);
}

unsigned char source_rig_byte(size_t seed, uint64_t offset)
{
	return (unsigned char)((offset * 2654435761u + seed * 40503u) >> 13);
}

void source_rig_write(const char *path, size_t seed, size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = source_rig_byte(seed, i);
	scratch_write(path, bytes, size, 0644);
	free(bytes);
}

bool source_rig_is_right(const struct source_block *block, size_t seed,
			 uint64_t offset, size_t size)
{
	uint64_t left = size - offset;
	if (block->size != (left < SOURCE_BLOCK ? left : SOURCE_BLOCK))
		return false;
	for (size_t i = 0; i < block->size; i++)
		if (block->bytes[i] != source_rig_byte(seed, offset + i))
			return false;
	return true;
}

void source_rig_start(struct source_rig *rig, const char *path,
		      size_t most_bytes)
{
	const struct manifest_options options = { .recursive = true };
	source_reads.wait = false;
	source_reads.fail = 0;
	source_reads.are_short = false;
	source_reads.count = 0;
	assert_int_equal(
		sshoal__manifest_new(&rig->manifest, &path, 1, &options, NULL),
		0);
	assert_int_equal(
		sshoal__source_new(&rig->source, rig->manifest, most_bytes), 0);
}

void source_rig_stop(struct source_rig *rig)
{
	sshoal__source_free(rig->source);
	sshoal__manifest_free(rig->manifest);
}

const struct source_block *source_rig_take(struct source_rig *rig, size_t entry,
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

void source_rig_touch(struct source_rig *rig, size_t entry, size_t number)
{
	sshoal__source_release(rig->source,
			       source_rig_take(rig, entry, number));
}

void source_rig_assert_digest(const unsigned char *digest, size_t seed,
			      size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = source_rig_byte(seed, i);
	unsigned char expected[SOURCE_DIGEST];
	assert_int_equal(
		EVP_Digest(bytes, size, expected, NULL, EVP_sha256(), NULL), 1);
	free(bytes);
	assert_memory_equal(digest, expected, SOURCE_DIGEST);
}
