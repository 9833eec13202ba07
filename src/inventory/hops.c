/* SPDX-License-Identifier: MIT */
#include "inventory/hops.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "inventory/effective.h"
#include "inventory/jump.h"

/* Hops are found from the target to us, and kept the other way round. */

static int too_many(const struct sshoal_target *target, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EINVAL,
				 "%s: more than %d jump hosts before it, or "
				 "they go round in a circle",
				 target->name, JUMP_HOPS_MAX);
}

/* The host that a hop's name, user and port are, or the first of its name. */
static const struct host *find(const struct sshoal_inventory *inventory,
			       const struct address *address)
{
	const struct host *host = sshoal__host_find(&inventory->hosts, address);
	return host ? host :
		      sshoal__host_find_name(&inventory->hosts, address->name);
}

/* What the hosts files say of a hop, and over it what is written. */
static void settle(struct sshoal_target *hop,
		   const struct sshoal_inventory *inventory,
		   const struct address *address)
{
	*hop = (struct sshoal_target){ .name = (char *)address->name };
	hop->host = hop->name;
	if (inventory) {
		struct effective effective;
		sshoal__effective_find(&effective, inventory,
				       find(inventory, address));
		sshoal__effective_apply(hop, &effective);
	}
	if (address->user)
		hop->user = (char *)address->user;
	if (address->port)
		hop->port = address->port;
}

static bool is_among(const struct jump *jump, const char *name)
{
	for (size_t i = 0; i < jump->count; i++)
		if (strcmp(jump->hops[i].name, name) == 0)
			return true;
	return false;
}

/* What is found, from the target to us. */
struct hops {
	struct sshoal_target *targets[JUMP_HOPS_MAX];
	size_t count;
};

/* Adds the hops of one jump; *text becomes the jump of the nearest of them, as
 * its copy has it. */
static int add(struct hops *hops, const struct sshoal_inventory *inventory,
	       const struct jump *jump, const char **text)
{
	for (size_t i = jump->count; i > 0; i--) {
		struct sshoal_target hop;
		if (hops->count == JUMP_HOPS_MAX)
			return SSHOAL_ELIMIT;
		settle(&hop, inventory, &jump->hops[i - 1]);
		int rc = sshoal__target_copy(&hops->targets[hops->count], &hop);
		if (rc)
			return rc;
		*text = hops->targets[hops->count++]->jump;
	}
	return 0;
}

static int find_all(struct hops *hops, const struct sshoal_target *target,
		    const struct sshoal_inventory *inventory)
{
	const char *text = target->jump;
	const char *of = target->name;
	bool is_literal = target->jump_is_written;
	int rc = 0;
	while (text && rc == 0) {
		struct jump jump;
		size_t at = 0;
		/* It was checked where it was written. */
		if (sshoal__jump_init(&jump, text, &at))
			rc = SSHOAL_ENOMEM;
		text = NULL;
		if (rc == 0 && (is_literal || !is_among(&jump, of)))
			rc = add(hops, inventory, &jump, &text);
		sshoal__jump_fini(&jump);
		if (hops->count > 0)
			of = hops->targets[hops->count - 1]->name;
		is_literal = false;
	}
	return rc;
}

int sshoal__hops_find(struct sshoal_target *target,
		      const struct sshoal_inventory *inventory,
		      sshoal_error *error)
{
	struct hops hops = { .count = 0 };
	int rc = find_all(&hops, target, inventory);
	if (rc == 0 && hops.count > 0) {
		target->hops = calloc(hops.count, sizeof *target->hops);
		rc = target->hops ? 0 : SSHOAL_ENOMEM;
	}
	while (hops.count > 0) {
		struct sshoal_target *hop = hops.targets[--hops.count];
		if (rc)
			sshoal__target_free(hop);
		else
			target->hops[target->hop_count++] = hop;
	}
	if (rc == SSHOAL_ELIMIT)
		return too_many(target, error);
	return rc ? sshoal__error_code(error, rc) : 0;
}
