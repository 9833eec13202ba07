/* SPDX-License-Identifier: MIT */
#include "sftp/source_cache.h"

#include <assert.h>
#include <stdlib.h>

#include "work/condition.h"

/* A block is in its bucket as long as it is kept, and in the list of unused
 * ones while it also has no user. */

#define BUCKETS_LEAST ((size_t)64)
#define BUCKETS_MOST ((size_t)64 * 1024)

/* Files are smaller than a block more often than not. */
#define BYTES_EXPECTED ((size_t)4 * 1024)

int sshoal__source_cache_init(struct source_cache *cache, size_t most_bytes)
{
	size_t count = BUCKETS_LEAST;
	while (count < BUCKETS_MOST && count < most_bytes / BYTES_EXPECTED)
		count *= 2;
	struct cached_block **buckets = calloc(count, sizeof *buckets);
	if (!buckets)
		return SSHOAL_ENOMEM;
	*cache = (struct source_cache){
		.buckets = buckets,
		.bucket_count = count,
		.most_bytes = most_bytes,
	};
	return 0;
}

static struct cached_block **bucket_of(const struct source_cache *cache,
				       size_t entry, uint64_t offset)
{
	uint64_t hash = (entry + 1) * UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash + offset / SOURCE_BLOCK) * UINT64_C(0xff51afd7ed558ccd);
	return &cache->buckets[(hash >> 32) & (cache->bucket_count - 1)];
}

static size_t cost_of(size_t size)
{
	return sizeof(struct cached_block) + size;
}

static void free_block(struct cached_block *block)
{
	(void)pthread_cond_destroy(&block->done);
	free(block);
}

static void unlist(struct source_cache *cache, struct cached_block *block)
{
	if (block->older)
		block->older->newer = block->newer;
	else
		cache->oldest = block->newer;
	if (block->newer)
		block->newer->older = block->older;
	else
		cache->newest = block->older;
	block->older = NULL;
	block->newer = NULL;
}

static void list(struct source_cache *cache, struct cached_block *block)
{
	block->older = cache->newest;
	if (cache->newest)
		cache->newest->newer = block;
	else
		cache->oldest = block;
	cache->newest = block;
}

struct cached_block *sshoal__source_cache_find(struct source_cache *cache,
					       size_t entry, uint64_t offset)
{
	struct cached_block *block = *bucket_of(cache, entry, offset);
	while (block && (block->entry != entry || block->offset != offset))
		block = block->next;
	if (!block)
		return NULL;
	if (block->users++ == 0)
		unlist(cache, block);
	return block;
}

static void forget(struct source_cache *cache, struct cached_block *block)
{
	struct cached_block **at =
		bucket_of(cache, block->entry, block->offset);
	while (*at != block)
		at = &(*at)->next;
	*at = block->next;
	cache->bytes -= cost_of(block->block.size);
	block->is_kept = false;
}

/* Forgets what was not asked for longest until there is room. *spare receives
 * a block of the same cost, whose memory need not be asked for again. */
static bool make_room(struct source_cache *cache, size_t cost,
		      struct cached_block **spare)
{
	if (cost > cache->most_bytes)
		return false;
	while (cache->bytes > cache->most_bytes - cost) {
		struct cached_block *oldest = cache->oldest;
		if (!oldest)
			return false;
		unlist(cache, oldest);
		forget(cache, oldest);
		if (*spare || cost_of(oldest->block.size) != cost) {
			free_block(oldest);
			continue;
		}
		(void)pthread_cond_destroy(&oldest->done);
		*spare = oldest;
	}
	return true;
}

struct cached_block *sshoal__source_cache_add(struct source_cache *cache,
					      size_t entry, uint64_t offset,
					      size_t size)
{
	size_t cost = cost_of(size);
	struct cached_block *block = NULL;
	bool is_kept = make_room(cache, cost, &block);
	if (!block)
		block = malloc(cost);
	if (!block)
		return NULL;
	*block = (struct cached_block){
		.block = { .bytes = block->bytes, .size = size },
		.entry = entry,
		.offset = offset,
		.users = 1,
		.state = CACHED_READING,
		.is_kept = is_kept,
	};
	sshoal__condition_init(&block->done);
	if (!is_kept)
		return block;
	struct cached_block **bucket = bucket_of(cache, entry, offset);
	block->next = *bucket;
	*bucket = block;
	cache->bytes += cost;
	return block;
}

void sshoal__source_cache_drop(struct source_cache *cache,
			       struct cached_block *block)
{
	if (block->is_kept)
		forget(cache, block);
}

void sshoal__source_cache_release(struct source_cache *cache,
				  struct cached_block *block)
{
	assert(block->users > 0);
	if (--block->users > 0)
		return;
	if (block->is_kept)
		list(cache, block);
	else
		free_block(block);
}

void sshoal__source_cache_fini(struct source_cache *cache)
{
	struct cached_block *block = cache->oldest;
	while (block) {
		struct cached_block *newer = block->newer;
		cache->bytes -= cost_of(block->block.size);
		free_block(block);
		block = newer;
	}
	assert(cache->bytes == 0);
	free(cache->buckets);
}
