/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_RSA_SHA2_H
#define SSHOAL_SSH_RSA_SHA2_H

#include <stddef.h>

#include "ssh/session.h"

/*
 * RSA logins with SHA-2 signatures (RFC 8332) on libssh2 1.10, which takes the
 * signature algorithm's name from the first string of the key it is given and
 * knows no other way. Certificates go the same way.
 */
struct rsa_sha2 {
	struct shim shim;
	unsigned char *key;    /* what libssh2 is given */
	unsigned char *packet; /* where it makes its request; NULL: not yet */
	const unsigned char *true_key;
	size_t size;
	unsigned allocations;
};

/*
 * Prepares one login attempt: a key of the true one's length that begins with
 * the algorithm's name. Set session->shim before the first call of
 * libssh2_userauth_publickey() only. 0, SSHOAL_ENOMEM, or SSHOAL_EINVAL for a
 * key that is shorter than the name.
 */
int sshoal__rsa_sha2_init(struct rsa_sha2 *rsa, const char *algorithm,
			  const unsigned char *true_key, size_t size);

void sshoal__rsa_sha2_fini(struct rsa_sha2 *rsa);

/* The signature algorithms to try with an RSA key, or with its certificate, in order, for a server with
 * this banner; NULL ends the list. */
const char *const *sshoal__rsa_sha2_algorithms(const char *banner);

#endif
