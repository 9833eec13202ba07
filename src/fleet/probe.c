/* SPDX-License-Identifier: MIT */
#include "fleet/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include <sshoal/error.h>

#include "fleet/run.h"

/* A host that could not be reached, or never looked at the password, says
 * nothing of it: the next one takes its place. */

static struct probe_group *group_of(struct probe *probe, const char *password)
{
	struct probe_group *group = sshoal__map_get(&probe->groups, password);
	if (group)
		return group;
	group = calloc(1, sizeof *group);
	if (!group)
		return NULL;
	group->last = &group->first;
	if (sshoal__map_put(&probe->groups, password, group) != 0) {
		free(group);
		return NULL;
	}
	return group;
}

/* Those that have both passwords in common. */
static struct probe_group *group_of_plan(struct probe *probe,
					 const struct plan *plan)
{
	const char *login = plan->password ? plan->password : "";
	if (!plan->sudo_password)
		return group_of(probe, login);
	/* No password has a newline. */
	size_t size = strlen(login) + strlen(plan->sudo_password) + 2;
	char *both = malloc(size);
	if (!both)
		return NULL;
	(void)snprintf(both, size, "%s\n%s", login, plan->sudo_password);
	/* The map borrows its keys. */
	struct probe_group *group = sshoal__map_get(&probe->groups, both);
	if (!group) {
		group = group_of(probe, both);
		if (group) {
			group->name = both;
			return group;
		}
	}
	OPENSSL_cleanse(both, size);
	free(both);
	return group;
}

int sshoal__probe_init(struct probe *probe, struct run *run)
{
	*probe = (struct probe){ .freed = NULL };
	probe->freed_last = &probe->freed;
	if (run->settings->options.flags & SSHOAL_FLEET_NO_PASSWORD_PROBE)
		return 0;
	for (size_t i = 0; i < run->count; i++) {
		struct task *task = &run->tasks[i];
		if (!task->plan.password && !task->plan.sudo_password)
			continue;
		task->probe = group_of_plan(probe, &task->plan);
		if (!task->probe)
			return SSHOAL_ENOMEM;
		task->probe->count++;
	}
	return 0;
}

void sshoal__probe_fini(struct probe *probe)
{
	size_t at = 0;
	struct probe_group *group = sshoal__map_next(&probe->groups, &at);
	for (; group; group = sshoal__map_next(&probe->groups, &at)) {
		if (group->name)
			OPENSSL_cleanse(group->name, strlen(group->name));
		free(group->name);
		free(group);
	}
	sshoal__map_fini(&probe->groups);
}

static bool is_refused(const struct probe_group *group)
{
	return !group->open && group->refused >= PROBE_HOSTS;
}

static bool has_room(const struct probe_group *group)
{
	return group->open || group->count <= PROBE_HOSTS ||
	       group->trying + group->refused + group->freed < PROBE_HOSTS;
}

static void unfree(struct probe_group *group, struct task *task)
{
	group->freed -= task->freed;
	task->freed = false;
}

enum probe_word sshoal__probe_enter(struct task *task)
{
	struct probe_group *group = task->probe;
	if (!group || task->probing)
		return PROBE_GO;
	unfree(group, task);
	if (is_refused(group))
		return PROBE_END;
	if (!has_room(group)) {
		task->next = NULL;
		*group->last = task;
		group->last = &task->next;
		return PROBE_WAIT;
	}
	task->probing = true;
	group->trying++;
	return PROBE_GO;
}

static void note_refusal(struct probe_group *group, const struct task *task)
{
	size_t used = strlen(group->hosts);
	group->refused++;
	(void)snprintf(group->hosts + used, sizeof group->hosts - used,
		       "%s%.40s", used ? ", " : "",
		       sshoal_target_label(task->target));
}

static void release(struct probe *probe, struct probe_group *group)
{
	/* Those that were given back and have not entered have their places:
	 * else more would come than there are, and go behind all others. */
	size_t taken = group->trying + group->refused + group->freed;
	size_t places = taken < PROBE_HOSTS ? PROBE_HOSTS - taken : 0;
	bool all = group->open || is_refused(group);
	while (group->first && (all || places > 0)) {
		struct task *task = group->first;
		group->first = task->next;
		if (!group->first)
			group->last = &group->first;
		task->next = NULL;
		task->freed = true;
		group->freed++;
		*probe->freed_last = task;
		probe->freed_last = &task->next;
		places -= all ? 0 : 1;
	}
}

void sshoal__probe_leave(struct probe *probe, struct task *task, bool logged_in,
			 enum password_fate fate)
{
	struct probe_group *group = task->probe;
	if (!group)
		return;
	unfree(group, task);
	if (task->probing) {
		task->probing = false;
		group->trying--;
		if (fate == PASSWORD_REFUSED)
			note_refusal(group, task);
	}
	group->open |= logged_in || fate == PASSWORD_ACCEPTED;
	release(probe, group);
}

struct task *sshoal__probe_freed(struct probe *probe)
{
	struct task *task = probe->freed;
	if (!task)
		return NULL;
	probe->freed = task->next;
	if (!probe->freed)
		probe->freed_last = &probe->freed;
	return task;
}
