/* SPDX-License-Identifier: MIT */
#include "inventory/hosts_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "inventory/ansible.h"

/*
 * One object: a member for each group, and "_meta" with the variables of the
 * hosts. Where it is wrong is told by the names on the way to there, since
 * Jansson keeps no lines.
 */

bool sshoal__hosts_json_is(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '{';
}

/* The place of something in the file: "FILE: a.b". */
static int find_place(struct place *place, const struct reader *reader,
		      const char *first, const char *second)
{
	char *text = NULL;
	int n = asprintf(&text, "%s: %s%s%s", reader->source->path, first,
			 second ? "." : "", second ? second : "");
	if (n < 0)
		return sshoal__reader_no_memory(reader);
	char *kept =
		sshoal__store_text(&reader->inventory->store, text, (size_t)n);
	free(text);
	*place = (struct place){ .file = kept };
	return kept ? 0 : sshoal__reader_no_memory(reader);
}

static int wrong(const struct reader *reader, struct place place,
		 const char *why)
{
	return sshoal__place_error(reader->error, SSHOAL_EFORMAT, place, "%s",
				   why);
}

/* Adds the name of the key to an error that has its place. */
static void name_key(sshoal_error *error, const char *file, const char *key)
{
	char why[sizeof error->text];
	const char *colon = strstr(error->text, ": ");
	const char *second = colon ? strstr(colon + 2, ": ") : NULL;
	if (!second)
		return;
	(void)snprintf(why, sizeof why, "%s", second + 2);
	(void)sshoal__error_set(error, error->code, "%s.%s: %s", file, key,
				why);
}

/* A value as text for free(3); NULL when memory refuses. */
static char *text_of(const json_t *value)
{
	char *text = NULL;
	switch (json_typeof(value)) {
	case JSON_STRING:
		return strdup(json_string_value(value));
	case JSON_TRUE:
		return strdup("true");
	case JSON_FALSE:
		return strdup("false");
	case JSON_INTEGER:
		if (asprintf(&text, "%lld",
			     (long long)json_integer_value(value)) < 0)
			return NULL;
		return text;
	case JSON_NULL:
	case JSON_REAL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

static int read_member(const struct reader *reader,
		       struct reader_settings *settings, struct place place,
		       const char *key, const json_t *value)
{
	char *text = text_of(value);
	if (!text)
		return sshoal__reader_no_memory(reader);
	struct store *store = &reader->inventory->store;
	struct setting_source source = {
		.name = sshoal__store_text(store, key, strlen(key)),
		.text = sshoal__store_text(store, text, strlen(text)),
		.folder = reader->source->folder,
		.name_place = place,
		.text_place = place,
		.is_quoted = true,
	};
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	if (!source.name || !source.text)
		return sshoal__reader_no_memory(reader);
	int rc = sshoal__ansible_read(reader, settings, &source);
	if (rc && reader->error)
		name_key(reader->error, place.file, key);
	return rc;
}

/* The variables of a host or a group. */
static int read_members(const struct reader *reader,
			struct reader_settings *settings, struct place place,
			json_t *members)
{
	const char *key;
	json_t *value;
	if (!json_is_object(members))
		return wrong(reader, place,
			     "no object: variables are \"NAME\": VALUE");
	json_object_foreach(members, key, value)
	{
		if (json_is_null(value))
			continue;
		int rc = read_member(reader, settings, place, key, value);
		if (rc)
			return rc;
	}
	return 0;
}

static int add_host(const struct reader *reader, struct place place,
		    const char *name, const struct reader_settings *settings)
{
	char *copy = sshoal__store_text(&reader->inventory->store, name,
					strlen(name));
	if (!copy)
		return sshoal__reader_no_memory(reader);
	struct address address;
	size_t at = 0;
	const char *why = sshoal__address_parse(&address, copy, &at);
	if (why)
		return wrong(reader, place, why);
	return sshoal__reader_add_host(reader, &address, settings);
}

/* The names of hosts in a list. */
static int read_hosts(const struct reader *reader, struct place place,
		      const json_t *list)
{
	static const struct reader_settings none = { .items = NULL };
	if (!json_is_array(list))
		return wrong(reader, place, "no list of hosts");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		if (!name)
			return wrong(reader, place, "a host that is no string");
		int rc = add_host(reader, place, name, &none);
		if (rc)
			return rc;
	}
	return 0;
}

/* A group of a name; also NULL in *group for those that list no members. */
static int find_group(const struct reader *reader, struct group **group,
		      struct place place, const char *name)
{
	struct sshoal_inventory *inventory = reader->inventory;
	size_t at = 0;
	*group = NULL;
	if (strcmp(name, "ungrouped") == 0)
		return 0;
	const char *why = sshoal__name_fault_group(name, &at);
	if (why)
		return wrong(reader, place, why);
	char *kept = sshoal__store_text(&inventory->store, name, strlen(name));
	int rc = kept ? sshoal__group_get(group, &inventory->groups, kept,
					  place, &inventory->store) :
			SSHOAL_ENOMEM;
	if (rc)
		return sshoal__reader_no_memory(reader);
	/* Groups without hosts are named and left out. */
	(*group)->is_defined = true;
	return 0;
}

static int read_children(const struct reader *reader, struct place place,
			 const json_t *list)
{
	struct sshoal_inventory *inventory = reader->inventory;
	if (!json_is_array(list))
		return wrong(reader, place, "no list of groups");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		struct group *child = NULL;
		if (!name)
			return wrong(reader, place,
				     "a group that is no string");
		int rc = find_group(reader, &child, place, name);
		if (rc)
			return rc;
		if (child == inventory->groups.groups[0])
			return wrong(reader, place,
				     "all is the group of everything: it is in "
				     "no other");
		/* Every group is a child of "all" as it is. */
		bool is_plain = child && reader->group;
		if (is_plain &&
		    sshoal__group_add_child(&inventory->groups, reader->group,
					    child, place, &inventory->store))
			return sshoal__reader_no_memory(reader);
	}
	return 0;
}

