/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_HASHED_H
#define SSHOAL_TRUST_HASHED_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#define HASHED_SIZE 20

/* A host name of which only HMAC-SHA1(salt, name) is on file. */
struct hashed {
	unsigned char salt[HASHED_SIZE];
	unsigned char hash[HASHED_SIZE];
};

/* Reads "|1|salt|hash"; false for anything else. */
bool sshoal__hashed_parse(struct hashed *hashed, const char *text, size_t n);

/* Room for "|1|salt|hash" and a NUL. */
#define HASHED_TEXT_SIZE 64

/* Hashes a name with a salt of its own. 0 or SSHOAL_ENOMEM. */
int sshoal__hashed_write(char out[HASHED_TEXT_SIZE], const char *name);

/* Checks one name against many hashed ones. */
struct hasher {
	EVP_MAC_CTX *context;
	const char *name;
	size_t name_size;
};

/* The name is borrowed. 0 or SSHOAL_ENOMEM. */
int sshoal__hasher_init(struct hasher *hasher, const char *name);

/* 1 when it is the name, 0 when not, SSHOAL_ENOMEM when that cannot be told. */
int sshoal__hasher_check(struct hasher *hasher, const struct hashed *hashed);

void sshoal__hasher_fini(struct hasher *hasher);

#endif
