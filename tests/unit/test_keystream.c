/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "ssh/keystream.h"
#include "ssh/library.h"

/* OpenSSL's own counter mode says what ours must give. */

#define TEXT_BYTES 100003

static const struct {
	const char *name;
	const EVP_CIPHER *(*cipher)(void);
} kinds[] = {
	{ "AES-128-CTR", EVP_aes_128_ctr },
	{ "AES-192-CTR", EVP_aes_192_ctr },
	{ "AES-256-CTR", EVP_aes_256_ctr },
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* The second half is high, so that the counter carries. */
static unsigned char *make_iv(unsigned char iv[16])
{
	assert_int_equal(RAND_bytes(iv, 16), 1);
	memset(iv + 8, 0xff, 7);
	return iv;
}

static void fill(unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 251);
}

static EVP_CIPHER_CTX *make(size_t kind, const unsigned char *key,
			    const unsigned char *iv, int encrypt,
			    const char *provider)
{
	EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
	assert_non_null(made);
	assert_int_equal(
		EVP_CipherInit(made, kinds[kind].cipher(), key, iv, encrypt),
		1);
	assert_string_equal(OSSL_PROVIDER_get0_name(EVP_CIPHER_get0_provider(
				    EVP_CIPHER_CTX_get0_cipher(made))),
			    provider);
	return made;
}

static EVP_CIPHER_CTX *make_fast(size_t kind, const unsigned char *key,
				 const unsigned char *iv, int encrypt)
{
	OSSL_LIB_CTX *before = sshoal__keystream_enter();
	EVP_CIPHER_CTX *made = make(kind, key, iv, encrypt, "sshoal");
	sshoal__keystream_leave(before);
	return made;
}

/* In parts of a size, or of sizes that change where it is 0. */
static void encrypt(EVP_CIPHER_CTX *cipher, unsigned char *bytes, size_t n,
		    size_t part)
{
	size_t size = part ? part : 1;
	for (size_t at = 0; at < n; at += size) {
		if (part == 0)
			size = (at * 31 + 7) % 67 + 1;
		if (size > n - at)
			size = n - at;
		assert_int_equal(EVP_Cipher(cipher, bytes + at, bytes + at,
					    (unsigned)size),
				 size);
	}
}

static void it_is_the_counter_mode(void **state)
{
	static const size_t parts[] = { 16, 1, 0, 48, 1024, 1040, TEXT_BYTES };
	static unsigned char expected[TEXT_BYTES];
	static unsigned char bytes[TEXT_BYTES];
	unsigned char key[32];
	unsigned char iv[16];
	(void)state;
	for (size_t kind = 0; kind < KIND_COUNT; kind++) {
		assert_int_equal(RAND_bytes(key, sizeof key), 1);
		make_iv(iv);
		fill(expected, TEXT_BYTES);
		EVP_CIPHER_CTX *theirs = make(kind, key, iv, 1, "default");
		encrypt(theirs, expected, TEXT_BYTES, TEXT_BYTES);
		EVP_CIPHER_CTX_free(theirs);
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
			fill(bytes, TEXT_BYTES);
			EVP_CIPHER_CTX *ours = make_fast(kind, key, iv, 1);
			encrypt(ours, bytes, TEXT_BYTES, parts[i]);
			EVP_CIPHER_CTX_free(ours);
			assert_memory_equal(bytes, expected, TEXT_BYTES);
		}
	}
}

static void what_is_encrypted_is_decrypted(void **state)
{
	static unsigned char expected[TEXT_BYTES];
	static unsigned char bytes[TEXT_BYTES];
	unsigned char key[32];
	unsigned char iv[16];
	(void)state;
	assert_int_equal(RAND_bytes(key, sizeof key), 1);
	make_iv(iv);
	fill(expected, TEXT_BYTES);
	fill(bytes, TEXT_BYTES);
	EVP_CIPHER_CTX *out = make_fast(0, key, iv, 1);
	EVP_CIPHER_CTX *in = make_fast(0, key, iv, 0);
	encrypt(out, bytes, TEXT_BYTES, 16);
	assert_memory_not_equal(bytes, expected, TEXT_BYTES);
	encrypt(in, bytes, TEXT_BYTES, 32);
	assert_memory_equal(bytes, expected, TEXT_BYTES);
	EVP_CIPHER_CTX_free(out);
	EVP_CIPHER_CTX_free(in);
}

/* What was made ahead belongs to the key and counter before. */
static void a_new_counter_begins_anew(void **state)
{
	unsigned char key[32] = { 1 };
	unsigned char iv[16] = { 2 };
	unsigned char first[64] = { 0 };
	unsigned char second[64] = { 0 };
	(void)state;
	EVP_CIPHER_CTX *cipher = make_fast(2, key, iv, 1);
	encrypt(cipher, first, sizeof first, 16);
	assert_int_equal(EVP_CipherInit(cipher, NULL, NULL, iv, 1), 1);
	encrypt(cipher, second, sizeof second, 16);
	assert_memory_equal(first, second, sizeof first);
	EVP_CIPHER_CTX_free(cipher);
}

static void others_get_what_openssl_has(void **state)
{
	unsigned char key[32] = { 1 };
	unsigned char iv[16] = { 2 };
	(void)state;
	OSSL_LIB_CTX *before = sshoal__keystream_enter();
	assert_non_null(before);
	/* Not a counter mode: ours has none of it. */
	EVP_CIPHER *cbc = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	assert_string_equal(
		OSSL_PROVIDER_get0_name(EVP_CIPHER_get0_provider(cbc)),
		"default");
	EVP_CIPHER_free(cbc);
	sshoal__keystream_leave(before);
	for (size_t kind = 0; kind < KIND_COUNT; kind++)
		EVP_CIPHER_CTX_free(make(kind, key, iv, 1, "default"));
}

static int start(void **state)
{
	(void)state;
	return sshoal__library_start();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_counter_mode),
		cmocka_unit_test(what_is_encrypted_is_decrypted),
		cmocka_unit_test(a_new_counter_begins_anew),
		cmocka_unit_test(others_get_what_openssl_has),
	};
	return cmocka_run_group_tests_name("keystream", tests, start, NULL);
}
