/* SPDX-License-Identifier: MIT */
#include "inventory/hop.h"

#include "inventory/effective.h"
#include "inventory/inventory.h"

/* A jump host's name is looked for in the hosts files as a target's is, but one
 * that is in none is no error, whatever the inventory allows. */

int sshoal__hop_new(struct sshoal_target **hop,
		    const sshoal_inventory *inventory,
		    const struct jump_hop *written)
{
	const struct address address = {
		.name = written->name,
		.user = written->user,
		.port = written->port,
	};
	struct sshoal_target made = { .name = (char *)written->name };
	made.host = made.name;
	if (inventory) {
		const struct host *host =
			sshoal__host_find(&inventory->hosts, &address);
		if (!host)
			host = sshoal__host_find_name(&inventory->hosts,
						      address.name);
		struct effective effective;
		sshoal__effective_find(&effective, inventory, host);
		sshoal__effective_apply(&made, &effective);
	}
	if (written->user) {
		made.user = (char *)written->user;
		made.user_is_written = true;
	}
	if (written->port) {
		made.port = written->port;
		made.port_is_written = true;
	}
	return sshoal__target_copy(hop, &made);
}
