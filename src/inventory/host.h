/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_HOST_H
#define SSHOAL_INVENTORY_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "inventory/address.h"
#include "inventory/setting.h"

/* A host of the hosts files: name, user and port as written are what it is. */
struct host {
	const char *name;
	const char *user; /* NULL where none is written */
	uint32_t port;    /* 0 where none is written */
	size_t index;     /* order of appearance */
	struct holder holder;
	struct membership *memberships;
	struct host *next_namesake; /* another user or port */
	/* Of the first host with its name only: */
	struct host *last_namesake;
	struct host *bare_namesake; /* without user and port */
};

/* A host's place in a group. */
struct membership {
	struct host *host;
	struct group *group;
	struct membership *next_of_host;
	struct membership *next_of_group;
};

/* All hosts in order of appearance. */
struct host_list {
	struct host **hosts;
	size_t count;
	size_t capacity;
	struct map names;   /* the first host of each name */
	struct map written; /* those with user or port, by identity */
};

/* The host of an address, made where there is none; its texts are borrowed.
 * 0 or SSHOAL_ENOMEM. */
int sshoal__host_get(struct host **host, struct host_list *list,
		     const struct address *address, struct store *store);

/* The host whose name, user and port are the address', or NULL. */
struct host *sshoal__host_find(const struct host_list *list,
			       const struct address *address);

/* The first host of a name, or NULL; next_namesake leads to the others. */
struct host *sshoal__host_find_name(const struct host_list *list,
				    const char *name);

void sshoal__host_list_fini(struct host_list *list);

#endif
