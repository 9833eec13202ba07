/* SPDX-License-Identifier: MIT */
#include "inventory/hosts.h"

#include <stdlib.h>

#include "base/error.h"
#include "inventory/expression.h"
#include "inventory/hop.h"
#include "inventory/selection.h"

int sshoal__hosts_add(struct sshoal_hosts *hosts,
		      const struct sshoal_target *target)
{
	if (hosts->count == hosts->capacity) {
		size_t capacity = hosts->capacity ? hosts->capacity * 2 : 64;
		struct sshoal_target **targets =
			reallocarray(hosts->targets, capacity,
				     sizeof(struct sshoal_target *));
		if (!targets)
			return SSHOAL_ENOMEM;
		hosts->targets = targets;
		hosts->capacity = capacity;
	}
	int rc = sshoal__target_copy(&hosts->targets[hosts->count], target);
	if (rc == 0)
		hosts->count++;
	return rc;
}

static int fill(struct sshoal_hosts *hosts, const sshoal_inventory *inventory,
		const char *expression, sshoal_error *error)
{
	struct selection selection;
	int rc = sshoal__selection_init(&selection, hosts, inventory);
	if (rc == 0 && !expression)
		rc = sshoal__selection_all(&selection);
	if (rc)
		(void)sshoal__error_code(error, rc);
	else if (expression)
		rc = sshoal__expression_select(&selection, expression, error);
	sshoal__selection_fini(&selection);
	if (rc)
		return rc;
	rc = sshoal__target_label_all(hosts->targets, hosts->count);
	return rc ? sshoal__error_code(error, rc) : 0;
}

int sshoal_hosts_expand(sshoal_hosts **hosts, const sshoal_inventory *inventory,
			const char *expression, sshoal_error *error)
{
	if (!hosts)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	if (!inventory && !expression)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "neither an inventory nor an "
					 "expression: one of them is needed");
	if (inventory && inventory->is_broken)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "a hosts file failed to load before: "
					 "free the inventory");
	sshoal_hosts *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = fill(made, inventory, expression, error);
	if (rc) {
		sshoal_hosts_free(made);
		return rc;
	}
	made->inventory = sshoal__inventory_ref(inventory);
	*hosts = made;
	return 0;
}

size_t sshoal_hosts_count(const sshoal_hosts *hosts)
{
	return hosts ? hosts->count : 0;
}

const sshoal_target *sshoal_hosts_target(const sshoal_hosts *hosts,
					 size_t index)
{
	return index < sshoal_hosts_count(hosts) ? hosts->targets[index] : NULL;
}

const char *sshoal_hosts_name(const sshoal_hosts *hosts, size_t index)
{
	const sshoal_target *target = sshoal_hosts_target(hosts, index);
	return target ? sshoal_target_label(target) : NULL;
}

void sshoal_hosts_free(sshoal_hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t i = 0; i < hosts->count; i++)
		sshoal__target_free(hosts->targets[i]);
	free(hosts->targets);
	sshoal_inventory_free((sshoal_inventory *)hosts->inventory);
	free(hosts);
}
