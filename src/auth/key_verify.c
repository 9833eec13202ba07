/* SPDX-License-Identifier: MIT */
#include "auth/key_kind.h"

#include <string.h>

#include <openssl/ecdsa.h>

#include <sshoal/error.h>

/* The other side of key_sign.c. A signature comes from outside: whatever is
 * wrong with its form makes it no signature of this key. */

#define SIGNATURE_MAX 2048

/* Room for two numbers of 66 bytes in DER. */
#define DER_MAX 160

static BIGNUM *read_number(struct wire *wire, size_t max)
{
	size_t n = 0;
	const unsigned char *bytes = sshoal__wire_string(wire, &n);
	if (!bytes || n == 0 || bytes[0] >= 0x80 || n > max + 1)
		return NULL;
	return BN_bin2bn(bytes, (int)n, NULL);
}

/* From RFC 5656 section 3.1.2 to DER. The size, 0 if it is none. */
static size_t read_ecdsa(unsigned char der[DER_MAX],
			 const struct key_kind *kind, struct wire *signature)
{
	BIGNUM *r = read_number(signature, kind->field_size);
	BIGNUM *s = read_number(signature, kind->field_size);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	if (!r || !s || !pair || signature->left > 0 ||
	    ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(pair);
		return 0;
	}
	int n = i2d_ECDSA_SIG(pair, NULL);
	n = n > 0 && n <= DER_MAX ? i2d_ECDSA_SIG(pair, &der) : 0;
	ECDSA_SIG_free(pair);
	return n > 0 ? (size_t)n : 0;
}

/* The number as long as the modulus, which some write without its leading
 * zeros. The size, 0 if it is too long. */
static size_t read_rsa(unsigned char raw[SIGNATURE_MAX], const EVP_PKEY *pkey,
		       const struct wire *signature)
{
	int size = EVP_PKEY_get_size(pkey);
	if (size <= 0 || size > SIGNATURE_MAX || signature->left == 0 ||
	    signature->left > (size_t)size)
		return 0;
	size_t zeros = (size_t)size - signature->left;
	memset(raw, 0, zeros);
	memcpy(raw + zeros, signature->at, signature->left);
	return (size_t)size;
}

static int verify(EVP_PKEY *pkey, const char *digest,
		  const struct wire *signature, const void *data, size_t n)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context)
		return SSHOAL_ENOMEM;
	int rc = SSHOAL_EAUTH;
	if (EVP_DigestVerifyInit_ex(context, NULL, digest, NULL, NULL, pkey,
				    NULL) != 1)
		rc = sshoal__key_kind_fail(digest && strcmp(digest, "SHA1") ==
								   0 ?
						   SSHOAL_EUNSUPPORTED :
						   SSHOAL_EIO);
	else if (EVP_DigestVerify(context, signature->at, signature->left, data,
				  n) == 1)
		rc = 0;
	else
		rc = sshoal__key_kind_fail(SSHOAL_EAUTH);
	EVP_MD_CTX_free(context);
	return rc;
}

int sshoal__key_kind_verify(const struct key_kind *kind, EVP_PKEY *pkey,
			    const char *algorithm, const void *data,
			    size_t size_bytes, struct wire signature)
{
	const char *digest = NULL;
	int rc = sshoal__key_kind_digest(kind, algorithm, &digest);
	if (rc)
		return rc;
	unsigned char raw[SIGNATURE_MAX];
	size_t n = 0;
	if (kind->type == SSHOAL_KEY_ECDSA)
		n = read_ecdsa(raw, kind, &signature);
	else if (kind->type == SSHOAL_KEY_RSA)
		n = read_rsa(raw, pkey, &signature);
	else
		return verify(pkey, digest, &signature, data, size_bytes);
	struct wire form = sshoal__wire(raw, n);
	return n == 0 ? sshoal__key_kind_fail(SSHOAL_EAUTH) :
			verify(pkey, digest, &form, data, size_bytes);
}
