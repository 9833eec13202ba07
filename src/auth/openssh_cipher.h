/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_OPENSSH_CIPHER_H
#define SSHOAL_AUTH_OPENSSH_CIPHER_H

#include <stddef.h>

/* A cipher that ssh-keygen -Z takes. */
struct openssh_cipher {
	const char *name;    /* SSH's */
	const char *openssl; /* OpenSSL's */
	size_t key_size;
	size_t iv_size;
	size_t block_size;
	size_t tag_size; /* 0 where nothing is authenticated */
};

/* The most that key and IV take together. */
#define OPENSSH_SECRET_MAX 64

/* The cipher with a name of n bytes; NULL for one we do not have. */
const struct openssh_cipher *sshoal__openssh_cipher(const void *name, size_t n);

/*
 * Decrypts size bytes in place. secret is the key and after it the IV, tag
 * the tag_size bytes that came after the ciphertext.
 * 0, SSHOAL_EPASSPHRASE (the tag says so), SSHOAL_EIO.
 */
int sshoal__openssh_decrypt(const struct openssh_cipher *cipher,
			    const unsigned char *secret, unsigned char *bytes,
			    size_t size, const unsigned char *tag);

#endif
