/* SPDX-License-Identifier: MIT */
#include "ssh/keystream.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

/* A cipher of this provider is OpenSSL's own, which encrypts zeros: that is the
 * keystream (NIST SP 800-38A section 6.5). */

#define AHEAD_BYTES ((size_t)1024)
#define BLOCK_BYTES ((size_t)16)

#define OURS "provider=sshoal"
#define THEIRS "provider=default"

enum aes { AES_128, AES_192, AES_256, AES_COUNT };

static const struct {
	const char *name;
	size_t key_bytes;
} sizes[AES_COUNT] = {
	[AES_128] = { "AES-128-CTR", 16 },
	[AES_192] = { "AES-192-CTR", 24 },
	[AES_256] = { "AES-256-CTR", 32 },
};

struct keystream {
	EVP_CIPHER_CTX *cipher;
	enum aes aes;
	size_t used; /* of what was made ahead */
	unsigned char ahead[AHEAD_BYTES];
};

/* Made once, before any session is, and read only from then on. */
static OSSL_LIB_CTX *library;
static EVP_CIPHER *methods[AES_COUNT];

static void free_keystream(void *context)
{
	struct keystream *stream = context;
	if (!stream)
		return;
	EVP_CIPHER_CTX_free(stream->cipher);
	OPENSSL_clear_free(stream, sizeof *stream);
}

static void *new_keystream(enum aes aes)
{
	struct keystream *stream = OPENSSL_zalloc(sizeof *stream);
	if (!stream)
		return NULL;
	stream->aes = aes;
	stream->used = AHEAD_BYTES;
	stream->cipher = EVP_CIPHER_CTX_new();
	if (stream->cipher)
		return stream;
	free_keystream(stream);
	return NULL;
}

/* Encrypting and decrypting are the same. */
static int init(void *context, const unsigned char *key, size_t key_bytes,
		const unsigned char *iv, size_t iv_bytes,
		const OSSL_PARAM parameters[])
{
	struct keystream *stream = context;
	(void)parameters;
	if ((key && key_bytes != sizes[stream->aes].key_bytes) ||
	    (iv && iv_bytes != BLOCK_BYTES))
		return 0;
	stream->used = AHEAD_BYTES;
	/* Naming the method once more would forget the key. */
	return EVP_EncryptInit_ex2(stream->cipher,
				   key ? methods[stream->aes] : NULL, key, iv,
				   NULL);
}

static int make_ahead(struct keystream *stream)
{
	static const unsigned char zeros[AHEAD_BYTES];
	int n = 0;
	stream->used = 0;
	return EVP_EncryptUpdate(stream->cipher, stream->ahead, &n, zeros,
				 (int)AHEAD_BYTES) == 1 &&
	       n == (int)AHEAD_BYTES;
}

/* Two words are much faster here than as many turns as a block has bytes. */
static void combine_block(unsigned char *out, const unsigned char *in,
			  const unsigned char *with)
{
	uint64_t a[2];
	uint64_t b[2];
	memcpy(a, in, BLOCK_BYTES);
	memcpy(b, with, BLOCK_BYTES);
	a[0] ^= b[0];
	a[1] ^= b[1];
	memcpy(out, a, BLOCK_BYTES);
}

static int combine(void *context, unsigned char *out, size_t *out_bytes,
		   size_t room, const unsigned char *in, size_t n)
{
	struct keystream *stream = context;
	if (room < n)
		return 0;
	*out_bytes = n;
	while (n > 0) {
		if (stream->used == AHEAD_BYTES && !make_ahead(stream))
			return 0;
		const unsigned char *with = stream->ahead + stream->used;
		size_t part = 1;
		if (n >= BLOCK_BYTES &&
		    AHEAD_BYTES - stream->used >= BLOCK_BYTES) {
			part = BLOCK_BYTES;
			combine_block(out, in, with);
		} else {
			*out = *in ^ *with;
		}
		stream->used += part;
		out += part;
		in += part;
		n -= part;
	}
	return 1;
}

/* The type is OpenSSL's. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static int end(void *context, unsigned char *out, size_t *out_bytes,
	       size_t room)
{
	(void)context;
	(void)out;
	(void)room;
	*out_bytes = 0;
	return 1;
}

static int tell_size(OSSL_PARAM parameters[], const char *name, size_t value)
{
	OSSL_PARAM *wanted = OSSL_PARAM_locate(parameters, name);
	return !wanted || OSSL_PARAM_set_size_t(wanted, value);
}

static int tell(OSSL_PARAM parameters[], enum aes aes)
{
	OSSL_PARAM *mode =
		OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_MODE);
	return tell_size(parameters, OSSL_CIPHER_PARAM_KEYLEN,
			 sizes[aes].key_bytes) &&
	       tell_size(parameters, OSSL_CIPHER_PARAM_IVLEN, BLOCK_BYTES) &&
	       tell_size(parameters, OSSL_CIPHER_PARAM_BLOCK_SIZE, 1) &&
	       (!mode || OSSL_PARAM_set_uint(mode, EVP_CIPH_CTR_MODE));
}

static int tell_context(void *context, OSSL_PARAM parameters[])
{
	const struct keystream *stream = context;
	return tell(parameters, stream->aes);
}

/* There is nothing to set: padding is none of a stream's. */
static int set_context(void *context, const OSSL_PARAM parameters[])
{
	(void)context;
	(void)parameters;
	return 1;
}