/* Where the members of a group are: "all" and "ungrouped" have none. */
static int read_group(struct reader *reader, const char *name, json_t *value)
{
	struct place place = { .file = NULL };
	struct group *group = NULL;
	struct reader_settings settings = { .items = NULL };
	int rc = find_place(&place, reader, name, NULL);
	if (rc == 0)
		rc = find_group(reader, &group, place, name);
	if (rc)
		return rc;
	bool is_all = group == reader->inventory->groups.groups[0];
	reader->group = is_all ? NULL : group;
	if (json_is_array(value))
		return read_hosts(reader, place, value);
	if (!json_is_object(value))
		return wrong(reader, place,
			     "neither a group nor a list of "
			     "hosts");
	const json_t *hosts = json_object_get(value, "hosts");
	const json_t *children = json_object_get(value, "children");
	json_t *vars = json_object_get(value, "vars");
	if (hosts)
		rc = read_hosts(reader, place, hosts);
	if (rc == 0 && children)
		rc = read_children(reader, place, children);
	if (rc == 0 && vars && group)
		rc = read_members(reader, &settings, place, vars);
	if (rc == 0 && group)
		rc = sshoal__reader_give(reader, &group->holder, &settings);
	sshoal__reader_settings_fini(&settings);
	return rc;
}

/* The variables of the hosts, and hosts that are in no group. */
static int read_meta(struct reader *reader, json_t *meta)
{
	const char *name;
	json_t *members;
	json_t *all = json_object_get(meta, "hostvars");
	reader->group = NULL;
	json_object_foreach(all, name, members)
	{
		struct reader_settings settings = { .items = NULL };
		struct place place = { .file = NULL };
		int rc = find_place(&place, reader, "_meta.hostvars", name);
		if (rc == 0)
			rc = read_members(reader, &settings, place, members);
		if (rc == 0)
			rc = add_host(reader, place, name, &settings);
		sshoal__reader_settings_fini(&settings);
		if (rc)
			return rc;
	}
	return 0;
}

static int read_root(struct reader *reader, json_t *root)
{
	const char *name;
	json_t *value;
	json_object_foreach(root, name, value)
	{
		if (strcmp(name, "_meta") == 0)
			continue;
		int rc = read_group(reader, name, value);
		if (rc)
			return rc;
	}
	return read_meta(reader, json_object_get(root, "_meta"));
}

/* NOLINTBEGIN(misc-no-recursion): Jansson reads no more than 2048 levels. */

/* Overwrites the strings, which may be passwords. */
static void wipe(json_t *value)
{
	const char *key;
	json_t *member;
	if (json_is_string(value)) {
		size_t n = json_string_length(value);
		char *text = NULL;
		const char *bytes = json_string_value(value);
		memcpy(&text, &bytes, sizeof text);
		OPENSSL_cleanse(text, n);
	} else if (json_is_object(value)) {
		json_object_foreach(value, key, member)
		{
			wipe(member);
		}
	} else {
		for (size_t i = 0; i < json_array_size(value); i++)
			wipe(json_array_get(value, i));
	}
}

/* NOLINTEND(misc-no-recursion) */

int sshoal__hosts_json_read(struct reader *reader, const char *text,
			    size_t size)
{
	json_error_t fault;
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
	if (!root) {
		struct place place = {
			.file = reader->source->path,
			.line = (uint32_t)fault.line,
			.column = fault.column > 0 ? (uint32_t)fault.column : 1,
		};
		if (json_error_code(&fault) == json_error_out_of_memory)
			return sshoal__reader_no_memory(reader);
		/* What Jansson says may have a piece of a secret in it. */
		return wrong(reader, place,
			     "no JSON as ansible-inventory --list writes it: "
			     "correct it here");
	}
	reader->is_ansible = true;
	int rc = read_root(reader, root);
	wipe(root);
	json_decref(root);
	return rc;
}
