/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_BCRYPT_PBKDF_H
#define SSHOAL_AUTH_BCRYPT_PBKDF_H

#include <stddef.h>
#include <stdint.h>

/* Limits of salt and key: what OpenSSH's key files need, and then some. */
#define BCRYPT_SALT_MAX 256
#define BCRYPT_KEY_MAX 1024

/* What a key is derived from. */
struct bcrypt_input {
	const void *passphrase;
	size_t passphrase_size;
	const void *salt;
	size_t salt_size;
	uint32_t rounds;
};

/*
 * Derives a key from a passphrase as OpenBSD's bcrypt_pbkdf(3) does. It is
 * slow by design: about 3 ms for each round of each 32 bytes.
 * 0, SSHOAL_EINVAL (an empty input, no rounds, a size over its limit),
 * SSHOAL_EIO (OpenSSL has no SHA-512 to give).
 */
int sshoal__bcrypt_pbkdf(const struct bcrypt_input *input, unsigned char *key,
			 size_t key_size);

#endif
