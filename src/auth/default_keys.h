/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_DEFAULT_KEYS_H
#define SSHOAL_AUTH_DEFAULT_KEYS_H

#include <stddef.h>

#include <sshoal/key.h>

#include "auth/login_key.h"

#define DEFAULT_KEYS_MAX 3

/* The user's keys in the places where ssh looks for them. */
struct default_keys {
	sshoal_key *list[DEFAULT_KEYS_MAX];
	size_t count;
};

/* Loads ~/.ssh/id_rsa, id_ecdsa and id_ed25519, where they exist, with their
 * certificates. Why one that is there is not used is told. */
void sshoal__default_keys_load(struct default_keys *keys,
			       const struct login_key_plan *plan);

void sshoal__default_keys_fini(struct default_keys *keys);

#endif
