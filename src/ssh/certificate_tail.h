/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_CERTIFICATE_TAIL_H
#define SSHOAL_SSH_CERTIFICATE_TAIL_H

#include <stddef.h>

#include "base/buffer.h"
#include "ssh/session.h"

/*
 * The signature of a login by certificate on libssh2 1.10, which puts the
 * certificate's algorithm before it, where the key's own has to stand.
 */
struct certificate_tail {
	struct shim shim;
	unsigned char *at;              /* where libssh2 writes it */
	const unsigned char *signature; /* what it is given */
	struct buffer wanted;           /* what has to stand there */
	size_t name_size;               /* of the algorithm it writes */
};

/*
 * Prepares it. offered: the algorithm that the request names; at: where the
 * request ends. *give_bytes: how long a signature libssh2 is to be given, so
 * that it counts right. 0, SSHOAL_ENOMEM, SSHOAL_ELIMIT, or SSHOAL_EINVAL for a
 * signature that is too short for that; _fini() is due either way.
 */
int sshoal__certificate_tail_init(struct certificate_tail *tail,
				  unsigned char *at, const char *offered,
				  const char *plain,
				  const struct buffer *signature,
				  size_t *give_bytes);

void sshoal__certificate_tail_fini(struct certificate_tail *tail);

#endif
