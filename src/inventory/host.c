/* SPDX-License-Identifier: MIT */
#include "inventory/host.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Most hosts are a bare name and found by it alone; only those with a user or
 * a port are in the second map, by what sshoal__address_write() makes. */

static bool is_bare(const struct address *address)
{
	return !address->user && !address->port;
}

static int append(struct host_list *list, struct host *host)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		struct host **hosts = reallocarray(list->hosts, capacity,
						   sizeof(struct host *));
		if (!hosts)
			return SSHOAL_ENOMEM;
		list->hosts = hosts;
		list->capacity = capacity;
	}
	host->index = list->count;
	list->hosts[list->count++] = host;
	return 0;
}

static int register_name(struct host_list *list, struct host *host)
{
	struct host *first = sshoal__map_get(&list->names, host->name);
	if (!first) {
		int rc = sshoal__map_put(&list->names, host->name, host);
		if (rc)
			return rc;
		first = host;
	} else {
		first->last_namesake->next_namesake = host;
	}
	first->last_namesake = host;
	if (!host->user && !host->port)
		first->bare_namesake = host;
	return 0;
}

static int register_written(struct host_list *list, struct host *host,
			    struct store *store)
{
	if (!host->user && !host->port)
		return 0;
	char text[IDENTITY_SIZE];
	size_t n = sshoal__address_write(text, sizeof text, host->user,
					 host->name, host->port);
	char *identity = sshoal__store_text(store, text, n);
	if (!identity)
		return SSHOAL_ENOMEM;
	return sshoal__map_put(&list->written, identity, host);
}

int sshoal__host_get(struct host **host, struct host_list *list,
		     const struct address *address, struct store *store)
{
	struct host *found = sshoal__host_find(list, address);
	if (found) {
		*host = found;
		return 0;
	}
	struct host *made = sshoal__store_get(store, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->name = address->name;
	made->user = address->user;
	made->port = address->port;
	int rc = append(list, made);
	if (rc == 0)
		rc = register_written(list, made, store);
	if (rc == 0)
		rc = register_name(list, made);
	if (rc == 0)
		*host = made;
	return rc;
}

struct host *sshoal__host_find(const struct host_list *list,
			       const struct address *address)
{
	if (is_bare(address)) {
		struct host *first =
			sshoal__map_get(&list->names, address->name);
		return first ? first->bare_namesake : NULL;
	}
	char identity[IDENTITY_SIZE];
	(void)sshoal__address_write(identity, sizeof identity, address->user,
				    address->name, address->port);
	return sshoal__map_get(&list->written, identity);
}

struct host *sshoal__host_find_name(const struct host_list *list,
				    const char *name)
{
	return sshoal__map_get(&list->names, name);
}

void sshoal__host_list_fini(struct host_list *list)
{
	sshoal__map_fini(&list->written);
	sshoal__map_fini(&list->names);
	free(list->hosts);
	*list = (struct host_list){ .hosts = NULL };
}
