/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_HOSTS_H
#define SSHOAL_INVENTORY_HOSTS_H

#include <stddef.h>

#include "inventory/target.h"

/* A list of targets, which it owns. */
struct sshoal_hosts {
	struct sshoal_target **targets;
	size_t count;
	size_t capacity;
	const sshoal_inventory *inventory; /* a reference, or NULL */
};

/* Appends a copy of a target. 0 or SSHOAL_ENOMEM. */
int sshoal__hosts_add(struct sshoal_hosts *hosts,
		      const struct sshoal_target *target);

#endif
