/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_KEY_KIND_H
#define SSHOAL_AUTH_KEY_KIND_H

#include <openssl/evp.h>

#include <sshoal/key.h>

#include "base/buffer.h"

/* One kind of key we have, with its names in SSH and in OpenSSL. */
struct key_kind {
	enum sshoal_key_type type;
	const char *name;      /* "ecdsa-sha2-nistp256" */
	const char *curve;     /* "nistp256"; NULL for others than ECDSA */
	const char *algorithm; /* OpenSSL's: "EC" */
	const char *group;     /* OpenSSL's: "prime256v1"; NULL as above */
	const char *digest;    /* for ECDSA's signatures; NULL as above */
	size_t field_size;     /* bytes of a coordinate; 0 as above */
};

/* The kind with SSH's name of n bytes; NULL for one we do not have. */
const struct key_kind *sshoal__key_kind_named(const void *name, size_t n);

/* The kind of OpenSSL's key; NULL likewise. */
const struct key_kind *sshoal__key_kind_of(const EVP_PKEY *pkey);

/* Appends the public key as SSH sends it. 0, SSHOAL_ENOMEM or SSHOAL_EIO. */
int sshoal__key_kind_blob(const struct key_kind *kind, const EVP_PKEY *pkey,
			  struct buffer *blob);

/* sshoal__key_sign() for OpenSSL's key; leaves errors in OpenSSL's queue. */
int sshoal__key_kind_sign(const struct key_kind *kind, EVP_PKEY *pkey,
			  const char *algorithm, const void *data,
			  size_t size_bytes, struct buffer *signature);

#endif
