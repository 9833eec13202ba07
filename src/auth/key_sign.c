/* SPDX-License-Identifier: MIT */
#include "auth/key_kind.h"

#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <sshoal/error.h>

/* Each call has a context of its own, so that threads share nothing but the
 * key, which signing only reads. */

/* RSA's with 16384 bits; the others' are smaller. */
#define SIGNATURE_MAX 2048

/* The signature algorithms of RSA keys (RFC 8332, RFC 4253 section 6.6). */
static const struct {
	const char *name;
	const char *digest;
} rsa_algorithms[] = {
	{ "rsa-sha2-512", "SHA512" },
	{ "rsa-sha2-256", "SHA256" },
	{ "ssh-rsa", "SHA1" },
};

int sshoal__key_kind_digest(const struct key_kind *kind, const char *algorithm,
			    const char **digest)
{
	size_t count = sizeof rsa_algorithms / sizeof *rsa_algorithms;
	if (kind->type != SSHOAL_KEY_RSA) {
		*digest = kind->digest;
		return strcmp(algorithm, kind->name) == 0 ? 0 :
							    SSHOAL_EUNSUPPORTED;
	}
	for (size_t i = 0; i < count; i++)
		if (strcmp(rsa_algorithms[i].name, algorithm) == 0) {
			*digest = rsa_algorithms[i].digest;
			return 0;
		}
	return SSHOAL_EUNSUPPORTED;
}

int sshoal__key_kind_fail(int code)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE ?
		       SSHOAL_ENOMEM :
		       code;
}

/* A system's policy may forbid SHA-1: that is not a failure of ours. */
static int refusal(const char *digest)
{
	return sshoal__key_kind_fail(digest && strcmp(digest, "SHA1") == 0 ?
					     SSHOAL_EUNSUPPORTED :
					     SSHOAL_EIO);
}

static int put_number(struct buffer *out, const BIGNUM *number)
{
	unsigned char bytes[SIGNATURE_MAX];
	if (BN_num_bytes(number) > (int)sizeof bytes)
		return SSHOAL_EIO;
	int n = BN_bn2bin(number, bytes);
	return sshoal__buffer_put_mpint(out, bytes, (size_t)n);
}

/* From the DER that OpenSSL makes to RFC 5656 section 3.1.2. */
static int put_ecdsa(struct buffer *signature, const unsigned char *der,
		     size_t size)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
	if (!pair)
		return SSHOAL_EIO;
	struct buffer both = BUFFER_INIT(SIGNATURE_MAX);
	int rc = put_number(&both, ECDSA_SIG_get0_r(pair));
	if (rc == 0)
		rc = put_number(&both, ECDSA_SIG_get0_s(pair));
	if (rc == 0)
		rc = sshoal__buffer_append(signature,
					   sshoal__buffer_data(&both),
					   sshoal__buffer_size(&both));
	sshoal__buffer_fini(&both);
	ECDSA_SIG_free(pair);
	return rc;
}

int sshoal__key_kind_sign(const struct key_kind *kind, EVP_PKEY *pkey,
			  const char *algorithm, const void *data,
			  size_t size_bytes, struct buffer *signature)
{
	const char *digest = NULL;
	int rc = sshoal__key_kind_digest(kind, algorithm, &digest);
	if (rc)
		return rc;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context)
		return SSHOAL_ENOMEM;
	unsigned char raw[SIGNATURE_MAX];
	size_t n = sizeof raw;
	if (EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, pkey,
				  NULL) != 1 ||
	    EVP_DigestSign(context, raw, &n, data, size_bytes) != 1)
		rc = refusal(digest);
	EVP_MD_CTX_free(context);
	if (rc)
		return rc;
	return kind->type == SSHOAL_KEY_ECDSA ?
		       put_ecdsa(signature, raw, n) :
		       sshoal__buffer_append(signature, raw, n);
}
