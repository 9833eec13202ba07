/* SPDX-License-Identifier: MIT */
#include "inventory/effective.h"

/* From the weakest to the strongest: the defaults, the groups by their rank,
 * the host's own line. */

#define RANK_HOST SIZE_MAX

static void override(struct effective *effective, const struct holder *holder,
		     size_t rank)
{
	for (const struct setting *setting = holder->settings; setting;
	     setting = setting->next)
		effective->settings[setting->key] =
			(struct ranked){ setting, rank };
}

static void add_group(struct effective *effective, const struct group *group)
{
	for (size_t key = 0; key < SETTING_COUNT; key++)
		if (group->applied[key].rank > effective->settings[key].rank)
			effective->settings[key] = group->applied[key];
}

/* A password here is stronger than a password file further away, and the other
 * way round. */
static void choose_password(struct effective *effective)
{
	struct ranked *text = &effective->settings[SETTING_PASSWORD];
	struct ranked *file = &effective->settings[SETTING_PASSWORD_FILE];
	if (!text->setting || !file->setting)
		return;
	struct ranked *weaker = text->rank < file->rank ? text : file;
	weaker->setting = NULL;
}

void sshoal__effective_find(struct effective *effective,
			    const struct sshoal_inventory *inventory,
			    const struct host *host)
{
	*effective = (struct effective){ .settings = { { NULL, 0 } } };
	override(effective, &inventory->defaults, 0);
	if (host) {
		add_group(effective, inventory->groups.groups[0]);
		for (const struct membership *member = host->memberships;
		     member; member = member->next_of_host)
			add_group(effective, member->group);
		override(effective, &host->holder, RANK_HOST);
	}
	choose_password(effective);
}

static void apply(struct sshoal_target *target, const struct setting *setting)
{
	char *text = (char *)setting->text;
	switch (setting->key) {
	case SETTING_HOST:
		target->host = text;
		return;
	case SETTING_USER:
		target->user = text;
		return;
	case SETTING_PORT:
		target->port = (uint32_t)setting->number;
		return;
	case SETTING_KEY:
		target->key_files = setting->all->texts;
		target->key_file_count = setting->all->count;
		return;
	case SETTING_PASSWORD:
		target->password = text;
		return;
	case SETTING_PASSWORD_FILE:
		target->password_file = text;
		return;
	case SETTING_PASSPHRASE_FILE:
		target->passphrase_file = text;
		return;
	case SETTING_KNOWN_HOSTS:
		target->known_hosts_file = text;
		return;
	case SETTING_HOST_KEY_POLICY:
		target->host_key_policy = (uint32_t)setting->number;
		return;
	case SETTING_TIMEOUT:
		target->timeout_ms = setting->number;
		return;
	case SETTING_CONNECT_TIMEOUT:
		target->connect_timeout_ms = setting->number;
		return;
	case SETTING_LOGIN_TIMEOUT:
		target->login_timeout_ms = setting->number;
		return;
	case SETTING_JUMP:
		target->jump = text;
		return;
	case SETTING_SUDO_PASSWORD_FILE:
		target->sudo_password_file = text;
		return;
	case SETTING_COUNT:
		return;
	}
}

void sshoal__effective_apply(struct sshoal_target *target,
			     const struct effective *effective)
{
	target->host = target->name;
	for (size_t key = 0; key < SETTING_COUNT; key++)
		if (effective->settings[key].setting)
			apply(target, effective->settings[key].setting);
}
