/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_KEY_H
#define SSHOAL_AUTH_KEY_H

#include <stddef.h>

#include <sshoal/key.h>

#include "base/buffer.h"

/* The public key as SSH sends it (RFC 4253 6.6, RFC 5656 3.1, RFC 8709);
 * belongs to the key. */
const unsigned char *sshoal__key_blob(const sshoal_key *key,
				      size_t *size_bytes);

/* The key type's name, such as "ssh-rsa" or "ecdsa-sha2-nistp256". */
const char *sshoal__key_type_name(const sshoal_key *key);

/* The blob of the attached certificate; belongs to the key. NULL: none. */
const unsigned char *sshoal__key_certificate_blob(const sshoal_key *key,
						  size_t *size_bytes);

/* Whether a list of keys is one to log in with: SSHOAL_EINVAL, with a text
 * that names the member, for a NULL or a public key alone in it. */
int sshoal__keys_check(sshoal_key *const *keys, size_t count,
		       sshoal_error *error);

/* The best signature algorithm of a key; NULL for SSHOAL_KEY_OTHER. */
const char *sshoal__key_algorithm(const sshoal_key *key);

/* Whether an algorithm is one of this key. */
bool sshoal__key_has_algorithm(const sshoal_key *key, const char *algorithm);

/*
 * Signs data with a signature algorithm of SSH: "rsa-sha2-512",
 * "rsa-sha2-256", "ssh-rsa", "ecdsa-sha2-nistp...", "ssh-ed25519". Appends the
 * bare signature, that is what follows the algorithm's name in the wire form:
 * RSA and Ed25519 the raw bytes, ECDSA mpint r and mpint s.
 * Any thread. 0, SSHOAL_EUNSUPPORTED (the algorithm is not of this key),
 * SSHOAL_EINVAL (a public key alone), SSHOAL_ENOMEM, SSHOAL_EIO (the library
 * refused).
 */
int sshoal__key_sign(const sshoal_key *key, const char *algorithm,
		     const void *data, size_t size_bytes,
		     struct buffer *signature);

/* Makes the blob of a bare signature, for free(3). 0, SSHOAL_ENOMEM or
 * SSHOAL_ELIMIT. */
int sshoal__signature_blob(unsigned char **signature, size_t *size_bytes,
			   const char *algorithm, const struct buffer *bare,
			   sshoal_error *error);

#endif
