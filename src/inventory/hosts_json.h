/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_HOSTS_JSON_H
#define SSHOAL_INVENTORY_HOSTS_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/reader.h"

/* Whether a hosts file is JSON: no line of the other form begins so. */
bool sshoal__hosts_json_is(const char *text);

/*
 * Reads what "ansible-inventory --list" writes, and the inventory scripts that
 * Ansible runs. What returns is sshoal__hosts_file_parse()'s.
 */
int sshoal__hosts_json_read(struct reader *reader, const char *text,
			    size_t size);

#endif