static void *new_128(void *provider)
{
	(void)provider;
	return new_keystream(AES_128);
}

static void *new_192(void *provider)
{
	(void)provider;
	return new_keystream(AES_192);
}

static void *new_256(void *provider)
{
	(void)provider;
	return new_keystream(AES_256);
}

static int tell_128(OSSL_PARAM parameters[])
{
	return tell(parameters, AES_128);
}

static int tell_192(OSSL_PARAM parameters[])
{
	return tell(parameters, AES_192);
}

static int tell_256(OSSL_PARAM parameters[])
{
	return tell(parameters, AES_256);
}

/* What provider-cipher(7) names. A function is kept as a pointer to one that
 * takes nothing and is called as what its number says. */
#define FUNCTION(name, function) \
	{ \
		OSSL_FUNC_##name, (void (*)(void))(function) \
	}

#define METHOD(bits) \
	{ \
		FUNCTION(CIPHER_NEWCTX, new_##bits), \
			FUNCTION(CIPHER_FREECTX, free_keystream), \
			FUNCTION(CIPHER_ENCRYPT_INIT, init), \
			FUNCTION(CIPHER_DECRYPT_INIT, init), \
			FUNCTION(CIPHER_UPDATE, combine), \
			FUNCTION(CIPHER_FINAL, end), \
			FUNCTION(CIPHER_CIPHER, combine), \
			FUNCTION(CIPHER_GET_PARAMS, tell_##bits), \
			FUNCTION(CIPHER_GET_CTX_PARAMS, tell_context), \
			FUNCTION(CIPHER_SET_CTX_PARAMS, set_context), \
		{ \
			0, NULL \
		} \
	}

static const OSSL_DISPATCH aes_128[] = METHOD(128);
static const OSSL_DISPATCH aes_192[] = METHOD(192);
static const OSSL_DISPATCH aes_256[] = METHOD(256);

static const OSSL_ALGORITHM ciphers[] = {
	{ "AES-128-CTR", OURS, aes_128, NULL },
	{ "AES-192-CTR", OURS, aes_192, NULL },
	{ "AES-256-CTR", OURS, aes_256, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	return operation == OSSL_OP_CIPHER ? ciphers : NULL;
}

static const OSSL_DISPATCH functions[] = {
	FUNCTION(PROVIDER_QUERY_OPERATION, query),
	{ 0, NULL },
};

/* The type is OpenSSL's. */
static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
		 const OSSL_DISPATCH **out, void **provider)
{
	(void)handle;
	(void)in;
	*out = functions;
	*provider = NULL;
	return 1;
}

static bool fetch_methods(OSSL_LIB_CTX *from)
{
	for (size_t i = 0; i < AES_COUNT; i++) {
		methods[i] = EVP_CIPHER_fetch(from, sizes[i].name, THEIRS);
		if (!methods[i])
			return false;
	}
	return true;
}

void sshoal__keystream_start(void)
{
	/* A system that allows approved modules only has its reasons. */
	if (EVP_default_properties_is_fips_enabled(NULL))
		return;
	OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
	if (!made)
		return;
	/* Its random numbers do not come from keystreams made ahead. */
	if (OSSL_PROVIDER_add_builtin(made, "sshoal", start) == 1 &&
	    OSSL_PROVIDER_load(made, "default") &&
	    OSSL_PROVIDER_load(made, "sshoal") && fetch_methods(made) &&
	    RAND_set_DRBG_type(made, "CTR-DRBG", THEIRS, sizes[AES_256].name,
			       NULL) == 1 &&
	    EVP_set_default_properties(made, "?" OURS) == 1) {
		library = made;
		return;
	}
	for (size_t i = 0; i < AES_COUNT; i++)
		EVP_CIPHER_free(methods[i]);
	OSSL_LIB_CTX_free(made);
}

OSSL_LIB_CTX *sshoal__keystream_enter(void)
{
	return library ? OSSL_LIB_CTX_set0_default(library) : NULL;
}

void sshoal__keystream_leave(OSSL_LIB_CTX *before)
{
	if (before)
		(void)OSSL_LIB_CTX_set0_default(before);
}
