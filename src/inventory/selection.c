/* SPDX-License-Identifier: MIT */
#include "inventory/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/pattern.h"
#include "inventory/effective.h"
#include "inventory/range.h"
#include "inventory/variables.h"

/*
 * A host of the inventory is known by its index; anything else that was
 * written by its identity, which is never that of such a host. What is removed
 * keeps its place, so that nothing that refers to it has to change.
 */

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
	free(selection->marked);
	free(selection->picks);
	sshoal__map_fini(&selection->names);
	sshoal__store_fini(&selection->store);
	sshoal__map_fini(&selection->others);
	free(selection->places);
}

/* Makes the pick of the target at an index, which is the last one. */
static int add_pick(struct selection *selection, size_t index)
{
	if (index >= selection->pick_capacity) {
		size_t capacity = selection->hosts->capacity;
		struct pick *picks =
			reallocarray(selection->picks, capacity, sizeof *picks);
		if (!picks)
			return SSHOAL_ENOMEM;
		selection->picks = picks;
		selection->pick_capacity = capacity;
	}
	struct sshoal_target *target = selection->hosts->targets[index];
	target->index = index;
	const struct sshoal_target *first =
		sshoal__map_get(&selection->names, target->name);
	selection->picks[index] = (struct pick){ .term = selection->term };
	if (!first)
		return sshoal__map_put(&selection->names, target->name, target);
	/* Behind the first: that stays the map's. */
	struct pick *head = &selection->picks[first->index];
	selection->picks[index].next = head->next;
	head->next = index + 1;
	return 0;
}

/* From the first operation on that is not adding, targets are known by name. */
static int begin_picks(struct selection *selection)
{
	if (selection->picks)
		return 0;
	selection->picks = calloc(1, sizeof *selection->picks);
	if (!selection->picks)
		return SSHOAL_ENOMEM;
	selection->pick_capacity = 1;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < selection->hosts->count; i++)
		rc = add_pick(selection, i);
	return rc;
}

int sshoal__selection_begin(struct selection *selection,
			    enum selection_operation operation)
{
	int rc = operation == SELECTION_ADD ? 0 : begin_picks(selection);
	selection->operation = operation;
	selection->marked_count = 0;
	selection->term++;
	return rc;
}

void sshoal__selection_end(struct selection *selection)
{
	bool keeps = selection->operation == SELECTION_KEEP;
	for (size_t i = 0; keeps && i < selection->hosts->count; i++)
		if (!selection->picks[i].is_marked)
			selection->picks[i].is_removed = true;
	for (size_t i = 0; i < selection->marked_count; i++) {
		struct pick *pick = &selection->picks[selection->marked[i]];
		pick->is_marked = false;
		if (!keeps)
			pick->is_removed = true;
	}
}

void sshoal__selection_settle(struct selection *selection)
{
	struct sshoal_hosts *hosts = selection->hosts;
	size_t count = 0;
	for (size_t i = 0; selection->picks && i < hosts->count; i++) {
		struct sshoal_target *target = hosts->targets[i];
		if (selection->picks[i].is_removed)
			sshoal__target_free(target);
		else
			hosts->targets[count++] = target;
	}
	if (selection->picks)
		hosts->count = count;
}

/* Most files have none, and there can be very many hosts. */
static int find_variables(struct sshoal_target *target,
			  const struct sshoal_inventory *inventory,
			  const struct host *host)
{
	if (!inventory || inventory->variables.count == 0)
		return 0;
	return sshoal__variables_write(
		&target->variables, &target->variable_count, inventory, host);
}

/* Makes a target: the settings of a host, where there is one, and over them
 * what the expression says. */
static int append(struct selection *selection, const struct host *host,
		  const struct address *written)
{
	struct sshoal_hosts *hosts = selection->hosts;
	if (hosts->count == RANGE_NAMES_MAX)
		return SSHOAL_ELIMIT;
	struct sshoal_target target = {
		.name = (char *)(written ? written->name : host->name),
		.is_user_named = host && host->user,
		.is_port_named = host && host->port,
		.source_host = host ? host->index + 1 : 0,
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
		(void)snprintf(target.port_text, sizeof target.port_text, "%u",
			       written->port);
	}
	int rc = find_variables(&target, selection->inventory, host);
	if (rc == 0)
		rc = sshoal__hosts_add(hosts, &target);
	sshoal__variables_free(target.variables, target.variable_count);
	if (rc == 0 && selection->picks)
		rc = add_pick(selection, hosts->count - 1);
	return rc;
}

