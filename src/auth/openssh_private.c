/* SPDX-License-Identifier: MIT */
#include "auth/key_decode.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "auth/key_kind.h"
#include "base/error.h"

/* Numbers that are secret are made with BN_secure_new(), which has OpenSSL
 * wipe every copy that it makes of them. */

#define NUMBER_MAX 2048 /* bytes: 16384 bits */
#define ED25519_SIZE 32

static int refuse_damaged(sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EFORMAT,
				 "damaged: not a valid key inside");
}

/* A positive mpint; NULL for what is none, or for lack of memory. */
static BIGNUM *read_number(struct wire *wire)
{
	size_t n = 0;
	const unsigned char *bytes = sshoal__wire_string(wire, &n);
	if (!bytes || n == 0 || bytes[0] >= 0x80 || n > NUMBER_MAX + 1)
		return NULL;
	BIGNUM *number = BN_secure_new();
	if (!number)
		return NULL;
	if (BN_bin2bn(bytes, (int)n, number))
		return number;
	BN_clear_free(number);
	return NULL;
}

static int make_key(EVP_PKEY **pkey, const struct key_kind *kind,
		    OSSL_PARAM_BLD *builder, sshoal_error *error)
{
	int rc = sshoal__key_kind_make(pkey, kind, EVP_PKEY_KEYPAIR, builder);
	if (rc == SSHOAL_EFORMAT)
		return refuse_damaged(error);
	return rc ? sshoal__error_code(error, rc) : 0;
}

/* In the order of the file; the last two are computed. */
enum { RSA_N, RSA_E, RSA_D, RSA_IQMP, RSA_P, RSA_Q, RSA_DMP1, RSA_DMQ1 };
#define RSA_FILE_COUNT RSA_DMP1
#define RSA_COUNT (RSA_DMQ1 + 1)

static const char *const rsa_names[RSA_COUNT] = {
	[RSA_N] = OSSL_PKEY_PARAM_RSA_N,
	[RSA_E] = OSSL_PKEY_PARAM_RSA_E,
	[RSA_D] = OSSL_PKEY_PARAM_RSA_D,
	[RSA_IQMP] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	[RSA_P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[RSA_Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	[RSA_DMP1] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[RSA_DMQ1] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
};

/* d mod (prime - 1). */
static BIGNUM *reduce(const BIGNUM *d, const BIGNUM *prime)
{
	BN_CTX *context = BN_CTX_secure_new();
	BIGNUM *less = BN_secure_new();
	BIGNUM *exponent = BN_secure_new();
	BIGNUM *secret = BN_secure_new();
	bool is_done = context && less && exponent && secret &&
		       !BN_is_zero(prime) && !BN_is_one(prime) &&
		       BN_sub(less, prime, BN_value_one()) &&
		       BN_copy(secret, d);
	if (is_done) {
		BN_set_flags(secret, BN_FLG_CONSTTIME);
		is_done = BN_mod(exponent, secret, less, context) == 1;
	}
	BN_clear_free(secret);
	BN_clear_free(less);
	BN_CTX_free(context);
	if (is_done)
		return exponent;
	BN_clear_free(exponent);
	return NULL;
}

static int make_rsa(EVP_PKEY **pkey, const struct key_kind *kind,
		    struct wire *wire, sshoal_error *error)
{
	BIGNUM *numbers[RSA_COUNT] = { NULL };
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	bool is_read = builder;
	for (size_t i = 0; i < RSA_FILE_COUNT && is_read; i++) {
		numbers[i] = read_number(wire);
		is_read = numbers[i];
	}
	if (is_read) {
		numbers[RSA_DMP1] = reduce(numbers[RSA_D], numbers[RSA_P]);
		numbers[RSA_DMQ1] = reduce(numbers[RSA_D], numbers[RSA_Q]);
	}
	for (size_t i = 0; i < RSA_COUNT && is_read; i++)
		is_read = numbers[i] &&
			  OSSL_PARAM_BLD_push_BN(builder, rsa_names[i],
						 numbers[i]) == 1;
	int rc = is_read ? make_key(pkey, kind, builder, error) :
			   refuse_damaged(error);
	for (size_t i = 0; i < RSA_COUNT; i++)
		BN_clear_free(numbers[i]);
	OSSL_PARAM_BLD_free(builder);
	return rc;
}

static int make_ecdsa(EVP_PKEY **pkey, const struct key_kind *kind,
		      struct wire *wire, sshoal_error *error)
{
	bool is_right_curve = sshoal__wire_is(wire, kind->curve);
	size_t n = 0;
	const unsigned char *point = sshoal__wire_string(wire, &n);
	BIGNUM *number = read_number(wire);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	int rc = SSHOAL_EFORMAT;
	if (is_right_curve && point && number && builder &&
	    n == 1 + 2 * kind->field_size &&
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
					    kind->group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
					     point, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) ==
		    1)
		rc = make_key(pkey, kind, builder, error);
	else
		rc = refuse_damaged(error);
	OSSL_PARAM_BLD_free(builder);
	BN_clear_free(number);
	return rc;
}

/* The file holds the public key three times; the seed is what it follows
 * from. */
static int make_ed25519(EVP_PKEY **pkey, struct wire *wire, sshoal_error *error)
{
	size_t public_size = 0;
	const unsigned char *public = sshoal__wire_string(wire, &public_size);
	size_t both_size = 0;
	const unsigned char *both = sshoal__wire_string(wire, &both_size);
	if (!public || !both || public_size != ED25519_SIZE ||
	    both_size != 2 * ED25519_SIZE)
		return refuse_damaged(error);
	EVP_PKEY *made = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL,
							 both, ED25519_SIZE);
	if (!made)
		return sshoal__error_code(error, SSHOAL_EIO);
	unsigned char derived[ED25519_SIZE];
	size_t n = sizeof derived;
	if (EVP_PKEY_get_raw_public_key(made, derived, &n) != 1 ||
	    memcmp(derived, public, ED25519_SIZE) != 0 ||
	    memcmp(derived, both + ED25519_SIZE, ED25519_SIZE) != 0) {
		EVP_PKEY_free(made);
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "damaged: the private part does not "
					 "belong to the public part");
	}
	*pkey = made;
	return 0;
}

int sshoal__openssh_private(EVP_PKEY **pkey, struct wire *wire,
			    sshoal_error *error)
{
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(wire, &n);
	const struct key_kind *kind =
		name ? sshoal__key_kind_named(name, n) : NULL;
	if (!kind)
		return refuse_damaged(error);
	switch (kind->type) {
	case SSHOAL_KEY_RSA:
		return make_rsa(pkey, kind, wire, error);
	case SSHOAL_KEY_ECDSA:
		return make_ecdsa(pkey, kind, wire, error);
	case SSHOAL_KEY_ED25519:
		return make_ed25519(pkey, wire, error);
	case SSHOAL_KEY_OTHER:
		break;
	}
	return SSHOAL_EUNSUPPORTED;
}
