/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_GROUP_H
#define SSHOAL_INVENTORY_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "inventory/host.h"
#include "inventory/setting.h"

/* A setting that applies to a group and the rank of the group that has it: of
 * several the one with the highest rank counts. */
struct ranked {
	const struct setting *setting; /* NULL where nothing is set */
	size_t rank;
};

/* A group of hosts and of other groups. */
struct group {
	const char *name;
	struct place place; /* where it was first named */
	bool is_defined;    /* it has a section that may list something */
	struct holder holder;
	struct membership *first_member;
	struct membership *last_member;
	struct group_link *first_child;
	struct group_link *last_child;
	struct group_link *first_parent;
	/* What sshoal__group_resolve() finds out: */
	size_t depth; /* 0 for "all", else one more than the deepest parent */
	size_t rank;  /* in order of depth, then name; from 1 */
	size_t open_parents;          /* parents that are not sorted yet */
	struct group_link *open_link; /* to one of them, in a cycle */
	struct ranked applied[SETTING_COUNT];
};

/* That one group is a child of another. */
struct group_link {
	struct group *parent;
	struct group *child;
	struct place place;
	size_t order;            /* among all links */
	struct group_link *next; /* of the same parent */
	struct group_link *next_of_child;
};

struct group_list {
	struct group **groups; /* in order of appearance, "all" first */
	size_t count;
	size_t capacity;
	size_t link_count;
	struct map names;
};

/* Makes the group "all", which every list has. 0 or SSHOAL_ENOMEM. */
int sshoal__group_list_init(struct group_list *list, struct store *store);
void sshoal__group_list_fini(struct group_list *list);

/* The group of a name, made where there is none; the name is borrowed.
 * 0 or SSHOAL_ENOMEM. */
int sshoal__group_get(struct group **group, struct group_list *list,
		      const char *name, struct place place,
		      struct store *store);

struct group *sshoal__group_find(const struct group_list *list,
				 const char *name);

/* 0 or SSHOAL_ENOMEM. */
int sshoal__group_add_host(struct group *group, struct host *host,
			   struct store *store);
int sshoal__group_add_child(struct group_list *list, struct group *group,
			    struct group *child, struct place place,
			    struct store *store);

/*
 * Checks that every group named has a section and that no group is its own
 * descendant, and works out which settings apply to each group. 0,
 * SSHOAL_EFORMAT or SSHOAL_ENOMEM.
 */
int sshoal__group_resolve(struct group_list *list, sshoal_error *error);

#endif
