/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_SETTINGS_H
#define SSHOAL_FLEET_SETTINGS_H

#include <stdatomic.h>
#include <stddef.h>

#include <sshoal/fleet.h>

/* What fleet options had in their first release. */
#define FLEET_OPTIONS_FIRST_SIZE offsetof(sshoal_fleet_options, gate)

/* A fleet's own copy of its options, whole: every string is its own. It lives
 * as long as the fleet or any thread that still works for it. */
struct settings {
	atomic_uint refs;
	sshoal_fleet_options options; /* of its pointers, only the checks */
	sshoal_client_options defaults;
	sshoal_client_options overrides;
	sshoal_config *config; /* a reference; NULL: none */
};

/* 0, SSHOAL_EINVAL with the member's name, or SSHOAL_ENOMEM. given may be
 * NULL. */
int sshoal__settings_new(struct settings **settings,
			 const sshoal_fleet_options *given,
			 sshoal_error *error);
struct settings *sshoal__settings_ref(struct settings *settings);
void sshoal__settings_free(struct settings *settings);

/* A client's options as this library knows them; borrowed. */
int sshoal__settings_client(sshoal_client_options *own,
			    const sshoal_client_options *given,
			    sshoal_error *error);

#endif
