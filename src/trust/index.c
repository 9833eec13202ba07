/* SPDX-License-Identifier: MIT */
#include "trust/index.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/pattern.h"

/*
 * Plain names are found in a map; lines with patterns are tried one by one, and
 * so are hashed names, whose result is remembered for each name asked for. What
 * the lines are made of comes from blocks that are freed with the index.
 */

#define BLOCK_SIZE ((size_t)64 * 1024)

struct block {
	struct block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

/* One plain name of one line. */
struct plain {
	const struct entry *entry;
	struct plain *next; /* of the same name */
	struct plain *last; /* in the first of a name: the last */
	char name[];
};

struct pattern {
	const struct entry *entry;
	struct pattern *next;
	char list[];
};

struct hash {
	const struct entry *entry;
	struct hash *next;
	struct hashed hashed;
};

/* What the hashed lines say of one name. */
struct memo {
	const struct hash *checked; /* the last line looked at */
	struct match *matches;
	bool busy; /* somebody is looking at lines for it */
	char name[];
};

struct match {
	const struct entry *entry;
	struct match *next;
};

struct index {
	struct block *blocks;
	struct map names;
	struct pattern *patterns;
	struct pattern *last_pattern;
	struct hash *hashes;
	struct hash *last_hash;
	pthread_mutex_t lock; /* protects memos and what is in them */
	pthread_cond_t idle;  /* a memo is no longer busy */
	struct map memos;
};

static void *take(struct index *index, size_t size)
{
	const size_t align = alignof(max_align_t);
	size = (size + align - 1) / align * align;
	struct block *block = index->blocks;
	if (!block || size > block->size - block->used) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		block = malloc(sizeof *block + room);
		if (!block)
			return NULL;
		block->next = index->blocks;
		block->used = 0;
		block->size = room;
		index->blocks = block;
	}
	void *taken = block->bytes + block->used;
	block->used += size;
	return taken;
}

int sshoal__index_new(struct index **index)
{
	struct index *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	if (pthread_mutex_init(&made->lock, NULL) != 0) {
		free(made);
		return SSHOAL_ENOMEM;
	}
	if (pthread_cond_init(&made->idle, NULL) != 0) {
		(void)pthread_mutex_destroy(&made->lock);
		free(made);
		return SSHOAL_ENOMEM;
	}
	*index = made;
	return 0;
}

static int add_name(struct index *index, const struct entry *entry,
		    const char *name, size_t size)
{
	struct plain *plain = take(index, sizeof *plain + size + 1);
	if (!plain)
		return SSHOAL_ENOMEM;
	plain->entry = entry;
	plain->next = NULL;
	plain->last = plain;
	memcpy(plain->name, name, size);
	plain->name[size] = '\0';
	struct plain *first = sshoal__map_get(&index->names, plain->name);
	if (!first)
		return sshoal__map_put(&index->names, plain->name, plain);
	first->last->next = plain;
	first->last = plain;
	return 0;
}

static int add_names(struct index *index, const struct entry *entry,
		     const struct line *line)
{
	const char *name = line->names;
	size_t left = line->names_size;
	while (left > 0) {
		const char *comma = memchr(name, ',', left);
		size_t size = comma ? (size_t)(comma - name) : left;
		int rc = size ? add_name(index, entry, name, size) : 0;
		if (rc)
			return rc;
		size_t step = comma ? size + 1 : size;
		name += step;
		left -= step;
	}
	return 0;
}

static int add_pattern(struct index *index, const struct entry *entry,
		       const struct line *line)
{
	struct pattern *pattern =
		take(index, sizeof *pattern + line->names_size + 1);
	if (!pattern)
		return SSHOAL_ENOMEM;
	pattern->entry = entry;
	pattern->next = NULL;
	memcpy(pattern->list, line->names, line->names_size);
	pattern->list[line->names_size] = '\0';
	if (index->last_pattern)
		index->last_pattern->next = pattern;
	else
		index->patterns = pattern;
	index->last_pattern = pattern;
	return 0;
}

static int add_hash(struct index *index, const struct entry *entry,
		    const struct line *line)
{
	struct hash *hash = take(index, sizeof *hash);
	if (!hash)
		return SSHOAL_ENOMEM;
	hash->entry = entry;
	hash->next = NULL;
	hash->hashed = line->hashed;
	if (index->last_hash)
		index->last_hash->next = hash;
	else
		index->hashes = hash;
	index->last_hash = hash;
	return 0;
}

