/* SPDX-License-Identifier: MIT */
#include "inventory/group.h"

#include <stdlib.h>

#include "base/error.h"

/* Groups and who is in them, as the lines of the hosts files say it. */

static int append(struct group_list *list, struct group *group)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		struct group **groups = reallocarray(list->groups, capacity,
						     sizeof(struct group *));
		if (!groups)
			return SSHOAL_ENOMEM;
		list->groups = groups;
		list->capacity = capacity;
	}
	list->groups[list->count++] = group;
	return 0;
}

int sshoal__group_list_init(struct group_list *list, struct store *store)
{
	*list = (struct group_list){ .groups = NULL };
	struct group *all = NULL;
	int rc = sshoal__group_get(&all, list, "all",
				   (struct place){ "", 0, 0 }, store);
	if (rc == 0)
		all->is_defined = true;
	return rc;
}

void sshoal__group_list_fini(struct group_list *list)
{
	sshoal__map_fini(&list->names);
	free(list->groups);
	*list = (struct group_list){ .groups = NULL };
}

int sshoal__group_get(struct group **group, struct group_list *list,
		      const char *name, struct place place, struct store *store)
{
	struct group *found = sshoal__group_find(list, name);
	if (found) {
		*group = found;
		return 0;
	}
	struct group *made = sshoal__store_get(store, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->name = name;
	made->place = place;
	int rc = append(list, made);
	if (rc == 0)
		rc = sshoal__map_put(&list->names, name, made);
	if (rc == 0)
		*group = made;
	return rc;
}

struct group *sshoal__group_find(const struct group_list *list,
				 const char *name)
{
	return sshoal__map_get(&list->names, name);
}

int sshoal__group_add_host(struct group *group, struct host *host,
			   struct store *store)
{
	struct membership *made = sshoal__store_get(store, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->host = host;
	made->group = group;
	made->next_of_host = host->memberships;
	host->memberships = made;
	if (group->last_member)
		group->last_member->next_of_group = made;
	else
		group->first_member = made;
	group->last_member = made;
	return 0;
}

int sshoal__group_add_child(struct group_list *list, struct group *group,
			    struct group *child, struct place place,
			    struct store *store)
{
	struct group_link *made = sshoal__store_get(store, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->parent = group;
	made->child = child;
	made->place = place;
	made->order = list->link_count++;
	made->next_of_child = child->first_parent;
	child->first_parent = made;
	if (group->last_child)
		group->last_child->next = made;
	else
		group->first_child = made;
	group->last_child = made;
	return 0;
}
