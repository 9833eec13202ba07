/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_SELECTION_H
#define SSHOAL_INVENTORY_SELECTION_H

#include <stddef.h>

#include "base/map.h"
#include "base/store.h"
#include "inventory/address.h"
#include "inventory/hosts.h"
#include "inventory/inventory.h"

/* The targets chosen so far, each once: name, user and port as written. */
struct selection {
	struct sshoal_hosts *hosts;
	const struct sshoal_inventory *inventory; /* may be NULL */
	size_t *places;     /* by host of the inventory: its target's index
				+ 1, or 0 */
	struct map others;  /* targets that are no host of it, by identity */
	struct store store; /* of the identities */
};

/* hosts and inventory are borrowed. 0 or SSHOAL_ENOMEM; fini either way. */
int sshoal__selection_init(struct selection *selection,
			   struct sshoal_hosts *hosts,
			   const struct sshoal_inventory *inventory);
void sshoal__selection_fini(struct selection *selection);

/* Every host of the inventory. 0 or SSHOAL_ENOMEM. */
int sshoal__selection_add_all(struct selection *selection);

/* The hosts of no group. 0 or SSHOAL_ENOMEM. */
int sshoal__selection_add_ungrouped(struct selection *selection);

/* The hosts of a group, then those of its children. 0 or SSHOAL_ENOMEM. */
int sshoal__selection_add_group(struct selection *selection,
				struct group *group);

/*
 * What an address names: the hosts of the inventory that have its name and, if
 * some do, its user and port; else those of its name, with its user and port;
 * else a host that is in no hosts file. 0, SSHOAL_ENOENT (the inventory is
 * restricted and has no such name) or SSHOAL_ENOMEM.
 */
int sshoal__selection_add_address(struct selection *selection,
				  const struct address *address);

#endif