/* The same again: what is written in the expression is stronger than the
 * command line from then on, and what was removed is there again. */
static void choose_again(struct selection *selection, size_t index,
			 const struct address *written)
{
	struct sshoal_target *target = selection->hosts->targets[index];
	if (written && written->user)
		target->user_is_written = true;
	if (written && written->port) {
		target->port_is_written = true;
		(void)snprintf(target->port_text, sizeof target->port_text,
			       "%u", written->port);
	}
	if (!selection->picks || !selection->picks[index].is_removed)
		return;
	selection->picks[index].is_removed = false;
	selection->picks[index].term = selection->term;
}

/* A host as the inventory has it. */
static int add_host(struct selection *selection, const struct host *host,
		    const struct address *written)
{
	size_t *place = &selection->places[host->index];
	if (*place > 0) {
		choose_again(selection, *place - 1, written);
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
	const struct sshoal_target *same =
		sshoal__map_get(&selection->others, identity);
	if (same) {
		choose_again(selection, same->index, written);
		return 0;
	}
	char *key = sshoal__store_text(&selection->store, identity, n);
	int rc = key ? append(selection, host, written) : SSHOAL_ENOMEM;
	if (rc)
		return rc;
	const struct sshoal_hosts *hosts = selection->hosts;
	struct sshoal_target *made = hosts->targets[hosts->count - 1];
	made->index = hosts->count - 1;
	return sshoal__map_put(&selection->others, key, made);
}

static bool has_written(const char *user, uint32_t port,
			const struct address *address)
{
	if (address->user && (!user || strcmp(user, address->user) != 0))
		return false;
	return !address->port || port == address->port;
}

static int add_namesakes(struct selection *selection, const struct host *first,
			 const struct address *address)
{
	bool is_found = false;
	int rc = 0;
	for (const struct host *host = first; rc == 0 && host;
	     host = host->next_namesake) {
		if (!has_written(host->user, host->port, address))
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

static bool is_strict(const struct selection *selection)
{
	return selection->inventory && selection->inventory->is_restricted &&
	       !selection->is_lenient;
}

static int add_address(struct selection *selection,
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
	return add_other(selection, NULL, address);
}

static int mark(struct selection *selection, size_t index)
{
	struct pick *pick = &selection->picks[index];
	if (pick->is_marked)
		return 0;
	if (selection->marked_count == selection->marked_capacity) {
		size_t capacity = selection->marked_capacity ?
					  selection->marked_capacity * 2 :
					  64;
		size_t *marked = reallocarray(selection->marked, capacity,
					      sizeof *marked);
		if (!marked)
			return SSHOAL_ENOMEM;
		selection->marked = marked;
		selection->marked_capacity = capacity;
	}
	pick->is_marked = true;
	selection->marked[selection->marked_count++] = index;
	return 0;
}

/* Whether a target was chosen before this term, and the address names it but
 * for its name. */
static bool is_meant(const struct selection *selection, size_t index,
		     const struct address *address)
{
	const struct pick *pick = &selection->picks[index];
	const struct sshoal_target *target = selection->hosts->targets[index];
	return !pick->is_removed && pick->term < selection->term &&
	       has_written(target->user, target->port, address);
}

/* Marks the targets that an address names; *count says how many. */
static int mark_named(struct selection *selection,
		      const struct address *address, size_t *count)
{
	const struct sshoal_target *first =
		sshoal__map_get(&selection->names, address->name);
	size_t next = first ? first->index + 1 : 0;
	int rc = 0;
	*count = 0;
	for (; rc == 0 && next > 0; next = selection->picks[next - 1].next) {
		if (!is_meant(selection, next - 1, address))
			continue;
		(*count)++;
		rc = mark(selection, next - 1);
	}
	return rc;
}

/* Does what the operation is with a host of the inventory. */
static int take_host(struct selection *selection, const struct host *host,
		     const struct address *written)
{
	if (selection->operation == SELECTION_ADD)
		return add_host(selection, host, written);
	struct address address = { .name = host->name };
	if (written)
		address = *written;
	size_t count = 0;
	int rc = mark_named(selection, &address, &count);
	if (rc == 0 && count == 0 && selection->operation == SELECTION_TOGGLE)
		rc = add_host(selection, host, written);
	return rc;
}

static int take_address(struct selection *selection,
			const struct address *address)
{
	if (selection->operation == SELECTION_ADD)
		return add_address(selection, address);
	size_t count = 0;
	int rc = mark_named(selection, address, &count);
	if (rc == 0 && count == 0 && selection->operation == SELECTION_TOGGLE)
		rc = add_address(selection, address);
	return rc;
}

int sshoal__selection_address(struct selection *selection,
			      const struct address *address)
{
	if (is_strict(selection) &&
	    !sshoal__host_find_name(&selection->inventory->hosts,
				    address->name))
		return SSHOAL_ENOENT;
	return take_address(selection, address);
}

/* What the pattern names by one of the names that it matches. */
static int take_name(struct selection *selection, const char *name,
		     const struct address *pattern)
{
	struct address address = *pattern;
	address.name = name;
	return take_address(selection, &address);
}

/* The names that were chosen before, where they are what it is about. */
static int take_chosen(struct selection *selection,
		       const struct address *pattern, size_t *count)
{
	const struct sshoal_hosts *hosts = selection->hosts;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < hosts->count; i++) {
		if (!is_meant(selection, i, pattern) ||
		    !sshoal__pattern_match(pattern->name,
					   hosts->targets[i]->name))
			continue;
		(*count)++;
		rc = mark(selection, i);
	}
	return rc;
}

static int take_inventory(struct selection *selection,
			  const struct address *pattern, size_t *count)
{
	const struct sshoal_inventory *inventory = selection->inventory;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < inventory->hosts.count; i++) {
		const struct host *host = inventory->hosts.hosts[i];
		/* The first of a name stands for all of them. */
		if (!host->last_namesake ||
		    !sshoal__pattern_match(pattern->name, host->name))
			continue;
		(*count)++;
		rc = take_name(selection, host->name, pattern);
	}
	return rc;
}

static int take_candidates(struct selection *selection,
			   const struct address *pattern, size_t *count)
{
	const struct sshoal_hosts *hosts = selection->candidates;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < hosts->count; i++) {
		const char *name = hosts->targets[i]->name;
		if (!sshoal__pattern_match(pattern->name, name))
			continue;
		(*count)++;
		rc = take_name(selection, name, pattern);
	}
	return rc;
}

