/* SPDX-License-Identifier: MIT */
#include "ssh/identity.h"

#include <stdio.h>
#include <string.h>

#include "auth/key.h"
#include "base/wire.h"
#include "ssh/login_ways.h"
#include "trust/host_key.h"

/* A key has one type and, if it is an RSA key, several algorithms. */

const unsigned char *sshoal__identity_blob(const struct identity *identity,
					   size_t *size_bytes)
{
	if (identity->certified)
		return sshoal__key_certificate_blob(identity->certified,
						    size_bytes);
	if (identity->key)
		return sshoal__key_blob(identity->key, size_bytes);
	*size_bytes = identity->agent_key->blob_size;
	return identity->agent_key->blob;
}

static void type_of(char out[HOST_KEY_TYPE_SIZE],
		    const struct identity *identity)
{
	size_t size;
	const unsigned char *blob = sshoal__identity_blob(identity, &size);
	struct wire wire = sshoal__wire(blob, size);
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(&wire, &n);
	if (!name || n >= HOST_KEY_TYPE_SIZE)
		n = 0;
	if (n)
		memcpy(out, name, n);
	out[n] = '\0';
}

bool sshoal__identity_is_certificate(const struct identity *identity)
{
	char type[HOST_KEY_TYPE_SIZE];
	type_of(type, identity);
	size_t n = strlen(type);
	size_t suffix = strlen(CERTIFICATE_SUFFIX);
	return n > suffix && strcmp(type + n - suffix, CERTIFICATE_SUFFIX) == 0;
}

bool sshoal__identity_is_accepted(const struct identity *identity,
				  const char *list)
{
	static const char *const rsa[] = { "rsa-sha2-512", "rsa-sha2-256",
					   "ssh-rsa" };
	char type[HOST_KEY_TYPE_SIZE];
	type_of(type, identity);
	bool is_certificate = strcmp(type, "ssh-rsa" CERTIFICATE_SUFFIX) == 0;
	if (!is_certificate && strcmp(type, "ssh-rsa") != 0)
		return sshoal__algorithm_is_accepted(list, type);
	for (size_t i = 0; i < sizeof rsa / sizeof *rsa; i++) {
		char name[HOST_KEY_TYPE_SIZE];
		(void)snprintf(name, sizeof name, "%s%s", rsa[i],
			       is_certificate ? CERTIFICATE_SUFFIX : "");
		if (sshoal__algorithm_is_accepted(list, name))
			return true;
	}
	return false;
}