int sshoal__index_add(struct index *index, const struct line *line,
		      const char *file, size_t number)
{
	struct entry *entry = take(index, sizeof *entry + line->key_size);
	if (!entry)
		return SSHOAL_ENOMEM;
	entry->file = file;
	entry->line = number;
	entry->key_size = line->key_size;
	entry->kind = line->kind;
	memcpy(entry->key, line->key, line->key_size);
	switch (line->form) {
	case LINE_PLAIN:
		return add_names(index, entry, line);
	case LINE_PATTERN:
		return add_pattern(index, entry, line);
	case LINE_HASHED:
		return add_hash(index, entry, line);
	}
	return 0;
}

/* Looks at the hashed lines that were not looked at for this name. The caller
 * has made the memo busy. */
static int extend(const struct index *index, struct memo *memo)
{
	struct hasher hasher;
	int rc = sshoal__hasher_init(&hasher, memo->name);
	if (rc)
		return rc;
	const struct hash *hash =
		memo->checked ? memo->checked->next : index->hashes;
	for (; hash && rc == 0; hash = hash->next) {
		rc = sshoal__hasher_check(&hasher, &hash->hashed);
		if (rc > 0) {
			struct match *match = malloc(sizeof *match);
			rc = match ? 0 : SSHOAL_ENOMEM;
			if (match) {
				match->entry = hash->entry;
				match->next = memo->matches;
				memo->matches = match;
			}
		}
		if (rc == 0)
			memo->checked = hash;
	}
	sshoal__hasher_fini(&hasher);
	return rc;
}

/* The memo of a name; NULL when memory refuses. With the lock held. */
static struct memo *memo_of(struct index *index, const char *name)
{
	struct memo *memo = sshoal__map_get(&index->memos, name);
	if (memo)
		return memo;
	size_t size = strlen(name) + 1;
	memo = calloc(1, sizeof *memo + size);
	if (!memo)
		return NULL;
	memcpy(memo->name, name, size);
	if (sshoal__map_put(&index->memos, memo->name, memo) != 0) {
		free(memo);
		return NULL;
	}
	return memo;
}

static int find_hashed(struct index *index, const char *name,
		       index_visit_cb *visit, void *data)
{
	(void)pthread_mutex_lock(&index->lock);
	struct memo *memo = memo_of(index, name);
	while (memo && memo->busy)
		(void)pthread_cond_wait(&index->idle, &index->lock);
	int rc = memo ? 0 : SSHOAL_ENOMEM;
	if (memo && memo->checked != index->last_hash) {
		memo->busy = true;
		(void)pthread_mutex_unlock(&index->lock);
		rc = extend(index, memo);
		(void)pthread_mutex_lock(&index->lock);
		memo->busy = false;
		(void)pthread_cond_broadcast(&index->idle);
	}
	const struct match *match = rc ? NULL : memo->matches;
	(void)pthread_mutex_unlock(&index->lock);
	for (; match; match = match->next)
		visit(match->entry, data);
	return rc;
}

int sshoal__index_find(struct index *index, const char *name,
		       index_visit_cb *visit, void *data)
{
	if (!index)
		return 0;
	const struct plain *plain = sshoal__map_get(&index->names, name);
	for (; plain; plain = plain->next)
		visit(plain->entry, data);
	const struct pattern *pattern = index->patterns;
	for (; pattern; pattern = pattern->next)
		if (sshoal__pattern_list_match(pattern->list, name))
			visit(pattern->entry, data);
	return index->hashes ? find_hashed(index, name, visit, data) : 0;
}

void sshoal__index_free(struct index *index)
{
	if (!index)
		return;
	size_t at = 0;
	for (struct memo *memo = sshoal__map_next(&index->memos, &at); memo;
	     memo = sshoal__map_next(&index->memos, &at)) {
		while (memo->matches) {
			struct match *match = memo->matches;
			memo->matches = match->next;
			free(match);
		}
		free(memo);
	}
	sshoal__map_fini(&index->memos);
	(void)pthread_cond_destroy(&index->idle);
	(void)pthread_mutex_destroy(&index->lock);
	sshoal__map_fini(&index->names);
	while (index->blocks) {
		struct block *block = index->blocks;
		index->blocks = block->next;
		free(block);
	}
	free(index);
}
