/* SPDX-License-Identifier: MIT */
#include "inventory/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "inventory/effective.h"
#include "inventory/inventory.h"

/* Which settings count for a target, and where they were found: first what is
 * about logging in, then the variables. */

/* The variables of one host by name, the strongest one each. */
struct variables {
	const struct setting **items;
	size_t count;
	size_t capacity;
};

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

static int find_variables(struct variables *all,
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

static const char *const names[SETTING_COUNT] = {
	[SETTING_HOST] = "host",
	[SETTING_USER] = "user",
	[SETTING_PORT] = "port",
	[SETTING_KEY] = "key",
	[SETTING_PASSWORD] = "password",
	[SETTING_PASSWORD_FILE] = "password-file",
	[SETTING_PASSPHRASE_FILE] = "passphrase-file",
	[SETTING_KNOWN_HOSTS] = "known-hosts",
	[SETTING_HOST_KEY_POLICY] = "host-key-policy",
	[SETTING_TIMEOUT] = "timeout",
	[SETTING_CONNECT_TIMEOUT] = "connect-timeout",
	[SETTING_LOGIN_TIMEOUT] = "login-timeout",
	[SETTING_JUMP] = "jump",
};

static void fill(sshoal_setting *out, const char *name,
		 const struct setting *setting, struct place place)
{
	*out = (sshoal_setting){
		.name = name,
		.value = setting->is_secret ? NULL : setting->text,
		.file = place.file,
		.line = place.line,
		.column = place.column,
		.is_secret = setting->is_secret,
	};
}

/* What was written in the expression is stronger than what the files say. NULL
 * where nothing was. */
static const char *written(const struct sshoal_target *target, size_t key)
{
	if (key == SETTING_USER && target->user_is_written)
		return target->user;
	if (key == SETTING_PORT && target->port_is_written)
		return target->port_text;
	return NULL;
}

/* The number-th of a target's settings; *number is less by those passed. */
static bool find_setting(sshoal_setting *out, size_t *number,
			 const struct sshoal_target *target,
			 const struct effective *effective)
{
	for (size_t key = 0; key < SETTING_COUNT; key++) {
		const struct setting *found = effective->settings[key].setting;
		const char *text = written(target, key);
		if (!found && !text)
			continue;
		size_t count = found && found->all ? found->all->count : 1;
		if (*number >= count) {
			*number -= count;
			continue;
		}
		if (text) {
			*out = (sshoal_setting){ .name = names[key],
						 .value = text };
			return true;
		}
		struct place place = found->place;
		if (found->all)
			place = found->all->places[*number];
		fill(out, names[key], found, place);
		if (found->all)
			out->value = found->all->texts[*number];
		return true;
	}
	return false;
}

int sshoal_hosts_setting(const sshoal_hosts *hosts, size_t index,
			 const sshoal_inventory *inventory, size_t number,
			 sshoal_setting *setting)
{
	const sshoal_target *target = sshoal_hosts_target(hosts, index);
	if (!target || !inventory || !setting || inventory->is_broken ||
	    target->source_host > inventory->hosts.count)
		return SSHOAL_EINVAL;
	const struct host *host =
		target->source_host ?
			inventory->hosts.hosts[target->source_host - 1] :
			NULL;
	struct effective effective;
	sshoal__effective_find(&effective, inventory, host);
	if (find_setting(setting, &number, target, &effective))
		return 0;
	struct variables variables = { .count = 0 };
	int rc = find_variables(&variables, inventory, host);
	if (rc == 0 && number >= variables.count)
		rc = SSHOAL_ENOENT;
	if (rc == 0) {
		const struct setting *found = variables.items[number];
		fill(setting, found->name, found, found->place);
	}
	free(variables.items);
	return rc;
}
