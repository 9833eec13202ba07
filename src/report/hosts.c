/* SPDX-License-Identifier: MIT */
#include "report/hosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* Adds a value, beside those that are there. */
static int put(json_t *settings, const char *name, json_t *entry)
{
	json_t *there = json_object_get(settings, name);
	bool is_many = strcmp(name, "key") == 0;
	if (!there && !is_many)
		return json_object_set_new(settings, name, entry);
	if (json_is_array(there))
		return json_array_append_new(there, entry);
	json_t *list = json_array();
	int rc = list ? 0 : -1;
	if (rc == 0 && there)
		rc = json_array_append(list, there);
	if (rc == 0)
		rc = json_array_append_new(list, entry);
	else
		json_decref(entry);
	if (rc == 0)
		return json_object_set_new(settings, name, list);
	json_decref(list);
	return -1;
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

/* Whether a setting, or the first of a list of them, is from what begins so. */
static bool is_from(const json_t *setting, const char *what)
{
	if (json_is_array(setting))
		setting = json_array_get(setting, 0);
	const char *from = json_string_value(json_object_get(setting, "from"));
	return from && strncmp(from, what, strlen(what)) == 0;
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
	if (strcmp(name, "jump") == 0)
		return overrides->jump != NULL;
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
	if (overrides->jump)
		rc |= put(settings, "jump",
			  make_entry(overrides->jump, false, "-J"));
	for (size_t i = 0; i < overrides->key_file_count; i++)
		rc |= put(settings, "key",
			  make_entry(overrides->key_files[i], false, "-i"));
	return rc ? SSHOAL_ENOMEM : 0;
}

/* What a keyword of ssh_config is called here, where a hosts file has it. */
static const char *own_name(const char *keyword)
{
	static const char *const names[][2] = {
		{ "User", "user" },
		{ "Port", "port" },
		{ "IdentityFile", "key" },
		{ "UserKnownHostsFile", "known-hosts" },
		{ "StrictHostKeyChecking", "host-key-policy" },
		{ "ConnectTimeout", "connect-timeout" },
		{ "ProxyJump", "jump" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(names[i][0], keyword) == 0)
			return names[i][1];
	return keyword;
}

/* What its value means here: nothing in an ssh_config turns the check off. */
static const char *own_value(const char *name, const char *value)
{
	if (strcmp(name, "host-key-policy") != 0)
		return value;
	return strcmp(value, "yes") == 0 || strcmp(value, "ask") == 0 ?
		       "strict" :
		       "accept-new";
}

/* Who a host is to ssh_config, as far as it is known without it. */
static sshoal_client_options query_of(const struct show *show,
				      const sshoal_target *target,
				      const json_t *settings)
{
	const struct hosts_overrides *overrides = show->overrides;
	sshoal_client_options query = SSHOAL_CLIENT_OPTIONS_INIT;
	query.host = sshoal_target_host(target);
	bool wrote_user = is_from(json_object_get(settings, "user"), "-w");
	bool wrote_port = is_from(json_object_get(settings, "port"), "-w");
	if (wrote_user || (!overrides->user && !overrides->has_user))
		query.user = sshoal_target_user(target);
	else
		query.user = overrides->user;
	if (wrote_port || (!overrides->port && !overrides->has_port))
		query.port = sshoal_target_port(target);
	else
		query.port = overrides->port;
	return query;
}

/* Everything that ssh_config and -o have for a host. */
static int find_config(const struct show *show,
		       const sshoal_client_options *query, json_t *found,
		       sshoal_error *error)
{
	sshoal_setting setting;
	for (size_t i = 0;; i++) {
		int rc = sshoal_config_setting(show->overrides->config, query,
					       i, &setting, error);
		if (rc)
			return rc;
		const char *name = own_name(setting.name);
		setting.value = own_value(name, setting.value);
		if (put(found, name, entry_of(&setting)) != 0)
			return SSHOAL_ENOMEM;
	}
}

/* Weaker than what is there, but for -o, which only other options and the
 * expression are stronger than. */
static int merge_config(json_t *settings, json_t *found)
{
	const char *name;
	json_t *value;
	json_object_foreach(found, name, value)
	{
		const json_t *there = json_object_get(settings, name);
		bool is_given = is_from(value, "-o");
		if (there && (!is_given || is_from(there, "-")))
			continue;
		if (json_object_set(settings, name, value) != 0)
			return SSHOAL_ENOMEM;
	}
	return 0;
}

static int add_config(const struct show *show, json_t *event, json_t *settings,
		      const sshoal_target *target)
{
	sshoal_client_options query = query_of(show, target, settings);
	sshoal_config *config = show->overrides->config;
	sshoal_error error = { .code = 0 };
	json_t *found = json_object();
	int rc = found ? find_config(show, &query, found, &error) :
			 SSHOAL_ENOMEM;
	if (rc == SSHOAL_ENOENT)
		rc = merge_config(settings, found);
	json_decref(found);
	if (rc == SSHOAL_ENOMEM)
		return rc;
	/* What would fail the host is told, and so are its settings. */
	const char *host = query.host;
	if (rc == 0)
		rc = sshoal_config_lookup(config, host, &query, &error);
	if (rc == 0)
		return 0;
	json_t *text = sshoal__json_text(error.text);
	return json_object_set_new(event, "error", text) == 0 ? 0 :
								SSHOAL_ENOMEM;
}

static int fill_target(const struct show *show, json_t *event, json_t *settings,
		       size_t index)
{
	const sshoal_target *target = sshoal_hosts_target(show->hosts, index);
	int rc = add_files(show, settings, index);
	if (rc == 0)
		rc = add_others(show, settings, target);
	if (rc == 0 && show->overrides->config)
		rc = add_config(show, event, settings, target);
	if (rc)
		return rc;
	json_t *name = sshoal__json_text(sshoal_target_name(target));
	rc = json_object_set_new(event, "name", name);
	rc |= json_object_set(event, "settings", settings);
	return rc ? SSHOAL_ENOMEM : 0;
}

static int show_target(struct show *show, size_t index)
{
	const struct host host = {
		.index = index,
		.label = sshoal_hosts_name(show->hosts, index),
	};
	json_t *event = sshoal__json_event(&show->events, "host", &host);
	json_t *settings = json_object();
	int rc = event && settings ? fill_target(show, event, settings, index) :
				     SSHOAL_ENOMEM;
	json_decref(settings);
	if (rc == 0)
		return sshoal__json_emit(&show->events, event);
	json_decref(event);
	return rc;
}

/* The first event, or the last one. */
static int show_frame(struct show *show, bool is_start)
{
	json_t *event = sshoal__json_event(
		&show->events, is_start ? "start" : "summary", NULL);
	size_t count = sshoal_hosts_count(show->hosts);
	int rc = json_object_set_new(event, "targets",
				     json_integer((json_int_t)count));
	if (is_start) {
		rc |= json_object_set_new(event, "version",
					  json_string(sshoal_version()));
		rc |= json_object_set_new(event, "job", json_string("hosts"));
		rc |= json_object_set_new(event, "command", json_null());
	} else {
		rc |= json_object_set_new(event, "exit", json_integer(0));
	}
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
		rc = show_frame(&show, true);
	for (size_t i = 0; rc == 0 && i < sshoal_hosts_count(hosts); i++)
		rc = show_target(&show, i);
	if (rc == 0)
		rc = show_frame(&show, false);
	*error = (sshoal_error){ .code = rc };
	if (rc)
		(void)snprintf(error->text, sizeof error->text, "%s",
			       sshoal_error_text(rc));
	return rc;
}
