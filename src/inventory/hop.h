/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_HOP_H
#define SSHOAL_INVENTORY_HOP_H

#include <sshoal/inventory.h>

#include "inventory/jump.h"
#include "inventory/target.h"

/* Makes a host of a jump: what the hosts files say of it, and over that what
 * is written. inventory may be NULL. 0 or SSHOAL_ENOMEM. */
int sshoal__hop_new(struct sshoal_target **hop,
		    const sshoal_inventory *inventory,
		    const struct jump_hop *written);

/* Another owner of what the hosts files say; sshoal_inventory_free() is due for
 * each. NULL for NULL. */
const sshoal_inventory *
sshoal__inventory_ref(const sshoal_inventory *inventory);

#endif
