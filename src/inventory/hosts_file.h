/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_HOSTS_FILE_H
#define SSHOAL_INVENTORY_HOSTS_FILE_H

#include "inventory/inventory.h"

/*
 * Adds what a hosts file says to an inventory, which goes on to use the
 * source's bytes and overwrites them. The groups are to be resolved
 * afterwards. 0, SSHOAL_EFORMAT, SSHOAL_EACCESS (a password others can read),
 * SSHOAL_ENOENT (no home folder) or SSHOAL_ENOMEM.
 */
int sshoal__hosts_file_parse(struct sshoal_inventory *inventory,
			     struct hosts_source *source, sshoal_error *error);

#endif
