/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_KEY_ENCODE_H
#define SSHOAL_AUTH_KEY_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/key.h>

#include "base/buffer.h"

/* The longest passphrase that every reader of these formats takes. */
#define PASSPHRASE_MAX 1023

/* How a private key is written. */
struct key_writing {
	const char *passphrase; /* NULL: not encrypted */
	const char *comment;    /* clean */
	uint32_t format;        /* enum sshoal_key_format */
	uint32_t rounds;        /* of what the format has; not 0 */
};

/*
 * The steps from a private key to a file's text, which is appended; the buffer
 * wipes. Each returns 0, SSHOAL_EUNSUPPORTED, SSHOAL_EIO or SSHOAL_ENOMEM with
 * a text that does not name the file, and leaves errors in OpenSSL's queue for
 * the caller to drop.
 */

/* OpenSSH's own format (its PROTOCOL.key). */
int sshoal__openssh_write(struct buffer *text, const sshoal_key *key,
			  const struct key_writing *writing,
			  sshoal_error *error);

/* PKCS#1, SEC1 and PKCS#8. */
int sshoal__pem_write(struct buffer *text, const sshoal_key *key,
		      const struct key_writing *writing, sshoal_error *error);

#endif
