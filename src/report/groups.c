/* SPDX-License-Identifier: MIT */
#include "report/groups.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

#define SLOTS_FIRST 64

static int make_key(unsigned char key[DIGEST_BYTES],
		    const struct group_mark *mark, const EVP_MD *algorithm)
{
	const struct outcome *outcome = mark->outcome;
	const int64_t numbers[] = {
		outcome->status,
		outcome->exit_status,
		mark->is_apart ? (int64_t)outcome->host.index : -1,
	};
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const char *signal = outcome->signal ? outcome->signal : "";
	bool is_made =
		context && EVP_DigestInit_ex(context, algorithm, NULL) &&
		EVP_DigestUpdate(context, mark->said, sizeof mark->said) &&
		EVP_DigestUpdate(context, numbers, sizeof numbers) &&
		EVP_DigestUpdate(context, signal, strlen(signal)) &&
		EVP_DigestFinal_ex(context, key, NULL);
	EVP_MD_CTX_free(context);
	return is_made ? 0 : SSHOAL_ENOMEM;
}

/* Where a group is, or would be. */
static struct group **find(struct group **slots, size_t slot_count,
			   const unsigned char *key)
{
	uint64_t hash;
	memcpy(&hash, key, sizeof hash);
	size_t at = hash & (slot_count - 1);
	while (slots[at] && memcmp(slots[at]->key, key, DIGEST_BYTES) != 0)
		at = (at + 1) & (slot_count - 1);
	return &slots[at];
}

/* Makes room for one more in the list and in the slots, of which half stay
 * free. */
static int grow(struct groups *groups)
{
	if (2 * groups->count < groups->slot_count)
		return 0;
	size_t count =
		groups->slot_count ? 2 * groups->slot_count : SLOTS_FIRST;
	struct group **items =
		reallocarray(groups->items, count / 2, sizeof(struct group *));
	if (!items)
		return SSHOAL_ENOMEM;
	groups->items = items;
	struct group **slots = calloc(count, sizeof(struct group *));
	if (!slots)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < groups->count; i++)
		*find(slots, count, items[i]->key) = items[i];
	free(groups->slots);
	groups->slots = slots;
	groups->slot_count = count;
	return 0;
}

/* How they ended, without what differs from host to host. */
static int describe(char **text, const struct outcome *outcome)
{
	struct outcome common = *outcome;
	if (outcome->status == SSHOAL_STATUS_OK)
		return 0;
	common.error = NULL;
	common.phase = -1;
	*text = sshoal__outcome_text(&common, false);
	return *text ? 0 : SSHOAL_ENOMEM;
}

static void free_group(struct group *group)
{
	free(group->members);
	free(group->text);
	free(group);
}

static struct group *make(const unsigned char *key,
			  const struct group_mark *mark)
{
	const struct outcome *outcome = mark->outcome;
	struct group *group = calloc(1, sizeof *group);
	if (!group)
		return NULL;
	memcpy(group->key, key, DIGEST_BYTES);
	memcpy(group->said, mark->said, sizeof group->said);
	group->status = outcome->status;
	group->exit_status = outcome->exit_status;
	group->members = malloc(sizeof *group->members);
	if (!group->members || describe(&group->text, outcome) != 0) {
		free_group(group);
		return NULL;
	}
	group->members[0] = outcome->host;
	group->count = 1;
	group->first = outcome->host.index;
	return group;
}

/* Members have room for a power of two. */
static int add_member(struct group *group, const struct host *host)
{
	size_t count = group->count;
	if ((count & (count - 1)) == 0) {
		struct host *grown = reallocarray(
			group->members, count ? 2 * count : 1, sizeof *grown);
		if (!grown)
			return SSHOAL_ENOMEM;
		group->members = grown;
	}
	group->members[group->count++] = *host;
	return 0;
}

int sshoal__groups_add(struct groups *groups, struct group **keeper,
		       const struct group_mark *mark, const EVP_MD *algorithm,
		       struct roll *roll)
{
	const struct host *host = &mark->outcome->host;
	unsigned char key[DIGEST_BYTES];
	int rc = make_key(key, mark, algorithm);
	if (rc == 0)
		rc = grow(groups);
	if (rc)
		return rc;
	struct group **slot = find(groups->slots, groups->slot_count, key);
	struct group *group = *slot;
	*keeper = NULL;
	if (group) {
		rc = add_member(group, host);
		if (rc || group->first < host->index)
			return rc;
	} else {
		group = make(key, mark);
		if (!group)
			return SSHOAL_ENOMEM;
		groups->items[groups->count++] = group;
		*slot = group;
	}
	struct roll had = group->roll;
	group->roll = *roll;
	group->first = host->index;
	*roll = had;
	*keeper = group;
	return 0;
}

static int by_index(const void *a, const void *b)
{
	size_t one = ((const struct host *)a)->index;
	size_t other = ((const struct host *)b)->index;
	return (one > other) - (one < other);
}

static int by_size(const void *a, const void *b)
{
	const struct group *one = *(struct group *const *)a;
	const struct group *other = *(struct group *const *)b;
	if (one->count != other->count)
		return one->count < other->count ? 1 : -1;
	return by_index(one->members, other->members);
}

void sshoal__groups_sort(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		qsort(groups->items[i]->members, groups->items[i]->count,
		      sizeof(struct host), by_index);
	if (groups->count > 1)
		qsort(groups->items, groups->count, sizeof(struct group *),
		      by_size);
}

void sshoal__groups_fini(struct groups *groups, struct stash *stash)
{
	for (size_t i = 0; i < groups->count; i++) {
		sshoal__roll_drop(&groups->items[i]->roll, stash);
		free_group(groups->items[i]);
	}
	free(groups->items);
	free(groups->slots);
	*groups = (struct groups){ .count = 0 };
}
