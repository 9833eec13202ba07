/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_DEFAULT_KEYS_H
#define SSHOAL_AUTH_DEFAULT_KEYS_H

#include <stddef.h>

#include <sshoal/key.h>

#define DEFAULT_KEYS_MAX 3

/* The user's keys in the places where ssh looks for them. */
struct default_keys {
	sshoal_key *list[DEFAULT_KEYS_MAX];
	size_t count;
};

/* Told why a key that is there is not used. */
typedef void default_key_skipped_fn(void *data, int code, const char *text);

/* Loads ~/.ssh/id_rsa, id_ecdsa and id_ed25519, where they exist. */
void sshoal__default_keys_load(struct default_keys *keys,
			       const char *passphrase,
			       default_key_skipped_fn *skipped, void *data);

void sshoal__default_keys_fini(struct default_keys *keys);

#endif
