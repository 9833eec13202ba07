/* SPDX-License-Identifier: MIT */
#include "trust/host_key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/wire.h"
#include "trust/trust.h"

/* What the blob of a public host key says about itself. The key is never used
 * here: only compared, named and hashed. */

static const struct type {
	const char *name;
	const char *title;
	uint32_t kind;
} types[] = {
	{ "ssh-ed25519", "ED25519", TRUST_ED25519 },
	{ "ecdsa-sha2-nistp256", "ECDSA", TRUST_ECDSA_256 },
	{ "ecdsa-sha2-nistp384", "ECDSA", TRUST_ECDSA_384 },
	{ "ecdsa-sha2-nistp521", "ECDSA", TRUST_ECDSA_521 },
	{ "ssh-rsa", "RSA", TRUST_RSA },
};

#define ECDSA_PREFIX "ecdsa-sha2-"
#define ED25519_SIZE 32

static const struct type *find(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

uint32_t sshoal__host_key_kind(const char *type)
{
	const struct type *found = find(type);
	return found ? found->kind : TRUST_OTHER;
}

bool sshoal__trust_key_type(char *out, size_t out_size,
			    const unsigned char *key, size_t key_size)
{
	struct wire wire = sshoal__wire(key, key_size);
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(&wire, &n);
	if (wire.failed || n == 0 || n >= out_size)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] >= 0x7f)
			return false;
	memcpy(out, name, n);
	out[n] = '\0';
	return true;
}

bool sshoal__host_key_is_sound(const unsigned char *key, size_t key_size)
{
	char type[HOST_KEY_TYPE_SIZE];
	if (!sshoal__trust_key_type(type, sizeof type, key, key_size))
		return false;
	uint32_t kind = sshoal__host_key_kind(type);
	if (kind == TRUST_OTHER)
		return true;
	struct wire wire = sshoal__wire(key, key_size);
	size_t first = 0;
	size_t second = 0;
	(void)sshoal__wire_is(&wire, type);
	if (kind == TRUST_ED25519) {
		(void)sshoal__wire_string(&wire, &first);
		return !wire.failed && wire.left == 0 && first == ED25519_SIZE;
	}
	if (kind == TRUST_RSA)
		(void)sshoal__wire_string(&wire, &first);
	else
		first = sshoal__wire_is(&wire, type + strlen(ECDSA_PREFIX));
	(void)sshoal__wire_string(&wire, &second);
	return !wire.failed && wire.left == 0 && first > 0 && second > 0;
}

int sshoal__trust_fingerprint(char out[TRUST_FINGERPRINT_SIZE],
			      const unsigned char *key, size_t key_size)
{
	static const char prefix[] = "SHA256:";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	unsigned char text[EVP_MAX_MD_SIZE * 2];
	if (EVP_Digest(key, key_size, digest, &size, EVP_sha256(), NULL) != 1)
		return SSHOAL_EIO;
	(void)EVP_EncodeBlock(text, digest, (int)size);
	/* Of the 44 characters the last is padding, which is not shown. */
	memcpy(out, prefix, sizeof prefix - 1);
	memcpy(out + sizeof prefix - 1, text, 43);
	out[TRUST_FINGERPRINT_SIZE - 1] = '\0';
	return 0;
}

void sshoal__host_key_describe(char out[HOST_KEY_TEXT_SIZE],
			       const unsigned char *key, size_t key_size)
{
	char type[HOST_KEY_TYPE_SIZE] = "?";
	(void)sshoal__trust_key_type(type, sizeof type, key, key_size);
	char print[TRUST_FINGERPRINT_SIZE] = "SHA256:?";
	(void)sshoal__trust_fingerprint(print, key, key_size);
	const struct type *found = find(type);
	(void)snprintf(out, HOST_KEY_TEXT_SIZE, "%s %s",
		       found ? found->title : type, print);
}
