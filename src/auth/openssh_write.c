/* SPDX-License-Identifier: MIT */
#include "auth/key_encode.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "auth/bcrypt_pbkdf.h"
#include "auth/key_object.h"
#include "auth/openssh_cipher.h"
#include "base/error.h"
#include "base/wire.h"

/* OpenSSH's PROTOCOL.key, as ssh-keygen writes it. Every buffer that a secret
 * goes through is wiped. */

#define CIPHER "aes256-ctr"
#define SALT_SIZE 16
#define PLAIN_BLOCK 8
#define LINE_SIZE 70
#define NUMBER_MAX 2048 /* bytes: 16384 bits */
#define ED25519_SIZE 32
#define SECTION_MAX ((size_t)64 * 1024)
#define BODY_MAX (2 * SECTION_MAX + KEY_BLOB_MAX)

static int put_number(struct buffer *section, const EVP_PKEY *pkey,
		      const char *parameter)
{
	unsigned char bytes[NUMBER_MAX];
	BIGNUM *number = NULL;
	int rc = SSHOAL_EIO;
	if (EVP_PKEY_get_bn_param(pkey, parameter, &number) != 1)
		return sshoal__key_kind_fail(SSHOAL_EUNSUPPORTED);
	if (BN_num_bytes(number) <= NUMBER_MAX) {
		int n = BN_bn2bin(number, bytes);
		rc = sshoal__buffer_put_mpint(section, bytes, (size_t)n);
	}
	OPENSSL_cleanse(bytes, sizeof bytes);
	BN_clear_free(number);
	return rc;
}

static int put_rsa(struct buffer *section, const EVP_PKEY *pkey)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_N,       OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D,       OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	};
	/* A key of three primes has no such form. */
	BIGNUM *third = NULL;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) ==
	    1) {
		BN_clear_free(third);
		return SSHOAL_EUNSUPPORTED;
	}
	int rc = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names && rc == 0; i++)
		rc = put_number(section, pkey, names[i]);
	return rc;
}

static int put_ed25519(struct buffer *section, const EVP_PKEY *pkey)
{
	unsigned char both[2 * ED25519_SIZE];
	size_t seed_size = ED25519_SIZE;
	size_t public_size = ED25519_SIZE;
	int rc = SSHOAL_EIO;
	if (EVP_PKEY_get_raw_private_key(pkey, both, &seed_size) == 1 &&
	    EVP_PKEY_get_raw_public_key(pkey, both + ED25519_SIZE,
					&public_size) == 1)
		rc = sshoal__buffer_put_string(section, both, sizeof both);
	OPENSSL_cleanse(both, sizeof both);
	return rc;
}

/* The key's own part: for ECDSA and Ed25519 the public blob goes before. */
static int put_private(struct buffer *section, const sshoal_key *key)
{
	int rc = 0;
	if (key->kind->type != SSHOAL_KEY_RSA)
		rc = sshoal__buffer_append(section,
					   sshoal__buffer_data(&key->blob),
					   sshoal__buffer_size(&key->blob));
	else
		rc = sshoal__buffer_put_cstring(section, key->type_name);
	if (rc)
		return rc;
	switch (key->kind->type) {
	case SSHOAL_KEY_RSA:
		return put_rsa(section, key->pkey);
	case SSHOAL_KEY_ECDSA:
		return put_number(section, key->pkey, OSSL_PKEY_PARAM_PRIV_KEY);
	case SSHOAL_KEY_ED25519:
		return put_ed25519(section, key->pkey);
	case SSHOAL_KEY_OTHER:
		break;
	}
	return SSHOAL_EUNSUPPORTED;
}

static int put_padding(struct buffer *section, size_t block)
{
	int rc = 0;
	for (unsigned char i = 1;
	     rc == 0 && sshoal__buffer_size(section) % block != 0; i++)
		rc = sshoal__buffer_append(section, &i, 1);
	return rc;
}

static int make_section(struct buffer *section, const sshoal_key *key,
			const char *comment, size_t block)
{
	/* Twice the same number: it shows a wrong passphrase. */
	unsigned char check[8];
	if (RAND_bytes(check, 4) != 1)
		return SSHOAL_EIO;
	memcpy(check + 4, check, 4);
	int rc = sshoal__buffer_append(section, check, sizeof check);
	if (rc == 0)
		rc = put_private(section, key);
	if (rc == 0)
		rc = sshoal__buffer_put_cstring(section, comment);
	return rc ? rc : put_padding(section, block);
}

