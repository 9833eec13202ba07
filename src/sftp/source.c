/* SPDX-License-Identifier: MIT */
#include "sftp/source.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "sftp/source_cache.h"
#include "sftp/source_files.h"
#include "work/condition.h"

/* Nothing is read or computed with the lock held. */

/* A digest that is there or is being computed. */
struct digest {
	bool is_known;
	bool is_computing;
	int fault;       /* how the latest computation failed */
	uint64_t rounds; /* how many computations have ended */
	unsigned char bytes[SOURCE_DIGEST];
};

struct source {
	const struct manifest *manifest;
	struct source_files *files;
	pthread_mutex_t lock; /* protects all below */
	struct source_cache cache;
	struct digest **digests; /* by entry; NULL: never asked for */
	pthread_cond_t digested; /* a computation has ended */
};

int sshoal__source_new(struct source **source, const struct manifest *manifest,
		       size_t most_bytes)
{
	struct source *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->manifest = manifest;
	/* One more, for none would look as if memory were refused. */
	made->digests = calloc(manifest->count + 1, sizeof *made->digests);
	int rc = made->digests ? 0 : SSHOAL_ENOMEM;
	if (rc == 0)
		rc = sshoal__source_files_new(&made->files, manifest);
	if (rc == 0)
		rc = sshoal__source_cache_init(
			&made->cache, most_bytes ? most_bytes : SOURCE_MEMORY);
	if (rc) {
		sshoal__source_files_free(made->files);
		free(made->digests);
		free(made);
		return rc;
	}
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->digested);
	*source = made;
	return 0;
}

/* With the lock held: waits for another thread's read. */
static int await(struct source *source, struct cached_block *block)
{
	while (block->state == CACHED_READING)
		(void)sshoal__condition_wait(&block->done, &source->lock,
					     INT64_MAX);
	return block->state == CACHED_FAILED ? block->fault : 0;
}

/* With the lock held, which is given up meanwhile. */
static int fill(struct source *source, struct cached_block *block)
{
	(void)pthread_mutex_unlock(&source->lock);
	int fault = sshoal__source_files_read(source->files, block->entry,
					      block->offset, block->bytes,
					      block->block.size);
	(void)pthread_mutex_lock(&source->lock);
	block->fault = fault;
	block->state = fault ? CACHED_FAILED : CACHED_READ;
	if (fault)
		sshoal__source_cache_drop(&source->cache, block);
	(void)pthread_cond_broadcast(&block->done);
	return fault;
}

/* 0 or a fault. */
static int get_block(struct source *source, size_t entry, uint64_t offset,
		     const struct source_block **block)
{
	uint64_t left = source->manifest->entries[entry].size_bytes - offset;
	size_t size = left < SOURCE_BLOCK ? (size_t)left : SOURCE_BLOCK;
	if (sshoal__source_files_is_changed(source->files, entry))
		return SSHOAL_ECHANGED;
	(void)pthread_mutex_lock(&source->lock);
	int fault = 0;
	struct cached_block *found =
		sshoal__source_cache_find(&source->cache, entry, offset);
	if (found) {
		fault = await(source, found);
	} else {
		found = sshoal__source_cache_add(&source->cache, entry, offset,
						 size);
		fault = found ? fill(source, found) : ENOMEM;
	}
	if (fault && found)
		sshoal__source_cache_release(&source->cache, found);
	(void)pthread_mutex_unlock(&source->lock);
	if (fault == 0)
		*block = &found->block;
	return fault;
}

static int tell(const struct source *source, size_t entry, int fault,
		sshoal_error *error)
{
	if (fault == 0)
		return 0;
	return sshoal__source_files_tell(source->files, entry, fault, error);
}

int sshoal__source_block(struct source *source, size_t entry, uint64_t offset,
			 const struct source_block **block, sshoal_error *error)
{
	assert(entry < source->manifest->count && offset % SOURCE_BLOCK == 0 &&
	       offset < source->manifest->entries[entry].size_bytes);
	return tell(source, entry, get_block(source, entry, offset, block),
		    error);
}

void sshoal__source_release(struct source *source,
			    const struct source_block *block)
{
	(void)pthread_mutex_lock(&source->lock);
	/* What a caller may only read is ours to write to. */
	sshoal__source_cache_release(&source->cache,
				     (struct cached_block *)block);
	(void)pthread_mutex_unlock(&source->lock);
}

