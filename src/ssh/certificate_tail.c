/* SPDX-License-Identifier: MIT */
#include "ssh/certificate_tail.h"

#include <string.h>

#include "base/error.h"
#include "base/wire.h"

/*
 * libssh2 1.10 ends its request with a length, a string with the algorithm and
 * a string with the signature, and then takes the signature back. The one it
 * was given is so long that the sum is that of what has to stand there, which
 * is put in its place in this moment. Where it is not found nothing is
 * touched, and the server refuses the login.
 */

#define TAIL_MAX ((size_t)8192)

static void taken(struct shim *shim, const unsigned char *block)
{
	struct certificate_tail *tail = (struct certificate_tail *)shim;
	if (!tail->signature || block != tail->signature)
		return;
	tail->signature = NULL;
	size_t size = sshoal__buffer_size(&tail->wanted);
	const unsigned char *wanted = sshoal__buffer_data(&tail->wanted);
	struct wire wire = sshoal__wire(tail->at, 8);
	if (sshoal__wire_u32(&wire) == size - 4 &&
	    sshoal__wire_u32(&wire) == tail->name_size)
		memcpy(tail->at, wanted, size);
}

/* at is written to, later. */
/* NOLINTBEGIN(readability-non-const-parameter) */
int sshoal__certificate_tail_init(struct certificate_tail *tail,
				  unsigned char *at, const char *offered,
				  const char *plain,
				  const struct buffer *signature,
				  size_t *give_bytes)
{
	size_t signed_size = sshoal__buffer_size(signature);
	size_t inner = 4 + strlen(plain) + 4 + signed_size;
	*tail = (struct certificate_tail){
		.shim = { .taken = taken },
		.at = at,
		.wanted = BUFFER_INIT(TAIL_MAX),
		.name_size = strlen(offered),
	};
	if (inner <= 4 + tail->name_size + 4)
		return SSHOAL_EINVAL;
	*give_bytes = inner - 4 - tail->name_size - 4;
	int rc = sshoal__buffer_put_u32(&tail->wanted, (uint32_t)inner);
	if (rc == 0)
		rc = sshoal__buffer_put_string(&tail->wanted, plain,
					       strlen(plain));
	return rc ? rc :
		    sshoal__buffer_put_string(&tail->wanted,
					      sshoal__buffer_data(signature),
					      signed_size);
}
/* NOLINTEND(readability-non-const-parameter) */

void sshoal__certificate_tail_fini(struct certificate_tail *tail)
{
	sshoal__buffer_fini(&tail->wanted);
}
