/* SPDX-License-Identifier: MIT */
#include "inventory/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/*
 * Which group is stronger. As in Ansible a group is as deep as the longest way
 * to it from "all"; the deeper counts, among equally deep ones the later name.
 * So a child is always stronger than its parents, and what applies to a group
 * follows from its own settings and what applies to its parents.
 */

static int check_defined(const struct group_list *list, sshoal_error *error)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->groups[i];
		if (!group->is_defined)
			return sshoal__place_error(
				error, SSHOAL_EFORMAT, group->place,
				"no group %s: begin a section [%s] or correct "
				"the name",
				group->name, group->name);
	}
	return 0;
}

static void count_parents(struct group_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		list->groups[i]->depth = i > 0;
		list->groups[i]->open_parents = 0;
		list->groups[i]->open_link = NULL;
	}
	for (size_t i = 0; i < list->count; i++)
		for (struct group_link *link = list->groups[i]->first_child;
		     link; link = link->next)
			link->child->open_parents++;
}

/* Writes the groups into order, parents before children, and sets each one's
 * depth. Returns how many there are; those in a cycle, and behind one, are not
 * among them and keep open parents. */
static size_t sort_parents_first(struct group **order,
				 const struct group_list *list)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		if (list->groups[i]->open_parents == 0)
			order[count++] = list->groups[i];
	for (size_t i = 0; i < count; i++)
		for (struct group_link *link = order[i]->first_child; link;
		     link = link->next) {
			struct group *child = link->child;
			if (child->depth <= order[i]->depth)
				child->depth = order[i]->depth + 1;
			if (--child->open_parents == 0)
				order[count++] = child;
		}
	return count;
}

/* Every group with open parents gets a link to one. Returns one such group. */
static struct group *link_open_groups(const struct group_list *list)
{
	struct group *open = NULL;
	for (size_t i = 0; i < list->count; i++) {
		struct group *group = list->groups[i];
		if (!group->open_parents)
			continue;
		open = group;
		for (struct group_link *link = group->first_child; link;
		     link = link->next)
			if (link->child->open_parents)
				link->child->open_link = link;
	}
	return open;
}

/* Names the line that closed a cycle: the last of the links it is made of. */
static int refuse_cycle(const struct group_list *list, sshoal_error *error)
{
	struct group *group = link_open_groups(list);
	/* Going from child to parent leads into the cycle and stays there. */
	for (size_t i = 0; i < list->count; i++)
		group = group->open_link->parent;
	const struct group_link *last = group->open_link;
	const struct group *end = group;
	for (group = last->parent; group != end;
	     group = group->open_link->parent)
		if (group->open_link->order > last->order)
			last = group->open_link;
	return sshoal__place_error(error, SSHOAL_EFORMAT, last->place,
				   "the group %s is inside itself: take %s out "
				   "of [%s:children]",
				   last->child->name, last->child->name,
				   last->parent->name);
}

static int compare_strength(const void *a, const void *b)
{
	const struct group *const *left = a;
	const struct group *const *right = b;
	if ((*left)->depth != (*right)->depth)
		return (*left)->depth < (*right)->depth ? -1 : 1;
	return strcmp((*left)->name, (*right)->name);
}

static void inherit(struct group *group, const struct group *parent)
{
	for (size_t key = 0; key < SETTING_COUNT; key++)
		if (parent->applied[key].rank > group->applied[key].rank)
			group->applied[key] = parent->applied[key];
}

/* Ranks the groups, which are in order of strength, and lets settings apply
 * from the weakest to the strongest: parents come before children. */
static void apply_settings(struct group **order, size_t count)
{
	const struct group *all = order[0];
	for (size_t i = 0; i < count; i++) {
		order[i]->rank = i + 1;
		for (size_t key = 0; key < SETTING_COUNT; key++)
			order[i]->applied[key] = (struct ranked){ NULL, 0 };
	}
	for (size_t i = 0; i < count; i++) {
		struct group *group = order[i];
		inherit(group, all);
		for (const struct setting *own = group->holder.settings; own;
		     own = own->next)
			group->applied[own->key] =
				(struct ranked){ own, group->rank };
		for (struct group_link *link = group->first_child; link;
		     link = link->next)
			inherit(link->child, group);
	}
}

int sshoal__group_resolve(struct group_list *list, sshoal_error *error)
{
	int rc = check_defined(list, error);
	if (rc)
		return rc;
	struct group **order = calloc(list->count, sizeof(struct group *));
	if (!order)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	count_parents(list);
	size_t count = sort_parents_first(order, list);
	if (count < list->count) {
		free(order);
		return refuse_cycle(list, error);
	}
	qsort(order, count, sizeof(struct group *), compare_strength);
	apply_settings(order, count);
	free(order);
	return 0;
}
