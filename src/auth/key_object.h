/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_KEY_OBJECT_H
#define SSHOAL_AUTH_KEY_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#include <sshoal/key.h>

#include "auth/certificate.h"
#include "auth/key_kind.h"
#include "base/buffer.h"
#include "trust/host_key.h"
#include "trust/trust.h"

/* What src/auth sees of a key: only it reads these members, and writes them
 * only before anybody else has the key. */
struct sshoal_key {
	atomic_size_t refs;
	const struct key_kind *kind; /* NULL: SSHOAL_KEY_OTHER */
	EVP_PKEY *pkey;              /* NULL as above */
	struct buffer blob;
	char *comment;                   /* NULL: "" */
	struct certificate *certificate; /* NULL: none */
	uint32_t bits;
	bool is_private;
	char type_name[HOST_KEY_TYPE_SIZE];
	char fingerprint[TRUST_FINGERPRINT_SIZE];
};

/* The most that a public key may be as SSH sends it: what an agent can say. */
#define KEY_BLOB_MAX ((size_t)256 * 1024)

/* Makes a private key of OpenSSL's, which it takes over in any case, after
 * checking that it is of a kind we have and that both of its parts belong
 * together. The codes of key_decode.h. */
int sshoal__key_new(sshoal_key **key, EVP_PKEY *pkey, sshoal_error *error);

/* Makes a public key of a blob that is no certificate. 0, SSHOAL_EFORMAT,
 * SSHOAL_EUNSUPPORTED (an RSA key's size), SSHOAL_EIO or SSHOAL_ENOMEM. */
int sshoal__key_new_public(sshoal_key **key, const unsigned char *blob,
			   size_t size, sshoal_error *error);

/* Makes a key of type SSHOAL_KEY_OTHER of whatever blob begins with a type's
 * name. 0, SSHOAL_EFORMAT, SSHOAL_EIO or SSHOAL_ENOMEM. */
int sshoal__key_new_other(sshoal_key **key, const unsigned char *blob,
			  size_t size, sshoal_error *error);

/* Makes a key with the parts of another and a certificate, which it takes over
 * on success. 0 or SSHOAL_ENOMEM. */
int sshoal__key_new_certified(sshoal_key **made, const sshoal_key *key,
			      struct certificate *certificate);

/* Gives a key that nobody else has its comment. 0 or SSHOAL_ENOMEM. */
int sshoal__key_set_comment(sshoal_key *key, const void *text, size_t n);

/* Makes a public line; comment "" is none. 0 or SSHOAL_ENOMEM. */
int sshoal__public_line(char **line, const char *type_name,
			const unsigned char *blob, size_t size,
			const char *comment);

#endif
