/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SOURCE_RIG_H
#define TESTS_UNIT_SOURCE_RIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sftp/source.h"

/* How reads go: the linker puts source_rig.c in front of pread(2). */
struct source_reads {
	atomic_bool wait;
	atomic_int fail; /* an errno */
	atomic_bool are_short;
	atomic_size_t count;
};

extern struct source_reads source_reads;

/* A source of one path, with its manifest. */
struct source_rig {
	struct manifest *manifest;
	struct source *source;
};

void source_rig_start(struct source_rig *rig, const char *path,
		      size_t most_bytes);
void source_rig_stop(struct source_rig *rig);

/* A block that must come; touched ones are released at once. */
const struct source_block *source_rig_take(struct source_rig *rig, size_t entry,
					   size_t number);
void source_rig_touch(struct source_rig *rig, size_t entry, size_t number);

/* What files consist of. */
unsigned char source_rig_byte(size_t seed, uint64_t offset);
void source_rig_write(const char *path, size_t seed, size_t size);

/* Whether a block holds what was written; for any thread. */
bool source_rig_is_right(const struct source_block *block, size_t seed,
			 uint64_t offset, size_t size);

void source_rig_assert_digest(const unsigned char *digest, size_t seed,
			      size_t size);

#endif
