/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_FOLD_H
#define SSHOAL_INVENTORY_FOLD_H

#include <stddef.h>

#include "base/map.h"
#include "base/store.h"
#include "inventory/numeral.h"

/*
 * Names to be written shortly, with ranges in brackets, as ClusterShell's
 * "nodeset --fold" does: names that differ in their numbers only go together.
 * IPv6 addresses stay as they are, and so do users and ports.
 */
struct fold {
	struct store store;
	struct map patterns;
	struct fold_pattern **sorted; /* in no order until it is written */
	size_t count;
	size_t capacity;
};

#define FOLD_INIT \
	{ \
		.count = 0 \
	}

/* Adds a name, [user@]host[:port] or a label; the same again is nothing new.
 * 0 or SSHOAL_ENOMEM. */
int sshoal__fold_add(struct fold *fold, const char *name);

/* Writes what was added, patterns in the order of bytes with commas between,
 * into memory for free(3). 0, SSHOAL_ELIMIT or SSHOAL_ENOMEM. */
int sshoal__fold_write(struct fold *fold, char **text);

void sshoal__fold_fini(struct fold *fold);

#endif
