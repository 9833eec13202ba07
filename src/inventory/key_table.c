/* SPDX-License-Identifier: MIT */
#include "inventory/key_table.h"

#include <string.h>

/* The one table of a hosts file's keys. */

static const struct key_entry table[] = {
	{ "host", SETTING_HOST, KIND_HOST },
	{ "user", SETTING_USER, KIND_USER },
	{ "port", SETTING_PORT, KIND_PORT },
	{ "key", SETTING_KEY, KIND_PATH },
	{ "password", SETTING_PASSWORD, KIND_TEXT },
	{ "password-file", SETTING_PASSWORD_FILE, KIND_PATH },
	{ "passphrase-file", SETTING_PASSPHRASE_FILE, KIND_PATH },
	{ "known-hosts", SETTING_KNOWN_HOSTS, KIND_PATH },
	{ "host-key-policy", SETTING_HOST_KEY_POLICY, KIND_POLICY },
	{ "timeout", SETTING_TIMEOUT, KIND_TIME },
	{ "connect-timeout", SETTING_CONNECT_TIMEOUT, KIND_TIME },
	{ "login-timeout", SETTING_LOGIN_TIMEOUT, KIND_TIME },
	{ "jump", SETTING_JUMP, KIND_JUMP },
	{ "sudo-password-file", SETTING_SUDO_PASSWORD_FILE, KIND_PATH },
};

/* Names that begin so stand for any number of keys. */
static const struct key_entry prefixes[] = {
	{ "env.", SETTING_VARIABLE, KIND_VARIABLE },
	{ "var.", SETTING_VARIABLE, KIND_VARIABLE },
};

const struct key_entry *sshoal__key_table_find(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(prefixes[i].name, name, strlen(prefixes[i].name)) ==
		    0)
			return &prefixes[i];
	return NULL;
}
