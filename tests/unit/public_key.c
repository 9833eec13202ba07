/* SPDX-License-Identifier: MIT */
#include "unit/public_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

/* Fields of SSH's wire form, taken apart with assertions. */
struct field {
	const unsigned char *at;
	size_t n;
};

static struct field next_field(struct field *rest)
{
	assert_in_range(rest->n, 4, SIZE_MAX);
	size_t n = (size_t)rest->at[0] << 24 | (size_t)rest->at[1] << 16 |
		   (size_t)rest->at[2] << 8 | (size_t)rest->at[3];
	assert_in_range(n, 0, rest->n - 4);
	struct field field = { rest->at + 4, n };
	rest->at += 4 + n;
	rest->n -= 4 + n;
	return field;
}

size_t public_key_blob(const char *line, unsigned char *blob, size_t room)
{
	const char *text = strchr(line, ' ');
	assert_non_null(text);
	text++;
	size_t n = strcspn(text, " \n");
	assert_in_range(n, 4, room);
	int size = EVP_DecodeBlock(blob, (const unsigned char *)text, (int)n);
	assert_in_range(size, 3, room);
	size -= text[n - 1] == '=';
	size -= text[n - 2] == '=';
	return (size_t)size;
}

static EVP_PKEY *from_params(const char *algorithm, OSSL_PARAM_BLD *builder)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
	EVP_PKEY *pkey = NULL;
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(
		EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params),
		1);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	return pkey;
}

static EVP_PKEY *rsa_key(struct field rest)
{
	struct field e = next_field(&rest);
	struct field n = next_field(&rest);
	BIGNUM *exponent = BN_bin2bn(e.at, (int)e.n, NULL);
	BIGNUM *modulus = BN_bin2bn(n.at, (int)n.n, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	(void)OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
	(void)OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
	EVP_PKEY *pkey = from_params("RSA", builder);
	BN_free(exponent);
	BN_free(modulus);
	return pkey;
}

static EVP_PKEY *ecdsa_key(struct field rest)
{
	struct field curve = next_field(&rest);
	struct field point = next_field(&rest);
	const char *group = memcmp(curve.at, "nistp256", 8) == 0 ? "P-256" :
			    memcmp(curve.at, "nistp384", 8) == 0 ? "P-384" :
								   "P-521";
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	(void)OSSL_PARAM_BLD_push_utf8_string(
		builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	(void)OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
					       point.at, point.n);
	return from_params("EC", builder);
}

static EVP_PKEY *parse(const unsigned char *blob, size_t n)
{
	struct field rest = { blob, n };
	struct field name = next_field(&rest);
	if (name.n == 7 && memcmp(name.at, "ssh-rsa", 7) == 0)
		return rsa_key(rest);
	if (name.n == 19)
		return ecdsa_key(rest);
	struct field raw = next_field(&rest);
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.at,
					   raw.n);
}

static const char *digest_of(const char *algorithm)
{
	static const char *const digests[][2] = {
		{ "rsa-sha2-512", "SHA512" },
		{ "rsa-sha2-256", "SHA256" },
		{ "ssh-rsa", "SHA1" },
		{ "ecdsa-sha2-nistp256", "SHA256" },
		{ "ecdsa-sha2-nistp384", "SHA384" },
		{ "ecdsa-sha2-nistp521", "SHA512" },
	};
	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
		if (strcmp(digests[i][0], algorithm) == 0)
			return digests[i][1];
	return NULL;
}

/* r and s as OpenSSL wants them; the length, 0 if they are not well-formed. */
static size_t to_der(unsigned char *der, struct field pair)
{
	struct field r = next_field(&pair);
	struct field s = next_field(&pair);
	assert_int_equal(pair.n, 0);
	/* An mpint must not be negative nor longer than needed. */
	assert_true(r.at[0] < 0x80 && (r.at[0] > 0 || r.at[1] >= 0x80));
	assert_true(s.at[0] < 0x80 && (s.at[0] > 0 || s.at[1] >= 0x80));
	ECDSA_SIG *both = ECDSA_SIG_new();
	(void)ECDSA_SIG_set0(both, BN_bin2bn(r.at, (int)r.n, NULL),
			     BN_bin2bn(s.at, (int)s.n, NULL));
	int n = i2d_ECDSA_SIG(both, &der);
	ECDSA_SIG_free(both);
	return n > 0 ? (size_t)n : 0;
}

bool public_key_verifies(const char *line, const char *algorithm,
			 const void *data, size_t n,
			 const unsigned char *signature, size_t signature_n)
{
	unsigned char blob[8192];
	EVP_PKEY *pkey = parse(blob, public_key_blob(line, blob, sizeof blob));
	assert_non_null(pkey);
	unsigned char der[256];
	if (strncmp(algorithm, "ecdsa-", 6) == 0) {
		signature_n =
			to_der(der, (struct field){ signature, signature_n });
		signature = der;
	}
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_right =
		EVP_DigestVerifyInit_ex(context, NULL, digest_of(algorithm),
					NULL, NULL, pkey, NULL) == 1 &&
		EVP_DigestVerify(context, signature, signature_n, data, n) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return is_right;
}
