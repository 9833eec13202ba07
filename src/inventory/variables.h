/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_VARIABLES_H
#define SSHOAL_INVENTORY_VARIABLES_H

#include "inventory/inventory.h"

/* The variables of one host by name, the strongest one each. */
struct variables {
	const struct setting **items;
	size_t count;
	size_t capacity;
};

/* Finds those of a host, and of the defaults alone where host is NULL. 0 or
 * SSHOAL_ENOMEM; _fini() is due either way. */
int sshoal__variables_find(struct variables *all,
			   const struct sshoal_inventory *inventory,
			   const struct host *host);

/* Writes those that are not secret as "KEY=VALUE" into an array, whose texts
 * and itself are to be freed together by sshoal__variables_free(). 0 or
 * SSHOAL_ENOMEM. */
int sshoal__variables_write(char ***texts, size_t *count,
			    const struct sshoal_inventory *inventory,
			    const struct host *host);

void sshoal__variables_free(char **texts, size_t count);

void sshoal__variables_fini(struct variables *all);

#endif
