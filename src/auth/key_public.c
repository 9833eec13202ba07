/* SPDX-License-Identifier: MIT */
#include "auth/key_kind.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <sshoal/error.h>

/* Public keys enter OpenSSL here. Only their one canonical form is taken: a
 * key that comes back in another would have another fingerprint. */

#define NUMBER_MAX 2048 /* bytes: 16384 bits */
#define ED25519_SIZE 32

/* A positive mpint without needless zeros (RFC 4251 section 5); NULL for what
 * is none, or for lack of memory. */
static BIGNUM *read_number(struct wire *wire)
{
	size_t n = 0;
	const unsigned char *bytes = sshoal__wire_string(wire, &n);
	if (!bytes || n == 0 || bytes[0] >= 0x80 || n > NUMBER_MAX + 1)
		return NULL;
	if (bytes[0] == 0 && (n == 1 || bytes[1] < 0x80))
		return NULL;
	return BN_bin2bn(bytes, (int)n, NULL);
}

static int read_rsa(EVP_PKEY **pkey, const struct key_kind *kind,
		    struct wire *wire)
{
	BIGNUM *e = read_number(wire);
	BIGNUM *n = read_number(wire);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	int rc = sshoal__key_kind_fail(SSHOAL_EFORMAT);
	if (e && n && wire->left == 0 && builder && BN_is_odd(e) &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1)
		rc = sshoal__key_kind_make(pkey, kind, EVP_PKEY_PUBLIC_KEY,
					   builder);
	OSSL_PARAM_BLD_free(builder);
	BN_free(e);
	BN_free(n);
	return rc;
}

static int read_ecdsa(EVP_PKEY **pkey, const struct key_kind *kind,
		      struct wire *wire)
{
	bool is_right_curve = sshoal__wire_is(wire, kind->curve);
	size_t n = 0;
	const unsigned char *point = sshoal__wire_string(wire, &n);
	if (!is_right_curve || !point || wire->left > 0 ||
	    n != 1 + 2 * kind->field_size || point[0] != 4)
		return SSHOAL_EFORMAT;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	int rc = SSHOAL_ENOMEM;
	if (builder &&
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
					    kind->group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
					     point, n) == 1)
		rc = sshoal__key_kind_make(pkey, kind, EVP_PKEY_PUBLIC_KEY,
					   builder);
	OSSL_PARAM_BLD_free(builder);
	return rc;
}

static int read_ed25519(EVP_PKEY **pkey, struct wire *wire)
{
	size_t n = 0;
	const unsigned char *raw = sshoal__wire_string(wire, &n);
	if (!raw || n != ED25519_SIZE || wire->left > 0)
		return SSHOAL_EFORMAT;
	EVP_PKEY *made =
		EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw, n);
	if (!made)
		return sshoal__key_kind_fail(SSHOAL_EIO);
	*pkey = made;
	return 0;
}

int sshoal__key_kind_public(EVP_PKEY **pkey, const struct key_kind *kind,
			    struct wire wire)
{
	switch (kind->type) {
	case SSHOAL_KEY_RSA:
		return read_rsa(pkey, kind, &wire);
	case SSHOAL_KEY_ECDSA:
		return read_ecdsa(pkey, kind, &wire);
	case SSHOAL_KEY_ED25519:
		return read_ed25519(pkey, &wire);
	case SSHOAL_KEY_OTHER:
		break;
	}
	return SSHOAL_EUNSUPPORTED;
}

size_t sshoal__key_kind_string_count(const struct key_kind *kind)
{
	return kind->type == SSHOAL_KEY_ED25519 ? 1 : 2;
}
