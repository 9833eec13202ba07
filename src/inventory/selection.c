/* SPDX-License-Identifier: MIT */
#include "inventory/selection.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "inventory/effective.h"

/* A host of the inventory is known by its index; anything else that was
 * written by its identity, which is never that of such a host. */

int sshoal__selection_init(struct selection *selection,
			   struct sshoal_hosts *hosts,
			   const struct sshoal_inventory *inventory)
{
	*selection = (struct selection){
		.hosts = hosts,
		.inventory = inventory,
	};
	size_t count = inventory ? inventory->hosts.count : 0;
	selection->places = calloc(count ? count : 1, sizeof(size_t));
	return selection->places ? 0 : SSHOAL_ENOMEM;
}

void sshoal__selection_fini(struct selection *selection)
{
	sshoal__store_fini(&selection->store);
	sshoal__map_fini(&selection->others);
	free(selection->places);
}

/* Makes a target: the settings of a host, where there is one, and over them
 * what the expression says. */
static int append(struct selection *selection, const struct host *host,
		  const struct address *written)
{
	struct sshoal_target target = {
		.name = (char *)(written ? written->name : host->name),
	};
	target.host = target.name;
	if (selection->inventory) {
		struct effective effective;
		sshoal__effective_find(&effective, selection->inventory, host);
		sshoal__effective_apply(&target, &effective);
	}
	if (written && written->user) {
		target.user = (char *)written->user;
		target.user_is_written = true;
	}
	if (written && written->port) {
		target.port = written->port;
		target.port_is_written = true;
	}
	return sshoal__hosts_add(selection->hosts, &target);
}

/* The same again: what is written in the expression is stronger than the
 * command line from then on. */
static void mark_written(struct sshoal_target *target,
			 const struct address *written)
{
	if (written && written->user)
		target->user_is_written = true;
	if (written && written->port)
		target->port_is_written = true;
}

/* A host as the inventory has it. */
static int add_host(struct selection *selection, const struct host *host,
		    const struct address *written)
{
	size_t *place = &selection->places[host->index];
	if (*place > 0) {
		mark_written(selection->hosts->targets[*place - 1], written);
		return 0;
	}
	int rc = append(selection, host, written);
	if (rc == 0)
		*place = selection->hosts->count;
	return rc;
}

/* A host under another user or port than the inventory has it, or one that is
 * not in it. */
static int add_other(struct selection *selection, const struct host *host,
		     const struct address *written)
{
	struct address address = *written;
	if (host && !address.user)
		address.user = host->user;
	if (host && !address.port)
		address.port = host->port;
	char identity[IDENTITY_SIZE];
	size_t n =
		sshoal__address_write(identity, sizeof identity, address.user,
				      address.name, address.port);
	struct sshoal_target *same =
		sshoal__map_get(&selection->others, identity);
	if (same) {
		mark_written(same, written);
		return 0;
	}
	char *key = sshoal__store_text(&selection->store, identity, n);
	int rc = key ? append(selection, host, written) : SSHOAL_ENOMEM;
	if (rc)
		return rc;
	const struct sshoal_hosts *hosts = selection->hosts;
	return sshoal__map_put(&selection->others, key,
			       hosts->targets[hosts->count - 1]);
}

int sshoal__selection_add_all(struct selection *selection)
{
	const struct host_list *list = &selection->inventory->hosts;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		rc = add_host(selection, list->hosts[i], NULL);
	return rc;
}

int sshoal__selection_add_ungrouped(struct selection *selection)
{
	const struct host_list *list = &selection->inventory->hosts;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		if (!list->hosts[i]->memberships)
			rc = add_host(selection, list->hosts[i], NULL);
	return rc;
}

/* Depth first, in the order of the children's lines: a child that comes later
 * is put on the stack first. */
struct walk {
	struct group **stack;
	size_t depth;
	unsigned char *is_seen; /* by rank */
};

static void push_children(struct walk *walk, const struct group *group)
{
	size_t bottom = walk->depth;
	for (struct group_link *link = group->first_child; link;
	     link = link->next)
		walk->stack[walk->depth++] = link->child;
	for (size_t i = bottom, j = walk->depth; i + 1 < j; i++) {
		struct group *other = walk->stack[--j];
		walk->stack[j] = walk->stack[i];
		walk->stack[i] = other;
	}
}

static int add_members(struct selection *selection, const struct group *group)
{
	int rc = 0;
	for (struct membership *member = group->first_member; member && rc == 0;
	     member = member->next_of_group)
		rc = add_host(selection, member->host, NULL);
	return rc;
}

int sshoal__selection_add_group(struct selection *selection,
				struct group *group)
{
	const struct group_list *groups = &selection->inventory->groups;
	struct walk walk = {
		.stack = calloc(groups->link_count + 1, sizeof(struct group *)),
		.is_seen = calloc(groups->count + 1, 1),
	};
	int rc = walk.stack && walk.is_seen ? 0 : SSHOAL_ENOMEM;
	if (rc == 0)
		walk.stack[walk.depth++] = group;
	while (rc == 0 && walk.depth > 0) {
		const struct group *top = walk.stack[--walk.depth];
		if (walk.is_seen[top->rank])
			continue;
		walk.is_seen[top->rank] = 1;
		rc = add_members(selection, top);
		push_children(&walk, top);
	}
	free(walk.stack);
	free(walk.is_seen);
	return rc;
}

static bool has_written(const struct host *host, const struct address *address)
{
	if (address->user &&
	    (!host->user || strcmp(host->user, address->user) != 0))
		return false;
	return !address->port || host->port == address->port;
}

static int add_namesakes(struct selection *selection, const struct host *first,
			 const struct address *address)
{
	bool is_found = false;
	int rc = 0;
	for (const struct host *host = first; rc == 0 && host;
	     host = host->next_namesake) {
		if (!has_written(host, address))
			continue;
		is_found = true;
		rc = add_host(selection, host, address);
	}
	if (is_found)
		return rc;
	for (const struct host *host = first; rc == 0 && host;
	     host = host->next_namesake)
		rc = add_other(selection, host, address);
	return rc;
}

int sshoal__selection_add_address(struct selection *selection,
				  const struct address *address)
{
	const struct sshoal_inventory *inventory = selection->inventory;
	if (!inventory)
		return add_other(selection, NULL, address);
	const struct host *host = sshoal__host_find(&inventory->hosts, address);
	if (host)
		return add_host(selection, host, address);
	host = sshoal__host_find_name(&inventory->hosts, address->name);
	if (host)
		return add_namesakes(selection, host, address);
	if (inventory->is_restricted)
		return SSHOAL_ENOENT;
	return add_other(selection, NULL, address);
}
