/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/error.h>

#include "auth/bcrypt_pbkdf.h"
#include "auth/blowfish.h"

/* The vectors are those OpenBSD and pyca/bcrypt publish. */
static const struct {
	const char *passphrase;
	size_t passphrase_size;
	const char *salt;
	size_t salt_size;
	uint32_t rounds;
	const char *key;
} vectors[] = {
	{ "password", 8, "salt", 4, 4,
	  "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9" },
	{ "password", 8, "\0", 1, 4, "c12b566235eee04c212598970a579a67" },
	{ "\0", 1, "salt", 4, 4, "6051be18c2f4f82cbf0efee5471b4bb9" },
	{ "password\0", 9, "salt\0", 5, 4,
	  "7410e44cf4fa07bfaac8a928b1727fac001375e7bf7384370f48efd121743050" },
	{ "pass\0wor", 8, "sa\0l", 4, 4, "c2bffd9db38f6569efef4372f4de83c0" },
	{ "pass\0word", 9, "sa\0lt", 5, 4, "4ba4ac3925c0e8d7f0cdb6bb1684a56f" },
	{ "password", 8, "salt", 4, 8,
	  "e1367ec5151a33faac4cc1c144cd23fa15d5548493ecc99b9b5d9c0d3b27bec7"
	  "6227ea66088b849b20ab7aa478010246e74bba51723fefa9f9474d6508845e8d" },
	{ "password", 8, "salt", 4, 42, "833cf0dcf56db65608e8f0dc0ce882bd" },
};

static void keys_are_those_of_the_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct bcrypt_input input = {
			.passphrase = vectors[i].passphrase,
			.passphrase_size = vectors[i].passphrase_size,
			.salt = vectors[i].salt,
			.salt_size = vectors[i].salt_size,
			.rounds = vectors[i].rounds,
		};
		unsigned char key[64];
		size_t n = strlen(vectors[i].key) / 2;
		assert_int_equal(sshoal__bcrypt_pbkdf(&input, key, n), 0);
		char text[2 * sizeof key + 1];
		for (size_t k = 0; k < n; k++)
			(void)snprintf(text + 2 * k, 3, "%02x", key[k]);
		assert_string_equal(text, vectors[i].key);
	}
}

static void blowfish_begins_with_the_digits_of_pi(void **state)
{
	(void)state;
	assert_int_equal(sshoal__blowfish_start.p[0], 0x243f6a88);
	assert_int_equal(sshoal__blowfish_start.p[17], 0x8979fb1b);
	assert_int_equal(sshoal__blowfish_start.s[0][0], 0xd1310ba6);
	assert_int_equal(sshoal__blowfish_start.s[3][255], 0x3ac372e6);
}

/* Eric Young's vectors for keys that repeat every 8 bytes, as ours do. */
static void blowfish_encrypts_as_published(void **state)
{
	(void)state;
	static const uint32_t cases[][6] = {
		/* key, text, result */
		{ 0, 0, 0, 0, 0x4ef99745, 0x6198dd78 },
		{ 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x51866fd5,
		  0xb85ecb8a },
		{ 0x30000000, 0, 0x10000000, 1, 0x7d856f9a, 0x613063f2 },
		{ 0x01234567, 0x89abcdef, 0x11111111, 0x11111111, 0x61f9c380,
		  0x2281b096 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t key[BLOWFISH_WORDS];
		for (size_t k = 0; k < BLOWFISH_WORDS; k++)
			key[k] = cases[i][k % 2];
		struct blowfish state_of_key = sshoal__blowfish_start;
		sshoal__blowfish_expand_key(&state_of_key, key);
		uint32_t text[2] = { cases[i][2], cases[i][3] };
		sshoal__blowfish_encrypt(&state_of_key, text, 2);
		assert_int_equal(text[0], cases[i][4]);
		assert_int_equal(text[1], cases[i][5]);
	}
}

static void empty_or_oversized_input_is_refused(void **state)
{
	(void)state;
	static const unsigned char salt[BCRYPT_SALT_MAX + 1] = { 1 };
	static const struct {
		size_t passphrase_size;
		size_t salt_size;
		size_t key_size;
		uint32_t rounds;
	} cases[] = {
		{ 0, 4, 32, 1 },
		{ 8, 0, 32, 1 },
		{ 8, 4, 0, 1 },
		{ 8, 4, 32, 0 },
		{ 8, BCRYPT_SALT_MAX + 1, 32, 1 },
		{ 8, 4, BCRYPT_KEY_MAX + 1, 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bcrypt_input input = {
			.passphrase = "password",
			.passphrase_size = cases[i].passphrase_size,
			.salt = salt,
			.salt_size = cases[i].salt_size,
			.rounds = cases[i].rounds,
		};
		unsigned char key[BCRYPT_KEY_MAX + 1] = { 7 };
		assert_int_equal(
			sshoal__bcrypt_pbkdf(&input, key, cases[i].key_size),
			SSHOAL_EINVAL);
		assert_int_equal(key[0], 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_the_published_vectors),
		cmocka_unit_test(blowfish_begins_with_the_digits_of_pi),
		cmocka_unit_test(blowfish_encrypts_as_published),
		cmocka_unit_test(empty_or_oversized_input_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
