/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_HOPS_H
#define SSHOAL_INVENTORY_HOPS_H

#include "inventory/inventory.h"
#include "inventory/target.h"

/*
 * Works out what lies before a target of a list, whose own settings are in it,
 * and gives it that: what its jump names, each with what the hosts files say of
 * it, and before the first of them what that one's own jump names. A host is
 * never reached through itself, so a jump that a group or the defaults give to
 * all of their hosts is none for the jump host.
 * inventory may be NULL. 0, SSHOAL_EINVAL (too many), or SSHOAL_ENOMEM.
 */
int sshoal__hops_find(struct sshoal_target *target,
		      const struct sshoal_inventory *inventory,
		      sshoal_error *error);

#endif