int sshoal__selection_pattern(struct selection *selection,
			      const struct address *address)
{
	size_t count = 0;
	int rc = 0;
	bool adds = selection->operation == SELECTION_ADD;
	if (!adds)
		rc = take_chosen(selection, address, &count);
	if (rc == 0 && selection->inventory)
		rc = take_inventory(selection, address, &count);
	if (rc == 0 && selection->candidates)
		rc = take_candidates(selection, address, &count);
	bool may_be_none =
		selection->is_lenient || (!adds && !is_strict(selection));
	return rc == 0 && count == 0 && !may_be_none ? SSHOAL_ENOENT : rc;
}

int sshoal__selection_all(struct selection *selection)
{
	const struct host_list *list = &selection->inventory->hosts;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		rc = take_host(selection, list->hosts[i], NULL);
	return rc;
}

int sshoal__selection_ungrouped(struct selection *selection)
{
	const struct host_list *list = &selection->inventory->hosts;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->count; i++)
		if (!list->hosts[i]->memberships)
			rc = take_host(selection, list->hosts[i], NULL);
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

static int take_members(struct selection *selection, const struct group *group)
{
	int rc = 0;
	for (struct membership *member = group->first_member; member && rc == 0;
	     member = member->next_of_group)
		rc = take_host(selection, member->host, NULL);
	return rc;
}

int sshoal__selection_group(struct selection *selection, struct group *group)
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
		rc = take_members(selection, top);
		push_children(&walk, top);
	}
	free(walk.stack);
	free(walk.is_seen);
	return rc;
}
