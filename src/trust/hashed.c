/* SPDX-License-Identifier: MIT */
#include "trust/hashed.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/error.h"
#include "trust/base64.h"

/* Hashed host names as ssh-keygen -H writes them. OpenSSL fails here only for
 * want of memory. */

#define MAGIC "|1|"

/* Characters of 20 bytes in base64. */
#define TEXT_SIZE 28

static bool decode(unsigned char out[HASHED_SIZE], const char *text)
{
	unsigned char bytes[BASE64_ROOM(TEXT_SIZE)];
	if (sshoal__base64_decode(bytes, text, TEXT_SIZE) != HASHED_SIZE)
		return false;
	memcpy(out, bytes, HASHED_SIZE);
	return true;
}

bool sshoal__hashed_parse(struct hashed *hashed, const char *text, size_t n)
{
	size_t magic = strlen(MAGIC);
	if (n != magic + TEXT_SIZE + 1 + TEXT_SIZE ||
	    memcmp(text, MAGIC, magic) != 0 || text[magic + TEXT_SIZE] != '|')
		return false;
	return decode(hashed->salt, text + magic) &&
	       decode(hashed->hash, text + magic + TEXT_SIZE + 1);
}

int sshoal__hasher_init(struct hasher *hasher, const char *name)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	char digest[] = "SHA1";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};
	if (!context || EVP_MAC_CTX_set_params(context, params) != 1) {
		EVP_MAC_CTX_free(context);
		return SSHOAL_ENOMEM;
	}
	*hasher = (struct hasher){
		.context = context,
		.name = name,
		.name_size = strlen(name),
	};
	return 0;
}

static bool hash_name(struct hasher *hasher, const unsigned char *salt,
		      unsigned char hash[HASHED_SIZE])
{
	size_t size = 0;
	return EVP_MAC_init(hasher->context, salt, HASHED_SIZE, NULL) == 1 &&
	       EVP_MAC_update(hasher->context,
			      (const unsigned char *)hasher->name,
			      hasher->name_size) == 1 &&
	       EVP_MAC_final(hasher->context, hash, &size, HASHED_SIZE) == 1 &&
	       size == HASHED_SIZE;
}

int sshoal__hasher_check(struct hasher *hasher, const struct hashed *hashed)
{
	unsigned char hash[HASHED_SIZE];
	if (!hash_name(hasher, hashed->salt, hash))
		return SSHOAL_ENOMEM;
	return memcmp(hash, hashed->hash, HASHED_SIZE) == 0;
}

void sshoal__hasher_fini(struct hasher *hasher)
{
	EVP_MAC_CTX_free(hasher->context);
	*hasher = (struct hasher){ .context = NULL };
}

int sshoal__hashed_write(char out[HASHED_TEXT_SIZE], const char *name)
{
	struct hasher hasher;
	unsigned char salt[HASHED_SIZE];
	unsigned char hash[HASHED_SIZE];
	char salt_text[TEXT_SIZE + 1];
	char hash_text[TEXT_SIZE + 1];
	int rc = sshoal__hasher_init(&hasher, name);
	if (rc)
		return rc;
	bool is_done = RAND_bytes(salt, sizeof salt) == 1 &&
		       hash_name(&hasher, salt, hash);
	sshoal__hasher_fini(&hasher);
	if (!is_done)
		return SSHOAL_ENOMEM;
	(void)EVP_EncodeBlock((unsigned char *)salt_text, salt, HASHED_SIZE);
	(void)EVP_EncodeBlock((unsigned char *)hash_text, hash, HASHED_SIZE);
	(void)snprintf(out, HASHED_TEXT_SIZE, MAGIC "%s|%s", salt_text,
		       hash_text);
	return 0;
}