int sshoal__source_check(struct source *source, size_t entry,
			 sshoal_error *error)
{
	return tell(source, entry,
		    sshoal__source_files_check(source->files, entry), error);
}

/* 0 or a fault. */
static int hash_blocks(struct source *source, size_t entry, EVP_MD_CTX *hash)
{
	uint64_t size = source->manifest->entries[entry].size_bytes;
	for (uint64_t at = 0; at < size; at += SOURCE_BLOCK) {
		const struct source_block *block = NULL;
		int fault = get_block(source, entry, at, &block);
		if (fault)
			return fault;
		int done = EVP_DigestUpdate(hash, block->bytes, block->size);
		sshoal__source_release(source, block);
		if (done != 1)
			return SSHOAL_ENOMEM;
	}
	/* Blocks may have been read long ago, and an empty file has none. */
	return sshoal__source_files_check(source->files, entry);
}

static int compute(struct source *source, size_t entry,
		   unsigned char bytes[SOURCE_DIGEST])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	if (!hash)
		return SSHOAL_ENOMEM;
	int fault = SSHOAL_ENOMEM;
	if (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1)
		fault = hash_blocks(source, entry, hash);
	if (fault == 0 && EVP_DigestFinal_ex(hash, bytes, NULL) != 1)
		fault = SSHOAL_ENOMEM;
	EVP_MD_CTX_free(hash);
	return fault;
}

/* With the lock held, which is given up meanwhile. */
static int compute_for_all(struct source *source, size_t entry,
			   struct digest *digest)
{
	digest->is_computing = true;
	(void)pthread_mutex_unlock(&source->lock);
	unsigned char bytes[SOURCE_DIGEST];
	int fault = compute(source, entry, bytes);
	(void)pthread_mutex_lock(&source->lock);
	digest->is_computing = false;
	digest->fault = fault;
	digest->rounds++;
	if (fault == 0) {
		memcpy(digest->bytes, bytes, sizeof bytes);
		digest->is_known = true;
	}
	(void)pthread_cond_broadcast(&source->digested);
	return fault;
}

/* With the lock held: waits for another thread's computation. */
static int await_digest(struct source *source, const struct digest *digest)
{
	/* A failed one may be followed by another's before this is awake. */
	uint64_t round = digest->rounds;
	/* Others change it while the lock is given up. */
	/* cppcheck-suppress knownConditionTrueFalse */
	while (digest->rounds == round)
		(void)sshoal__condition_wait(&source->digested, &source->lock,
					     INT64_MAX);
	return digest->is_known ? 0 : digest->fault;
}

/* With the lock held. */
static int get_digest(struct source *source, size_t entry,
		      unsigned char bytes[SOURCE_DIGEST])
{
	struct digest **digest = &source->digests[entry];
	if (!*digest)
		*digest = calloc(1, sizeof **digest);
	if (!*digest)
		return ENOMEM;
	int fault = 0;
	if ((*digest)->is_computing)
		fault = await_digest(source, *digest);
	else if (!(*digest)->is_known)
		fault = compute_for_all(source, entry, *digest);
	if (fault == 0)
		memcpy(bytes, (*digest)->bytes, SOURCE_DIGEST);
	return fault;
}

int sshoal__source_digest(struct source *source, size_t entry,
			  unsigned char digest[SOURCE_DIGEST],
			  sshoal_error *error)
{
	int fault = SSHOAL_ECHANGED;
	if (!sshoal__source_files_is_changed(source->files, entry)) {
		(void)pthread_mutex_lock(&source->lock);
		fault = get_digest(source, entry, digest);
		(void)pthread_mutex_unlock(&source->lock);
	}
	return tell(source, entry, fault, error);
}

uint64_t sshoal__source_read_bytes(const struct source *source)
{
	return sshoal__source_files_read_bytes(source->files);
}

void sshoal__source_free(struct source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->manifest->count; i++)
		free(source->digests[i]);
	(void)pthread_cond_destroy(&source->digested);
	sshoal__source_cache_fini(&source->cache);
	(void)pthread_mutex_destroy(&source->lock);
	sshoal__source_files_free(source->files);
	free(source->digests);
	free(source);
}
