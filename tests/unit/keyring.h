/* SPDX-License-Identifier: MIT */
#ifndef UNIT_KEYRING_H
#define UNIT_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/key.h>

/* A key of each kind, made by ssh-keygen in a folder of scratch.h. */
struct keyring_kind {
	const char *file; /* in the folder; the public one is FILE.pub */
	const char *type; /* of ssh-keygen */
	const char *bits;
	const char *name; /* SSH's */
	int number;       /* of enum sshoal_key_type */
	bool has_pem;     /* ssh-keygen writes it in other forms than its own */
};

#define KEYRING_COUNT 5

/* RSA, ECDSA with 256, 384 and 521 bits, Ed25519. */
extern const struct keyring_kind keyring_kinds[KEYRING_COUNT];

#define KEYRING_CANARY "canary passphrase"

/* Room for any file of a key, and for its public line. */
#define KEYRING_FILE_MAX 16384

/* A signature algorithm, and which of the keys it is for. */
struct keyring_algorithm {
	size_t kind;
	const char *name;
};

#define KEYRING_ALGORITHM_COUNT 7

extern const struct keyring_algorithm
	keyring_algorithms[KEYRING_ALGORITHM_COUNT];

/* cmocka's group fixture; scratch_teardown() is its other half. */
int keyring_setup(void **state);

/* The public line of PATH.pub, without its comment. */
void keyring_line(char line[KEYRING_FILE_MAX], const char *path);

/* Loads a key that must load. */
sshoal_key *keyring_load(const char *path, const char *passphrase);

void keyring_copy(const char *from, const char *to, unsigned int mode);

/* Rewrites a key in another form of ssh-keygen -m, with a passphrase or "". */
void keyring_convert(const char *path, const char *form,
		     const char *passphrase);

/* Compares a key with what ssh-keygen says of PATH.pub. */
void keyring_check(const sshoal_key *key, const struct keyring_kind *kind,
		   const char *path);

#endif
