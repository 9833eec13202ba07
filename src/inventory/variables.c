/* SPDX-License-Identifier: MIT */
#include "inventory/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds those of a holder that is weaker than what is there. */
static int add_variables(struct variables *all, const struct holder *holder)
{
	size_t known = all->count;
	for (const struct setting *own = holder->variables; own;
	     own = own->next) {
		size_t i = 0;
		while (i < known && strcmp(all->items[i]->name, own->name) != 0)
			i++;
		if (i < known)
			continue;
		if (all->count == all->capacity) {
			size_t capacity = all->capacity ? all->capacity * 2 : 8;
			const struct setting **items = reallocarray(
				all->items, capacity, sizeof(struct setting *));
			if (!items)
				return SSHOAL_ENOMEM;
			all->items = items;
			all->capacity = capacity;
		}
		all->items[all->count++] = own;
	}
	return 0;
}

/* The groups that a host is in, directly or by their children. */
struct lineage {
	const struct group **groups;
	size_t count;
	unsigned char *is_seen; /* by rank */
};

static void add_group(struct lineage *lineage, const struct group *group)
{
	if (lineage->is_seen[group->rank])
		return;
	lineage->is_seen[group->rank] = 1;
	lineage->groups[lineage->count++] = group;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct group *const *left = a;
	const struct group *const *right = b;
	return (*left)->rank > (*right)->rank ? -1 :
						(*left)->rank < (*right)->rank;
}

/* From the strongest group to the weakest. */
static int find_lineage(struct lineage *lineage,
			const struct group_list *groups,
			const struct host *host)
{
	lineage->groups = calloc(groups->count, sizeof(struct group *));
	lineage->is_seen = calloc(groups->count + 1, 1);
	if (!lineage->groups || !lineage->is_seen)
		return SSHOAL_ENOMEM;
	add_group(lineage, groups->groups[0]);
	for (const struct membership *member = host->memberships; member;
	     member = member->next_of_host)
		add_group(lineage, member->group);
	for (size_t i = 0; i < lineage->count; i++)
		for (const struct group_link *link =
			     lineage->groups[i]->first_parent;
		     link; link = link->next_of_child)
			add_group(lineage, link->parent);
	qsort(lineage->groups, lineage->count, sizeof(struct group *),
	      compare_ranks);
	return 0;
}

int sshoal__variables_find(struct variables *all,
			   const struct sshoal_inventory *inventory,
			   const struct host *host)
{
	struct lineage lineage = { .count = 0 };
	int rc = 0;
	if (host) {
		rc = add_variables(all, &host->holder);
		if (rc == 0)
			rc = find_lineage(&lineage, &inventory->groups, host);
	}
	for (size_t i = 0; rc == 0 && i < lineage.count; i++)
		rc = add_variables(all, &lineage.groups[i]->holder);
	if (rc == 0)
		rc = add_variables(all, &inventory->defaults);
	free(lineage.is_seen);
	free(lineage.groups);
	return rc;
}

void sshoal__variables_fini(struct variables *all)
{
	free(all->items);
}

static char *write_one(const struct setting *setting)
{
	size_t size = strlen(setting->name) + strlen(setting->text) + 2;
	char *text = malloc(size);
	if (text)
		(void)snprintf(text, size, "%s=%s", setting->name,
			       setting->text);
	return text;
}

static int write_all(char **texts, size_t *count, const struct variables *all)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i]->is_secret)
			continue;
		texts[*count] = write_one(all->items[i]);
		if (!texts[*count])
			return SSHOAL_ENOMEM;
		(*count)++;
	}
	return 0;
}

void sshoal__variables_free(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

int sshoal__variables_write(char ***texts, size_t *count,
			    const struct sshoal_inventory *inventory,
			    const struct host *host)
{
	struct variables all = { .count = 0 };
	size_t written = 0;
	int rc = sshoal__variables_find(&all, inventory, host);
	char **made = rc ? NULL : calloc(all.count + 1, sizeof *made);
	if (made)
		rc = write_all(made, &written, &all);
	else
		rc = SSHOAL_ENOMEM;
	sshoal__variables_fini(&all);
	if (rc) {
		sshoal__variables_free(made, written);
		return rc;
	}
	*texts = made;
	*count = written;
	return 0;
}