/* Encrypts the section and appends what it is decrypted with. */
static int seal(struct buffer *options, struct buffer *section,
		const struct openssh_cipher *cipher,
		const struct key_writing *writing)
{
	unsigned char salt[SALT_SIZE];
	unsigned char secret[OPENSSH_SECRET_MAX];
	if (RAND_bytes(salt, sizeof salt) != 1)
		return SSHOAL_EIO;
	struct bcrypt_input input = {
		.passphrase = writing->passphrase,
		.passphrase_size = strlen(writing->passphrase),
		.salt = salt,
		.salt_size = sizeof salt,
		.rounds = writing->rounds,
	};
	int rc = sshoal__bcrypt_pbkdf(&input, secret,
				      cipher->key_size + cipher->iv_size);
	/* In counter mode both ways are the same one. */
	if (rc == 0)
		rc = sshoal__openssh_decrypt(
			cipher, secret, sshoal__buffer_data(section),
			sshoal__buffer_size(section), NULL);
	OPENSSL_cleanse(secret, sizeof secret);
	if (rc == 0)
		rc = sshoal__buffer_put_string(options, salt, sizeof salt);
	return rc ? rc : sshoal__buffer_put_u32(options, writing->rounds);
}

/* All that stands before the section. */
static int put_head(struct buffer *body, const sshoal_key *key,
		    const struct buffer *options, bool is_sealed)
{
	static const char magic[] = "openssh-key-v1"; /* with its NUL */
	int rc = sshoal__buffer_append(body, magic, sizeof magic);
	if (rc == 0)
		rc = sshoal__buffer_put_cstring(body,
						is_sealed ? CIPHER : "none");
	if (rc == 0)
		rc = sshoal__buffer_put_cstring(body,
						is_sealed ? "bcrypt" : "none");
	if (rc == 0)
		rc = sshoal__buffer_put_string(body,
					       sshoal__buffer_data(options),
					       sshoal__buffer_size(options));
	if (rc == 0)
		rc = sshoal__buffer_put_u32(body, 1);
	return rc ? rc :
		    sshoal__buffer_put_string(body,
					      sshoal__buffer_data(&key->blob),
					      sshoal__buffer_size(&key->blob));
}

static int make_body(struct buffer *body, const sshoal_key *key,
		     const struct key_writing *writing)
{
	bool is_sealed = writing->passphrase;
	const struct openssh_cipher *cipher =
		sshoal__openssh_cipher(CIPHER, sizeof CIPHER - 1);
	struct buffer section = BUFFER_INIT(SECTION_MAX);
	struct buffer options = BUFFER_INIT(64);
	section.wipe = true;
	int rc = make_section(&section, key, writing->comment,
			      is_sealed ? cipher->block_size : PLAIN_BLOCK);
	if (rc == 0 && is_sealed)
		rc = seal(&options, &section, cipher, writing);
	if (rc == 0)
		rc = put_head(body, key, &options, is_sealed);
	if (rc == 0)
		rc = sshoal__buffer_put_string(body,
					       sshoal__buffer_data(&section),
					       sshoal__buffer_size(&section));
	sshoal__buffer_fini(&section);
	sshoal__buffer_fini(&options);
	return rc;
}

static int put_text(struct buffer *text, const char *words)
{
	return sshoal__buffer_append(text, words, strlen(words));
}

static int put_armor(struct buffer *text, const struct buffer *body)
{
	size_t n = sshoal__buffer_size(body);
	struct buffer digits = BUFFER_INIT((n + 2) / 3 * 4 + 1);
	digits.wipe = true;
	unsigned char *room = sshoal__buffer_reserve(&digits, digits.max);
	if (!room)
		return SSHOAL_ENOMEM;
	int length = EVP_EncodeBlock(room, sshoal__buffer_data(body), (int)n);
	sshoal__buffer_fill(&digits, (size_t)length);
	int rc = put_text(text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	while (rc == 0 && sshoal__buffer_size(&digits) > 0) {
		size_t left = sshoal__buffer_size(&digits);
		size_t line = left < LINE_SIZE ? left : LINE_SIZE;
		rc = sshoal__buffer_append(text, sshoal__buffer_data(&digits),
					   line);
		if (rc == 0)
			rc = put_text(text, "\n");
		sshoal__buffer_consume(&digits, line);
	}
	if (rc == 0)
		rc = put_text(text, "-----END OPENSSH PRIVATE KEY-----\n");
	sshoal__buffer_fini(&digits);
	return rc;
}

int sshoal__openssh_write(struct buffer *text, const sshoal_key *key,
			  const struct key_writing *writing,
			  sshoal_error *error)
{
	struct buffer body = BUFFER_INIT(BODY_MAX);
	body.wipe = true;
	int rc = make_body(&body, key, writing);
	if (rc == 0)
		rc = put_armor(text, &body);
	sshoal__buffer_fini(&body);
	if (rc == SSHOAL_EUNSUPPORTED)
		return sshoal__error_set(error, rc,
					 "a key without its two primes cannot "
					 "be written in OpenSSH's format");
	return rc ? sshoal__error_code(error, rc) : 0;
}
