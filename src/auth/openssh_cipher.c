/* SPDX-License-Identifier: MIT */
#include "auth/openssh_cipher.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <sshoal/error.h>

/* How OpenSSH encrypts its key files. A tag is checked before anything that
 * it covers is used. */

#define GCM_IV_SIZE 12
#define TAG_SIZE 16

static const struct openssh_cipher ciphers[] = {
	{ "aes128-cbc", "AES-128-CBC", 16, 16, 16, 0 },
	{ "aes192-cbc", "AES-192-CBC", 24, 16, 16, 0 },
	{ "aes256-cbc", "AES-256-CBC", 32, 16, 16, 0 },
	{ "aes128-ctr", "AES-128-CTR", 16, 16, 16, 0 },
	{ "aes192-ctr", "AES-192-CTR", 24, 16, 16, 0 },
	{ "aes256-ctr", "AES-256-CTR", 32, 16, 16, 0 },
	{ "aes128-gcm@openssh.com", "AES-128-GCM", 16, GCM_IV_SIZE, 16,
	  TAG_SIZE },
	{ "aes256-gcm@openssh.com", "AES-256-GCM", 32, GCM_IV_SIZE, 16,
	  TAG_SIZE },
	{ "chacha20-poly1305@openssh.com", "ChaCha20", 64, 0, 8, TAG_SIZE },
};

const struct openssh_cipher *sshoal__openssh_cipher(const void *name, size_t n)
{
	for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
		if (strlen(ciphers[i].name) == n &&
		    memcmp(ciphers[i].name, name, n) == 0)
			return &ciphers[i];
	return NULL;
}

struct cipher_input {
	const char *name; /* OpenSSL's */
	const unsigned char *key;
	const unsigned char *iv;
	unsigned char *bytes;
	size_t size; /* fits an int: a file has at most 1 MiB */
};

/* tag is NULL for a cipher that has none. */
static int run_cipher(const struct cipher_input *input, unsigned char *tag)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, input->name, NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	OSSL_PARAM params[] = { OSSL_PARAM_END, OSSL_PARAM_END };
	if (tag)
		params[0] = OSSL_PARAM_construct_octet_string(
			OSSL_CIPHER_PARAM_AEAD_TAG, tag, TAG_SIZE);
	int n = 0;
	int rc = SSHOAL_EIO;
	if (cipher && context &&
	    EVP_DecryptInit_ex2(context, cipher, input->key, input->iv,
				params) == 1 &&
	    EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
	    EVP_DecryptUpdate(context, input->bytes, &n, input->bytes,
			      (int)input->size) == 1)
		rc = EVP_DecryptFinal_ex(context, input->bytes + n, &n) == 1 ?
			     0 :
			     SSHOAL_EPASSPHRASE;
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return rc;
}

static int check_poly1305(unsigned char *key, const unsigned char *bytes,
			  size_t size, const unsigned char *tag)
{
	unsigned char computed[TAG_SIZE];
	size_t n = 0;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "POLY1305", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	int rc = SSHOAL_EIO;
	if (context && EVP_MAC_init(context, key, 32, NULL) == 1 &&
	    EVP_MAC_update(context, bytes, size) == 1 &&
	    EVP_MAC_final(context, computed, &n, sizeof computed) == 1)
		rc = n == TAG_SIZE && CRYPTO_memcmp(computed, tag, n) == 0 ?
			     0 :
			     SSHOAL_EPASSPHRASE;
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
	return rc;
}

/*
 * OpenSSH's PROTOCOL.chacha20poly1305 for packet number 0 without a length
 * field, so only the first half of the key is used. Block 0 of the stream is
 * Poly1305's key, the text begins at block 1.
 */
static int decrypt_chacha(const struct openssh_cipher *cipher,
			  const unsigned char *secret, unsigned char *bytes,
			  size_t size, const unsigned char *tag)
{
	unsigned char counter[16] = { 0 };
	unsigned char poly_key[32] = { 0 };
	int rc = run_cipher(&(struct cipher_input){ cipher->openssl, secret,
						    counter, poly_key,
						    sizeof poly_key },
			    NULL);
	if (rc == 0)
		rc = check_poly1305(poly_key, bytes, size, tag);
	counter[0] = 1;
	if (rc == 0)
		rc = run_cipher(&(struct cipher_input){ cipher->openssl, secret,
							counter, bytes, size },
				NULL);
	OPENSSL_cleanse(poly_key, sizeof poly_key);
	return rc;
}

int sshoal__openssh_decrypt(const struct openssh_cipher *cipher,
			    const unsigned char *secret, unsigned char *bytes,
			    size_t size, const unsigned char *tag)
{
	if (cipher->iv_size == 0)
		return decrypt_chacha(cipher, secret, bytes, size, tag);
	unsigned char own_tag[TAG_SIZE];
	if (cipher->tag_size > 0)
		memcpy(own_tag, tag, sizeof own_tag);
	return run_cipher(&(struct cipher_input){ cipher->openssl, secret,
						  secret + cipher->key_size,
						  bytes, size },
			  cipher->tag_size > 0 ? own_tag : NULL);
}
