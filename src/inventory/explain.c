/* SPDX-License-Identifier: MIT */
#include "inventory/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "inventory/effective.h"
#include "inventory/inventory.h"
#include "inventory/variables.h"

/* Which settings count for a target, and where they were found: first what is
 * about logging in, then the variables. */

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
	[SETTING_SUDO_PASSWORD_FILE] = "sudo-password-file",
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
	int rc = sshoal__variables_find(&variables, inventory, host);
	if (rc == 0 && number >= variables.count)
		rc = SSHOAL_ENOENT;
	if (rc == 0) {
		const struct setting *found = variables.items[number];
		fill(setting, found->name, found, found->place);
	}
	sshoal__variables_fini(&variables);
	return rc;
}
