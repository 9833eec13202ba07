/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_VALUE_H
#define SSHOAL_INVENTORY_CONFIG_VALUE_H

#include "inventory/config_line.h"

/*
 * Checks the words of a line as its keyword wants them and makes them its
 * values, each in one form: choices in lower case, times in seconds, ports as
 * numbers. rest is the line after its keyword, as it is. 0, SSHOAL_EFORMAT or
 * SSHOAL_ENOMEM.
 */
int sshoal__config_value_check(struct config_line *line, const char *rest,
			       struct store *store, sshoal_error *error);

/* Whether text is [user@]host[:port] or ssh://[user@]host[:port], and of names
 * that may stand in a command. */
bool sshoal__config_hop_is_valid(const char *text);

#endif
