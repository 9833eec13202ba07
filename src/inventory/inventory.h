/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_INVENTORY_H
#define SSHOAL_INVENTORY_INVENTORY_H

#include <stdatomic.h>
#include <stdbool.h>

#include <sshoal/inventory.h>

#include "base/store.h"
#include "inventory/group.h"
#include "inventory/host.h"
#include "inventory/setting.h"
#include "inventory/source.h"

/* What the hosts files say. The names in it lie in the sources' bytes or in
 * the store. */
struct sshoal_inventory {
	atomic_uint refs; /* the caller's, and one for each list */
	struct store store;
	struct hosts_source *sources;
	struct host_list hosts;
	struct group_list groups;
	struct holder defaults;
	struct map variables;
	bool is_restricted;
	bool is_broken; /* a load failed halfway */
};

#endif
