/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_SOURCE_CACHE_H
#define SSHOAL_SFTP_SOURCE_CACHE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sftp/source.h"

enum cached_state { CACHED_READING, CACHED_READ, CACHED_FAILED };

/* A block that is there or is being read. */
struct cached_block {
	struct source_block block; /* first, for it is what a caller has */
	size_t entry;
	uint64_t offset;
	struct cached_block *next;  /* of the same bucket */
	struct cached_block *older; /* unused ones that are kept */
	struct cached_block *newer;
	size_t users; /* who reads it and who waits for it included */
	int fault;    /* with CACHED_FAILED */
	enum cached_state state;
	bool is_kept;        /* can be found, and its memory counts */
	pthread_cond_t done; /* it is no longer being read */
	unsigned char bytes[];
};

/*
 * Blocks by entry and offset, together never more than most_bytes. Those that
 * nobody uses are kept until their memory is needed. No lock of its own.
 */
struct source_cache {
	struct cached_block **buckets;
	size_t bucket_count; /* a power of two */
	size_t most_bytes;
	size_t bytes; /* of all blocks that are kept */
	struct cached_block *oldest;
	struct cached_block *newest;
};

/* 0 or SSHOAL_ENOMEM. */
int sshoal__source_cache_init(struct source_cache *cache, size_t most_bytes);

/* The block, one more user of which is the caller; NULL: not there. */
struct cached_block *sshoal__source_cache_find(struct source_cache *cache,
					       size_t entry, uint64_t offset);

/* One that is to be read by its only user, the caller; when no memory can be
 * had within the limit it is not kept. NULL: no memory at all. */
struct cached_block *sshoal__source_cache_add(struct source_cache *cache,
					      size_t entry, uint64_t offset,
					      size_t size);

/* The read has failed: it is no longer found. */
void sshoal__source_cache_drop(struct source_cache *cache,
			       struct cached_block *block);

/* A user less. */
void sshoal__source_cache_release(struct source_cache *cache,
				  struct cached_block *block);

/* All blocks must have been released. */
void sshoal__source_cache_fini(struct source_cache *cache);

#endif
