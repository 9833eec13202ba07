/* SPDX-License-Identifier: MIT */
#include "inventory/inventory.h"

#include <stdlib.h>

#include "base/error.h"
#include "inventory/hop.h"
#include "inventory/hosts_file.h"

int sshoal_inventory_new(sshoal_inventory **inventory)
{
	if (!inventory)
		return SSHOAL_EINVAL;
	sshoal_inventory *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	atomic_init(&made->refs, 1);
	int rc = sshoal__group_list_init(&made->groups, &made->store);
	if (rc) {
		sshoal_inventory_free(made);
		return rc;
	}
	*inventory = made;
	return 0;
}

int sshoal_inventory_load(sshoal_inventory *inventory, const char *path,
			  sshoal_error *error)
{
	if (!inventory || !path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	if (inventory->is_broken)
		return sshoal__error_set(
			error, SSHOAL_EINVAL,
			"a hosts file failed to load before: free the "
			"inventory");
	struct hosts_source *source = NULL;
	int rc = sshoal__hosts_source_read(&source, path, error);
	if (rc)
		return rc;
	source->next = inventory->sources;
	inventory->sources = source;
	rc = sshoal__hosts_file_parse(inventory, source, error);
	if (rc == 0)
		rc = sshoal__group_resolve(&inventory->groups, error);
	inventory->is_broken = rc != 0;
	return rc;
}

void sshoal_inventory_restrict(sshoal_inventory *inventory)
{
	if (inventory)
		inventory->is_restricted = true;
}

const sshoal_inventory *sshoal__inventory_ref(const sshoal_inventory *inventory)
{
	/* What it says does not change. */
	struct sshoal_inventory *own = (struct sshoal_inventory *)inventory;
	if (own)
		(void)atomic_fetch_add(&own->refs, 1);
	return own;
}

const char *sshoal_inventory_host(const sshoal_inventory *inventory,
				  size_t index)
{
	return inventory && index < inventory->hosts.count ?
		       inventory->hosts.hosts[index]->name :
		       NULL;
}

const char *sshoal_inventory_group(const sshoal_inventory *inventory,
				   size_t index)
{
	return inventory && index < inventory->groups.count ?
		       inventory->groups.groups[index]->name :
		       NULL;
}

void sshoal_inventory_free(sshoal_inventory *inventory)
{
	if (!inventory || atomic_fetch_sub(&inventory->refs, 1) != 1)
		return;
	sshoal__map_fini(&inventory->variables);
	sshoal__group_list_fini(&inventory->groups);
	sshoal__host_list_fini(&inventory->hosts);
	while (inventory->sources) {
		struct hosts_source *source = inventory->sources;
		inventory->sources = source->next;
		sshoal__hosts_source_free(source);
	}
	sshoal__store_fini(&inventory->store);
	free(inventory);
}
