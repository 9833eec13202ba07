/* SPDX-License-Identifier: MIT */
#include "inventory/setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/client.h>

#include "base/error.h"
#include "base/path.h"
#include "inventory/address.h"
#include "inventory/duration.h"
#include "inventory/jump.h"
#include "inventory/key_table.h"

/* A value is checked where it is written, so that every error has a place. A
 * value can be a secret, or a piece of one that was not quoted: it is never
 * shown. */

#define ENV_BYTES \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz0123456789"

struct reading {
	const struct setting_source *source;
	struct store *store;
	sshoal_error *error;
};

static int wrong(const struct reading *reading, size_t at, const char *why)
{
	struct place place = reading->source->text_place;
	if (!reading->source->is_quoted)
		place.column += (uint32_t)at;
	return sshoal__place_error(reading->error, SSHOAL_EFORMAT, place, "%s",
				   why);
}

static int read_host(struct setting *setting, const struct reading *reading)
{
	const char *text = reading->source->text;
	size_t n = strlen(text);
	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		char *inner =
			sshoal__store_text(reading->store, text + 1, n - 2);
		if (!inner)
			return sshoal__error_code(reading->error,
						  SSHOAL_ENOMEM);
		if (sshoal__name_is_ipv6(inner)) {
			setting->text = inner;
			return 0;
		}
	}
	size_t at = 0;
	if (sshoal__name_is_ipv6(text))
		return 0;
	const char *why = sshoal__name_fault_host(text, &at);
	if (!why)
		return 0;
	return wrong(reading, at,
		     text[at] == ':' ?
			     "a colon in a name: set the port by port=" :
			     why);
}

static int read_user(const struct reading *reading)
{
	size_t at = 0;
	const char *why = sshoal__name_fault_user(reading->source->text, &at);
	return why ? wrong(reading, at, why) : 0;
}

static int read_port(struct setting *setting, const struct reading *reading)
{
	setting->number = sshoal__address_port(reading->source->text);
	if (setting->number == 0)
		return wrong(reading, 0,
			     "no port: write a number from 1 to 65535");
	return 0;
}

static int read_policy(struct setting *setting, const struct reading *reading)
{
	static const struct {
		const char *name;
		int policy;
	} policies[] = {
		{ "strict", SSHOAL_HOST_KEY_STRICT },
		{ "accept-new", SSHOAL_HOST_KEY_ACCEPT_NEW },
		{ "off", SSHOAL_HOST_KEY_OFF },
	};
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		if (strcmp(policies[i].name, reading->source->text) == 0) {
			setting->number = policies[i].policy;
			return 0;
		}
	return wrong(reading, 0,
		     "no such policy: write strict, accept-new or off");
}

static int read_time(struct setting *setting, const struct reading *reading)
{
	int64_t ms = 0;
	if (!sshoal__duration_parse(&ms, reading->source->text))
		return wrong(reading, 0,
			     "no time: write a number with ms, s, m or h after "
			     "it, at most 10000h; 0 is none");
	setting->number = ms ? ms : -1;
	return 0;
}

static int read_jump(const struct reading *reading)
{
	struct jump jump;
	size_t at = 0;
	const char *why = sshoal__jump_init(&jump, reading->source->text, &at);
	sshoal__jump_fini(&jump);
	if (why && at == SIZE_MAX)
		return sshoal__error_code(reading->error, SSHOAL_ENOMEM);
	return why ? wrong(reading, at, why) : 0;
}

/* The whole path of a file. */
static int read_path(struct setting *setting, const struct reading *reading)
{
	const struct setting_source *source = reading->source;
	bool is_home = source->text[0] == '~';
	if (source->text[0] == '/' || (!source->folder && !is_home))
		return 0;
	if (source->text[0] == '~' && source->text[1] != '/')
		return wrong(reading, 0,
			     "only \"~/\" is expanded: write the whole path, "
			     "or ./~ for a file of that name");
	char *path = NULL;
	if (source->text[0] == '~') {
		int rc = sshoal__path_expand(&path, source->text);
		if (rc == SSHOAL_ENOENT)
			return sshoal__place_error(
				reading->error, rc, source->text_place,
				"no home folder for \"~/\": set HOME or write "
				"the whole path");
		if (rc)
			return sshoal__error_code(reading->error, rc);
	} else {
		bool is_root = strcmp(source->folder, "/") == 0;
		if (asprintf(&path, "%s/%s", is_root ? "" : source->folder,
			     source->text) < 0)
			return sshoal__error_code(reading->error,
						  SSHOAL_ENOMEM);
	}
	setting->text = sshoal__store_text(reading->store, path, strlen(path));
	free(path);
	return setting->text ?
		       0 :
		       sshoal__error_code(reading->error, SSHOAL_ENOMEM);
}

static int read_variable(const struct reading *reading)
{
	const char *name = reading->source->name;
	size_t n = strspn(name + 4, ENV_BYTES);
	bool is_digit = name[4] >= '0' && name[4] <= '9';
	if (n > 0 && !name[4 + n] && !is_digit)
		return 0;
	struct place place = reading->source->name_place;
	place.column += 4 + (uint32_t)(is_digit ? 0 : n);
	return sshoal__place_error(
		reading->error, SSHOAL_EFORMAT, place,
		"no name of a variable: write letters, digits and _ after the "
		"dot, no digit first");
}

static int read_value(struct setting *setting, const struct reading *reading,
		      enum key_kind kind)
{
	bool may_be_empty = kind == KIND_VARIABLE;
	if (!reading->source->text[0] && !may_be_empty)
		return wrong(reading, 0,
			     "no value: write one or leave the key out");
	switch (kind) {
	case KIND_HOST:
		return read_host(setting, reading);
	case KIND_USER:
		return read_user(reading);
	case KIND_PORT:
		return read_port(setting, reading);
	case KIND_PATH:
		return read_path(setting, reading);
	case KIND_TEXT:
		return 0;
	case KIND_POLICY:
		return read_policy(setting, reading);
	case KIND_TIME:
		return read_time(setting, reading);
	case KIND_JUMP:
		return read_jump(reading);
	case KIND_VARIABLE:
		return read_variable(reading);
	}
	return SSHOAL_EINVAL;
}

int sshoal__setting_read(struct setting *setting,
			 const struct setting_source *source,
			 struct store *store, sshoal_error *error)
{
	const struct key_entry *entry = sshoal__key_table_find(source->name);
	if (!source->name[0])
		return sshoal__place_error(
			error, SSHOAL_EFORMAT, source->name_place,
			"no key before the equals sign: write KEY=VALUE");
	if (!entry)
		return sshoal__place_error(
			error, SSHOAL_EFORMAT, source->name_place,
			"unknown key: correct it, or begin it with var. for a "
			"variable");
	struct setting made = {
		.name = source->name,
		.text = source->text,
		.place = source->name_place,
		.key = entry->key,
		.is_secret = entry->key == SETTING_PASSWORD,
	};
	struct reading reading = {
		.source = source,
		.store = store,
		.error = error,
	};
	int rc = read_value(&made, &reading, entry->kind);
	if (rc == 0)
		*setting = made;
	return rc;
}
