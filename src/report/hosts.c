/* SPDX-License-Identifier: MIT */
#include "report/hosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sshoal/version.h>

#include "report/json_event.h"
#include "report/json_value.h"

/* start, an event "host" for each target, summary. A setting is an object with
 * its value, or that there is a secret, and what it is from; a key that may be
 * set several times is a list of them. */

struct show {
	struct json_events events;
	const sshoal_hosts *hosts;
	const sshoal_inventory *inventory;
	const struct hosts_overrides *overrides;
};

/* An object with what a value is and where it is from. */
static json_t *make_entry(const char *value, bool is_secret, const char *from)
{
	json_t *entry = json_object();
	int rc = is_secret ? json_object_set_new(entry, "secret", json_true()) :
			     json_object_set_new(entry, "value",
						 sshoal__json_text(value));
	rc |= json_object_set_new(entry, "from", sshoal__json_text(from));
	if (rc == 0)
		return entry;
	json_decref(entry);
	return NULL;
}

static int put(json_t *settings, const char *name, json_t *entry)
{
	if (strcmp(name, "key") != 0)
		return json_object_set_new(settings, name, entry);
	json_t *list = json_object_get(settings, name);
	if (list)
		return json_array_append_new(list, entry);
	list = json_array();
	if (!list || json_array_append_new(list, entry) != 0) {
		json_decref(list);
		return -1;
	}
	return json_object_set_new(settings, name, list);
}

static json_t *entry_of(const sshoal_setting *setting)
{
	if (!setting->file)
		return make_entry(setting->value, false, "-w");
	char *from = NULL;
	int n = setting->line ?
			asprintf(&from, "%s:%u", setting->file, setting->line) :
			asprintf(&from, "%s", setting->file);
	if (n < 0)
		return NULL;
	json_t *entry =
		make_entry(setting->value, setting->is_secret != 0, from);
	free(from);
	return entry;
}

/* Whether an option says it instead of the files. What is in the expression is
 * stronger than an option. */
static bool is_overridden(const struct show *show,
			  const sshoal_setting *setting)
{
	const struct hosts_overrides *overrides = show->overrides;
	const char *name = setting->name;
	if (!setting->file)
		return false;
	if (strcmp(name, "user") == 0)
		return overrides->user != NULL;
	if (strcmp(name, "port") == 0)
		return overrides->port != 0;
	return strcmp(name, "key") == 0 && overrides->key_file_count > 0;
}

static int add_files(const struct show *show, json_t *settings, size_t index)
{
	sshoal_setting setting;
	for (size_t i = 0;; i++) {
		int rc = sshoal_hosts_setting(show->hosts, index,
					      show->inventory, i, &setting);
		if (rc == SSHOAL_ENOENT)
			return 0;
		if (rc)
			return rc;
		if (is_overridden(show, &setting))
			continue;
		if (put(settings, setting.name, entry_of(&setting)) != 0)
			return SSHOAL_ENOMEM;
	}
}

/* What is not from the files. */
static int add_others(const struct show *show, json_t *settings,
		      const sshoal_target *target)
{
	const struct hosts_overrides *overrides = show->overrides;
	char port[16];
	(void)snprintf(port, sizeof port, "%u", overrides->port);
	int rc = 0;
	if (!json_object_get(settings, "host"))
		rc |= put(
			settings, "host",
			make_entry(sshoal_target_host(target), false, "name"));
	if (overrides->user && !json_object_get(settings, "user"))
		rc |= put(settings, "user",
			  make_entry(overrides->user, false, "-l"));
	if (overrides->port && !json_object_get(settings, "port"))
		rc |= put(settings, "port", make_entry(port, false, "-p"));
	for (size_t i = 0; i < overrides->key_file_count; i++)
		rc |= put(settings, "key",
			  make_entry(overrides->key_files[i], false, "-i"));
	return rc ? SSHOAL_ENOMEM : 0;
}

static int show_target(struct show *show, size_t index)
{
	const sshoal_target *target = sshoal_hosts_target(show->hosts, index);
	const struct host host = {
		.index = index,
		.label = sshoal_target_label(target),
	};
	json_t *event = sshoal__json_event(&show->events, "host", &host);
	json_t *settings = json_object();
	int rc = event && settings ? add_files(show, settings, index) :
				     SSHOAL_ENOMEM;
	if (rc == 0)
		rc = add_others(show, settings, target);
	if (rc == 0 && json_object_set_new(event, "name",
					   sshoal__json_text(sshoal_target_name(
						   target))) != 0)
		rc = SSHOAL_ENOMEM;
	if (rc == 0 && json_object_set(event, "settings", settings) != 0)
		rc = SSHOAL_ENOMEM;
	json_decref(settings);
	if (rc == 0)
		return sshoal__json_emit(&show->events, event);
	json_decref(event);
	return rc;
}

static int show_frame(struct show *show, const char *name, const char *key,
		      json_t *value)
{
	json_t *event = sshoal__json_event(&show->events, name, NULL);
	size_t count = sshoal_hosts_count(show->hosts);
	int rc = json_object_set_new(event, "targets",
				     json_integer((json_int_t)count));
	rc |= json_object_set_new(event, key, value);
	if (rc) {
		json_decref(event);
		return SSHOAL_ENOMEM;
	}
	return sshoal__json_emit(&show->events, event);
}

int sshoal__hosts_show(struct console *console, const sshoal_hosts *hosts,
		       const sshoal_inventory *inventory,
		       const struct hosts_overrides *overrides,
		       sshoal_error *error)
{
	struct show show = {
		.hosts = hosts,
		.inventory = inventory,
		.overrides = overrides,
	};
	int rc = sshoal__json_events_init(&show.events, console);
	if (rc == 0)
		rc = show_frame(&show, "start", "job", json_string("hosts"));
	for (size_t i = 0; rc == 0 && i < sshoal_hosts_count(hosts); i++)
		rc = show_target(&show, i);
	if (rc == 0)
		rc = show_frame(&show, "summary", "exit", json_integer(0));
	if (rc)
		*error = (sshoal_error){ .code = rc };
	if (rc)
		(void)snprintf(error->text, sizeof error->text, "%s",
			       sshoal_error_text(rc));
	return rc;
}
