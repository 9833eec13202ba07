/* SPDX-License-Identifier: MIT */
#include "auth/key_kind.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <sshoal/error.h>

/* The one table of key types. Public keys leave OpenSSL here. */

static const struct key_kind kinds[] = {
	{
		.type = SSHOAL_KEY_RSA,
		.name = "ssh-rsa",
		.algorithm = "RSA",
	},
	{
		.type = SSHOAL_KEY_ED25519,
		.name = "ssh-ed25519",
		.algorithm = "ED25519",
	},
	{
		.type = SSHOAL_KEY_ECDSA,
		.name = "ecdsa-sha2-nistp256",
		.curve = "nistp256",
		.algorithm = "EC",
		.group = "prime256v1",
		.digest = "SHA256",
		.field_size = 32,
	},
	{
		.type = SSHOAL_KEY_ECDSA,
		.name = "ecdsa-sha2-nistp384",
		.curve = "nistp384",
		.algorithm = "EC",
		.group = "secp384r1",
		.digest = "SHA384",
		.field_size = 48,
	},
	{
		.type = SSHOAL_KEY_ECDSA,
		.name = "ecdsa-sha2-nistp521",
		.curve = "nistp521",
		.algorithm = "EC",
		.group = "secp521r1",
		.digest = "SHA512",
		.field_size = 66,
	},
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)
#define FIELD_MAX 66
#define ED25519_SIZE 32

const struct key_kind *sshoal__key_kind_named(const void *name, size_t n)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strlen(kinds[i].name) == n &&
		    memcmp(kinds[i].name, name, n) == 0)
			return &kinds[i];
	return NULL;
}

const struct key_kind *sshoal__key_kind_of(const EVP_PKEY *pkey)
{
	char group[64] = "";
	(void)EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL);
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (EVP_PKEY_is_a(pkey, kinds[i].algorithm) &&
		    (!kinds[i].group || strcmp(kinds[i].group, group) == 0))
			return &kinds[i];
	return NULL;
}

static int put_number(struct buffer *blob, const EVP_PKEY *pkey,
		      const char *parameter)
{
	BIGNUM *number = NULL;
	if (EVP_PKEY_get_bn_param(pkey, parameter, &number) != 1)
		return SSHOAL_EIO;
	size_t n = (size_t)BN_num_bytes(number);
	unsigned char *bytes = OPENSSL_malloc(n ? n : 1);
	int rc = SSHOAL_ENOMEM;
	if (bytes) {
		(void)BN_bn2bin(number, bytes);
		rc = sshoal__buffer_put_mpint(blob, bytes, n);
	}
	OPENSSL_free(bytes);
	BN_free(number);
	return rc;
}

/* The point without compression (SEC1 2.3.3), whatever the file's form is. */
static int put_point(struct buffer *blob, const EVP_PKEY *pkey, size_t size)
{
	unsigned char point[1 + 2 * FIELD_MAX] = { 4 };
	BIGNUM *x = NULL;
	BIGNUM *y = NULL;
	int rc = SSHOAL_EIO;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
	    BN_bn2binpad(x, point + 1, (int)size) > 0 &&
	    BN_bn2binpad(y, point + 1 + size, (int)size) > 0)
		rc = sshoal__buffer_put_string(blob, point, 1 + 2 * size);
	BN_free(x);
	BN_free(y);
	return rc;
}

static int put_ed25519(struct buffer *blob, const EVP_PKEY *pkey)
{
	unsigned char raw[ED25519_SIZE];
	size_t n = sizeof raw;
	if (EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1)
		return SSHOAL_EIO;
	return sshoal__buffer_put_string(blob, raw, n);
}

int sshoal__key_kind_blob(const struct key_kind *kind, const EVP_PKEY *pkey,
			  struct buffer *blob)
{
	int rc = sshoal__buffer_put_cstring(blob, kind->name);
	if (rc)
		return rc;
	switch (kind->type) {
	case SSHOAL_KEY_RSA:
		rc = put_number(blob, pkey, OSSL_PKEY_PARAM_RSA_E);
		return rc ? rc : put_number(blob, pkey, OSSL_PKEY_PARAM_RSA_N);
	case SSHOAL_KEY_ECDSA:
		rc = sshoal__buffer_put_cstring(blob, kind->curve);
		return rc ? rc : put_point(blob, pkey, kind->field_size);
	case SSHOAL_KEY_ED25519:
		return put_ed25519(blob, pkey);
	case SSHOAL_KEY_OTHER:
		break;
	}
	return SSHOAL_EIO;
}

int sshoal__key_kind_make(EVP_PKEY **pkey, const struct key_kind *kind,
			  int selection, OSSL_PARAM_BLD *builder)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new_from_name(NULL, kind->algorithm, NULL);
	EVP_PKEY *made = NULL;
	int rc = 0;
	if (!params || !context)
		rc = SSHOAL_ENOMEM;
	else if (EVP_PKEY_fromdata_init(context) != 1 ||
		 EVP_PKEY_fromdata(context, &made, selection, params) != 1)
		rc = sshoal__key_kind_fail(SSHOAL_EFORMAT);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	if (rc == 0)
		*pkey = made;
	return rc;
}
