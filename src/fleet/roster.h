/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ROSTER_H
#define SSHOAL_FLEET_ROSTER_H

#include <stdatomic.h>
#include <stddef.h>

#include <sshoal/client.h>

#include "inventory/target.h"

/* One target of a fleet, and what only a program can give it. */
struct roster_entry {
	struct sshoal_target *target;
	const sshoal_inventory *inventory; /* a reference, or NULL: what
			knows of hosts before it */
	sshoal_key **keys;                 /* references */
	size_t key_count;
	char *passphrase;
	uint32_t use_agent;
	uint32_t use_default_keys;
	sshoal_client_options ways; /* of a target that was added by itself:
				       those members that say how to log in */
	uint32_t is_own; /* added by itself: its own words count, not those of
			    the fleet's defaults */
};

/* The targets of a fleet. It lives as long as the fleet or any thread that
 * still works on it. */
struct roster {
	atomic_uint refs;
	struct roster_entry *entries;
	size_t count;
	size_t capacity;
	size_t labelled; /* how many there were when labels were last set */
};

int sshoal__roster_new(struct roster **roster);
struct roster *sshoal__roster_ref(struct roster *roster);
void sshoal__roster_free(struct roster *roster);

/* Each adds targets. 0, SSHOAL_EINVAL, SSHOAL_ENOMEM; on failure the roster is
 * as before. */
int sshoal__roster_add(struct roster *roster,
		       const sshoal_client_options *options,
		       sshoal_error *error);
int sshoal__roster_add_hosts(struct roster *roster, const sshoal_hosts *hosts,
			     sshoal_error *error);

/* Gives every target its place and label, if any was added since. 0 or
 * SSHOAL_ENOMEM. */
int sshoal__roster_label(struct roster *roster);

#endif
