/* SPDX-License-Identifier: MIT */
#include <sshoal/key.h>

#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "auth/key_kind.h"
#include "auth/key_object.h"
#include "base/error.h"

/* What is made is examined like a key that was loaded. */

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 16384
#define RSA_BITS_DEFAULT 3072

/* NULL for no combination of ours, with a text. */
static const struct key_kind *find_kind(int type, uint32_t *bits,
					sshoal_error *error)
{
	const char *what = "";
	switch (type) {
	case SSHOAL_KEY_RSA:
		if (*bits == 0)
			*bits = RSA_BITS_DEFAULT;
		if (*bits >= RSA_BITS_MIN && *bits <= RSA_BITS_MAX)
			return sshoal__key_kind_named("ssh-rsa", 7);
		what = "RSA keys have 2048 to 16384 bits";
		break;
	case SSHOAL_KEY_ECDSA:
		if (*bits == 0 || *bits == 256)
			return sshoal__key_kind_named("ecdsa-sha2-nistp256",
						      19);
		if (*bits == 384)
			return sshoal__key_kind_named("ecdsa-sha2-nistp384",
						      19);
		if (*bits == 521)
			return sshoal__key_kind_named("ecdsa-sha2-nistp521",
						      19);
		what = "ECDSA keys have 256, 384 or 521 bits";
		break;
	case SSHOAL_KEY_ED25519:
		if (*bits == 0 || *bits == 256)
			return sshoal__key_kind_named("ssh-ed25519", 11);
		what = "Ed25519 keys have 256 bits";
		break;
	default:
		(void)sshoal__error_set(error, SSHOAL_EINVAL,
					"type: %d is none that can be made",
					type);
		return NULL;
	}
	(void)sshoal__error_set(error, SSHOAL_EINVAL, "bits: %u: %s", *bits,
				what);
	return NULL;
}

/* 0, SSHOAL_EIO or SSHOAL_ENOMEM. */
static int make(EVP_PKEY **pkey, const struct key_kind *kind, uint32_t bits)
{
	size_t size = bits;
	OSSL_PARAM params[] = { OSSL_PARAM_END, OSSL_PARAM_END };
	/* A parameter could be written to, so it is not the table's own; it is
	 * read below. */
	/* cppcheck-suppress variableScope */
	char group[32] = "";
	if (kind->type == SSHOAL_KEY_RSA)
		params[0] = OSSL_PARAM_construct_size_t(
			OSSL_PKEY_PARAM_RSA_BITS, &size);
	if (kind->group) {
		(void)snprintf(group, sizeof group, "%s", kind->group);
		params[0] = OSSL_PARAM_construct_utf8_string(
			OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	}
	EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new_from_name(NULL, kind->algorithm, NULL);
	if (!context)
		return SSHOAL_ENOMEM;
	int rc = 0;
	if (EVP_PKEY_keygen_init(context) != 1 ||
	    EVP_PKEY_CTX_set_params(context, params) != 1 ||
	    EVP_PKEY_generate(context, pkey) != 1)
		rc = sshoal__key_kind_fail(SSHOAL_EIO);
	EVP_PKEY_CTX_free(context);
	return rc;
}

int sshoal_key_generate(sshoal_key **key, int type, uint32_t bits,
			sshoal_error *error)
{
	if (!key)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	const struct key_kind *kind = find_kind(type, &bits, error);
	if (!kind)
		return SSHOAL_EINVAL;
	EVP_PKEY *pkey = NULL;
	(void)ERR_set_mark();
	int rc = make(&pkey, kind, bits);
	if (rc)
		(void)sshoal__error_set(error, rc, "making a key: %s",
					rc == SSHOAL_EIO ?
						"OpenSSL refuses" :
						sshoal_error_text(rc));
	else
		rc = sshoal__key_new(key, pkey, error);
	(void)ERR_pop_to_mark();
	return rc;
}
