/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_KEY_KIND_H
#define SSHOAL_AUTH_KEY_KIND_H

#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <sshoal/key.h>

#include "base/buffer.h"
#include "base/wire.h"

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

/* Makes OpenSSL's key of its numbers; selection is EVP_PKEY_KEYPAIR or
 * EVP_PKEY_PUBLIC_KEY. 0, SSHOAL_EFORMAT or SSHOAL_ENOMEM. */
int sshoal__key_kind_make(EVP_PKEY **pkey, const struct key_kind *kind,
			  int selection, OSSL_PARAM_BLD *builder);

/* Makes OpenSSL's key of a public key as SSH sends it, without the type's name
 * before it. 0, SSHOAL_EFORMAT or SSHOAL_ENOMEM. */
int sshoal__key_kind_public(EVP_PKEY **pkey, const struct key_kind *kind,
			    struct wire wire);

/* How many strings a public key consists of after its type's name. */
size_t sshoal__key_kind_string_count(const struct key_kind *kind);

/* OpenSSL's name of the hash in a signature algorithm: NULL for Ed25519, which
 * hashes by itself. 0, or SSHOAL_EUNSUPPORTED for another kind's algorithm. */
int sshoal__key_kind_digest(const struct key_kind *kind, const char *algorithm,
			    const char **digest);

/* Appends the public key as SSH sends it. 0, SSHOAL_ENOMEM or SSHOAL_EIO. */
int sshoal__key_kind_blob(const struct key_kind *kind, const EVP_PKEY *pkey,
			  struct buffer *blob);

/* sshoal__key_sign() for OpenSSL's key; leaves errors in OpenSSL's queue. */
int sshoal__key_kind_sign(const struct key_kind *kind, EVP_PKEY *pkey,
			  const char *algorithm, const void *data,
			  size_t size_bytes, struct buffer *signature);

/* Whether a bare signature is this key's for data. 0, SSHOAL_EAUTH (it is
 * not), SSHOAL_EUNSUPPORTED, SSHOAL_EIO or SSHOAL_ENOMEM; leaves errors in
 * OpenSSL's queue. */
int sshoal__key_kind_verify(const struct key_kind *kind, EVP_PKEY *pkey,
			    const char *algorithm, const void *data,
			    size_t size_bytes, struct wire signature);

/* The code for a failure of OpenSSL's: SSHOAL_ENOMEM if it was memory, else
 * the one given. */
int sshoal__key_kind_fail(int code);

#endif
