/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_KEY_TABLE_H
#define SSHOAL_INVENTORY_KEY_TABLE_H

#include "inventory/setting.h"

/* How the value of a key is read. */
enum key_kind {
	KIND_HOST,
	KIND_USER,
	KIND_PORT,
	KIND_PATH,
	KIND_TEXT,
	KIND_POLICY,
	KIND_TIME,
	KIND_JUMP,
	KIND_VARIABLE, /* the name begins with "env." or "var." */
};

struct key_entry {
	const char *name;
	enum setting_key key;
	enum key_kind kind;
};

/* What the table says of a key's name; NULL for an unknown one. */
const struct key_entry *sshoal__key_table_find(const char *name);

#endif
