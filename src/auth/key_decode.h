/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_KEY_DECODE_H
#define SSHOAL_AUTH_KEY_DECODE_H

#include <openssl/evp.h>

#include <sshoal/key.h>

#include "auth/armor.h"
#include "base/wire.h"

/*
 * The steps from a file's text to a key. Each returns 0, SSHOAL_EPASSPHRASE,
 * SSHOAL_EFORMAT, SSHOAL_EUNSUPPORTED, SSHOAL_EIO or SSHOAL_ENOMEM, with a
 * text that does not name the file, and leaves errors in OpenSSL's queue for
 * the caller to drop. What is encrypted is decrypted in place.
 */

/* Decodes PKCS#1, SEC1 and PKCS#8. */
int sshoal__pem_key(sshoal_key **key, struct armor *armor,
		    const char *passphrase, sshoal_error *error);

/* Decodes OpenSSH's own format (its PROTOCOL.key). */
int sshoal__openssh_key(sshoal_key **key, struct armor *armor,
			const char *passphrase, sshoal_error *error);

/* Makes OpenSSL's key of a decrypted private section, from the type's name on;
 * the wire is left at the comment. */
int sshoal__openssh_private(EVP_PKEY **pkey, struct wire *wire,
			    sshoal_error *error);

#endif
