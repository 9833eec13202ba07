/* SPDX-License-Identifier: MIT */
#include "ssh/rsa_sha2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wire.h"

/*
 * In its first call libssh2 1.10 allocates the algorithm's name (1), copies it
 * from the key, allocates the packet (2), and then stores name and key in it.
 * So the key begins with the name that is wanted until the second allocation,
 * and is the true one from then on: the packet says rsa-sha2-512 and holds an
 * ssh-rsa key, as RFC 8332 section 3 wants it. Nothing else in libssh2 is
 * touched, and a libssh2 that knows SHA-2 itself never comes here.
 */

static void given(struct shim *shim, unsigned char *block)
{
	struct rsa_sha2 *rsa = (struct rsa_sha2 *)shim;
	rsa->allocations++;
	if (rsa->allocations != 2)
		return;
	memcpy(rsa->key, rsa->true_key, rsa->size);
	rsa->packet = block;
}

int sshoal__rsa_sha2_init(struct rsa_sha2 *rsa, const char *algorithm,
			  const unsigned char *true_key, size_t size)
{
	size_t n = strlen(algorithm);
	if (size < n + 4)
		return SSHOAL_EINVAL;
	*rsa = (struct rsa_sha2){
		.shim = { .given = given },
		.key = calloc(1, size),
		.true_key = true_key,
		.size = size,
	};
	if (!rsa->key)
		return SSHOAL_ENOMEM;
	sshoal__wire_store_u32(rsa->key, (uint32_t)n);
	memcpy(rsa->key + 4, algorithm, n);
	return 0;
}

void sshoal__rsa_sha2_fini(struct rsa_sha2 *rsa)
{
	free(rsa->key);
	rsa->key = NULL;
}

const char *const *sshoal__rsa_sha2_algorithms(const char *banner)
{
	static const char *const both[] = { "rsa-sha2-512", "rsa-sha2-256",
					    "ssh-rsa", NULL };
	static const char *const sha512[] = { "rsa-sha2-512", NULL };
	static const char *const sha256[] = { "rsa-sha2-256", NULL };
	static const char *const sha1[] = { "ssh-rsa", NULL };
	int major;
	int minor;
	const char *at = strstr(banner, "OpenSSH_");
	if (at && sscanf(at, "OpenSSH_%4d.%4d", &major, &minor) == 2)
		return major > 7 || (major == 7 && minor >= 2) ? sha512 : sha1;
	at = strstr(banner, "dropbear_");
	if (at && sscanf(at, "dropbear_%4d.%4d", &major, &minor) == 2)
		return major > 2020 || (major == 2020 && minor >= 79) ? sha256 :
									sha1;
	return both;
}
