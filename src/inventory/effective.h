/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_EFFECTIVE_H
#define SSHOAL_INVENTORY_EFFECTIVE_H

#include "inventory/inventory.h"
#include "inventory/target.h"

/* The settings that count for one host, by key. */
struct effective {
	struct ranked settings[SETTING_COUNT];
};

/* What counts for a host of the inventory: its own line, its groups, the
 * defaults. host NULL: one that is in no hosts file has the defaults only. */
void sshoal__effective_find(struct effective *effective,
			    const struct sshoal_inventory *inventory,
			    const struct host *host);

/* Writes it into a target that borrows everything and whose name is set. */
void sshoal__effective_apply(struct sshoal_target *target,
			     const struct effective *effective);

#endif
