/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_SETTING_H
#define SSHOAL_INVENTORY_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/store.h"
#include "inventory/place.h"

/* The keys that set something of a target. */
enum setting_key {
	SETTING_HOST,
	SETTING_USER,
	SETTING_PORT,
	SETTING_KEY,
	SETTING_PASSWORD,
	SETTING_PASSWORD_FILE,
	SETTING_PASSPHRASE_FILE,
	SETTING_KNOWN_HOSTS,
	SETTING_HOST_KEY_POLICY,
	SETTING_TIMEOUT,
	SETTING_CONNECT_TIMEOUT,
	SETTING_LOGIN_TIMEOUT,
	SETTING_JUMP,
	SETTING_SUDO_PASSWORD_FILE,
	SETTING_COUNT,
	SETTING_VARIABLE = SETTING_COUNT /* env.NAME, var.NAME and what plays
					    and other tools are told */
};

/* One "key=value" of a hosts file, checked. Its texts are borrowed. */
struct setting {
	const char *name; /* the key as written */
	const char *text; /* the value; of a file, its whole path */
	int64_t number;   /* port; milliseconds, -1 for none; policy */
	struct place place;
	struct setting *next;     /* another key of the same holder */
	struct setting_list *all; /* of SETTING_KEY: every value */
	enum setting_key key;
	bool is_secret; /* the text is never shown */
};

/* The values of a key that adds. */
struct setting_list {
	char **texts;
	struct place *places; /* of each */
	size_t count;
	size_t capacity;
};

/* What settings belong to: a host, a group or the defaults. At most one
 * setting a key. */
struct holder {
	struct setting *settings;
	struct setting *variables; /* the last one first */
};

/* Where settings are kept. */
struct settings {
	struct store *store;
	struct map *variables; /* of all holders, by holder and name */
	bool last_counts;      /* of two values; else they are an error */
};

/* A key and its value as they stand in a file, and where. */
struct setting_source {
	const char *name;
	const char *text;
	const char *folder; /* what relative paths start from; NULL: the
			       current one, whatever that is later */
	struct place name_place;
	struct place text_place;
	bool is_quoted; /* text is shorter than what is written */
};

/* Checks a key and its value. 0, SSHOAL_EFORMAT, SSHOAL_ENOENT (no home
 * folder for "~/") or SSHOAL_ENOMEM. No error shows a value. */
int sshoal__setting_read(struct setting *setting,
			 const struct setting_source *source,
			 struct store *store, sshoal_error *error);

/* Gives a setting to a holder. A key twice on one line, and another value than
 * the holder has, are SSHOAL_EFORMAT; a further SETTING_KEY is added. */
int sshoal__setting_add(struct holder *holder, const struct setting *setting,
			const struct settings *settings, sshoal_error *error);

/* The setting of one key, NULL where there is none. */
const struct setting *sshoal__setting_find(const struct holder *holder,
					   enum setting_key key);

#endif
