/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_CERTIFICATE_H
#define SSHOAL_AUTH_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/key.h>

#include "auth/key_kind.h"
#include "base/buffer.h"
#include "trust/host_key.h"

/* An OpenSSH certificate, taken apart; it never changes. */
struct certificate {
	struct buffer blob;  /* as SSH sends it */
	struct buffer plain; /* the blob of the key it is for */
	char type_name[HOST_KEY_TYPE_SIZE];
	int kind; /* enum sshoal_certificate_kind */
	uint64_t serial;
	uint64_t valid_after;
	uint64_t valid_before;
	char *id;
	char **principals;
	size_t principal_count;
	sshoal_key *authority;
};

/* The kind of the key that a type of certificates is for, by the name of n
 * bytes; NULL for what is no certificate, or of keys we do not have. */
const struct key_kind *sshoal__certificate_kind(const void *name, size_t n);

/* Takes a blob apart, and checks the authority's signature unless that is a
 * key we do not have. 0, SSHOAL_EFORMAT, SSHOAL_EIO or SSHOAL_ENOMEM. */
int sshoal__certificate_parse(struct certificate **certificate,
			      const unsigned char *blob, size_t size,
			      sshoal_error *error);

/* NULL is ignored. */
void sshoal__certificate_free(struct certificate *certificate);

#endif
