/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include <sshoal/key.h>

#include "base/buffer.h"
#include "base/wire.h"
#include "unit/scratch.h"

/* OpenSSH's own format from the inside: what ssh-keygen encrypts, and
 * containers put together by hand. */

#define PASSPHRASE "canary passphrase"
#define FILE_MAX 8192
#define MAGIC "openssh-key-v1"

static void encrypt(const char *path, const char *cipher, const char *rounds)
{
	const char *const argv[] = { "ssh-keygen", "-q",       "-t", "ed25519",
				     "-Z",         cipher,     "-a", rounds,
				     "-N",         PASSPHRASE, "-C", "scratch",
				     "-f",         path,       NULL };
	scratch_run(argv, NULL, 0);
}

static void check_fingerprint(const sshoal_key *key, const char *path)
{
	const char *const argv[] = { "ssh-keygen", "-l", "-f", path, NULL };
	char said[512];
	scratch_run(argv, said, sizeof said);
	char fingerprint[51];
	assert_int_equal(sshoal_key_fingerprint(key, fingerprint, 51), 0);
	assert_non_null(strstr(said, fingerprint));
}

static void each_cipher_is_decrypted(void **state)
{
	static const char *const ciphers[] = {
		"aes128-ctr",
		"aes192-ctr",
		"aes256-ctr",
		"aes128-cbc",
		"aes192-cbc",
		"aes256-cbc",
		"aes128-gcm@openssh.com",
		"aes256-gcm@openssh.com",
		"chacha20-poly1305@openssh.com",
	};
	for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, ciphers[i]);
		encrypt(path, ciphers[i], "2");
		sshoal_key *key = NULL;
		sshoal_error error;
		assert_int_equal(
			sshoal_key_load_file(&key, path, PASSPHRASE, NULL), 0);
		check_fingerprint(key, path);
		sshoal_key_free(key);
		static const struct {
			const char *passphrase;
			const char *says;
		} wrong[] = {
			{ NULL, "passphrase is needed" },
			{ "", "wrong passphrase" },
			{ "canary", "wrong passphrase" },
			{ PASSPHRASE " ", "wrong passphrase" },
		};
		for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
			key = NULL;
			assert_int_equal(sshoal_key_load_file(
						 &key, path,
						 wrong[k].passphrase, &error),
					 SSHOAL_EPASSPHRASE);
			assert_null(key);
			assert_non_null(strstr(error.text, wrong[k].says));
			assert_null(strstr(error.text, "canary"));
		}
	}
}

static void the_default_rounds_are_taken(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "default");
	const char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N",
				     "pass word",  "-f", path, NULL };
	scratch_run(argv, NULL, 0);
	sshoal_key *key = NULL;
	assert_int_equal(sshoal_key_load_file(&key, path, "pass word", NULL),
			 0);
	check_fingerprint(key, path);
	sshoal_key_free(key);
}

static void a_cipher_we_do_not_have_is_named(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "3des");
	encrypt(path, "3des-cbc", "1");
	sshoal_key *key = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_key_load_file(&key, path, PASSPHRASE, &error),
			 SSHOAL_EUNSUPPORTED);
	assert_non_null(strstr(error.text, "3des-cbc"));
	assert_non_null(strstr(error.text, "ssh-keygen -p"));
}

/* What a container is made of; NULL members are left out. */
struct parts {
	const char *cipher;
	const char *kdf;
	struct buffer options;
	uint32_t count;
	struct buffer public_key;
	struct buffer section;
};

static void fini(struct parts *parts)
{
	sshoal__buffer_fini(&parts->options);
	sshoal__buffer_fini(&parts->public_key);
	sshoal__buffer_fini(&parts->section);
}

static void put(struct buffer *to, const struct buffer *from)
{
	assert_int_equal(sshoal__buffer_put_string(to,
						   sshoal__buffer_data(from),
						   sshoal__buffer_size(from)),
			 0);
}

static int load(const struct parts *parts, const char *passphrase,
		sshoal_error *error)
{
	struct buffer body = BUFFER_INIT(FILE_MAX);
	assert_int_equal(sshoal__buffer_append(&body, MAGIC, sizeof MAGIC), 0);
	assert_int_equal(sshoal__buffer_put_cstring(&body, parts->cipher), 0);
	assert_int_equal(sshoal__buffer_put_cstring(&body, parts->kdf), 0);
	put(&body, &parts->options);
	assert_int_equal(sshoal__buffer_put_u32(&body, parts->count), 0);
	put(&body, &parts->public_key);
	put(&body, &parts->section);
	char text[2 * FILE_MAX] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
	size_t n = strlen(text);
	n += (size_t)EVP_EncodeBlock((unsigned char *)text + n,
				     sshoal__buffer_data(&body),
				     (int)sshoal__buffer_size(&body));
	sshoal__buffer_fini(&body);
	static const char end[] = "\n-----END OPENSSH PRIVATE KEY-----\n";
	memcpy(text + n, end, sizeof end);
	sshoal_key *key = NULL;
	int rc = sshoal_key_load_memory(&key, text, strlen(text), passphrase,
					error);
	assert_true(rc == 0 ? key != NULL : key == NULL);
	sshoal_key_free(key);
	return rc;
}

/* An Ed25519 key from its seed; tail is what stands behind its comment. */
static struct parts ed25519_parts(unsigned char first_of_seed, const char *tail)
{
	unsigned char both[64] = { first_of_seed };
	unsigned char *public_key = both + 32;
	size_t n = 32;
	EVP_PKEY *pkey =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, both, 32);
	assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, public_key, &n), 1);
	EVP_PKEY_free(pkey);
	struct parts parts = {
		.cipher = "none",
		.kdf = "none",
		.options = BUFFER_INIT(256),
		.count = 1,
		.public_key = BUFFER_INIT(256),
		.section = BUFFER_INIT(1024),
	};
	struct buffer *section = &parts.section;
	(void)sshoal__buffer_put_cstring(&parts.public_key, "ssh-ed25519");
	(void)sshoal__buffer_put_string(&parts.public_key, public_key, 32);
	(void)sshoal__buffer_put_u32(section, 0x01020304);
	(void)sshoal__buffer_put_u32(section, 0x01020304);
	(void)sshoal__buffer_put_cstring(section, "ssh-ed25519");
	(void)sshoal__buffer_put_string(section, public_key, 32);
	(void)sshoal__buffer_put_string(section, both, 64);
	/* 8 + 15 + 36 + 68 + 4 is 131: five more make full blocks. */
	(void)sshoal__buffer_put_cstring(section, "");
	(void)sshoal__buffer_append(section, tail, strlen(tail));
	return parts;
}

#define GOOD_TAIL "\1\2\3\4\5"

static void a_container_made_by_hand_is_loaded(void **state)
{
	(void)state;
	struct parts parts = ed25519_parts(1, GOOD_TAIL);
	assert_int_equal(load(&parts, NULL, NULL), 0);
	fini(&parts);
}

static void parts_of_two_keys_are_refused(void **state)
{
	(void)state;
	sshoal_error error;
	struct parts one = ed25519_parts(1, GOOD_TAIL);
	struct parts two = ed25519_parts(2, GOOD_TAIL);
	struct buffer own = one.public_key;
	one.public_key = two.public_key;
	assert_int_equal(load(&one, NULL, &error), SSHOAL_EFORMAT);
	assert_non_null(strstr(error.text, "another key"));
	/* The same inside: the key's public half, then the seed's. */
	one.public_key = own;
	static const size_t places[] = { 8 + 15 + 4, 8 + 15 + 36 + 4,
					 8 + 15 + 36 + 4 + 32 };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		sshoal__buffer_data(&one.section)[places[i]] ^= 1;
		assert_int_equal(load(&one, NULL, &error), SSHOAL_EFORMAT);
		assert_non_null(strstr(error.text, "does not belong"));
		sshoal__buffer_data(&one.section)[places[i]] ^= 1;
	}
	assert_int_equal(load(&one, NULL, &error), 0);
	fini(&one);
	fini(&two);
}

static void a_wrong_end_is_refused(void **state)
{
	(void)state;
	static const char *const tails[] = { "", "\1\2\3\4", "\1\2\3\4\4",
					     "\1\2\3\4\5\1\2\3\4\5\6\7\x8",
					     "\5\4\3\2\1" };
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		struct parts parts = ed25519_parts(1, tails[i]);
		assert_int_equal(load(&parts, NULL, NULL), SSHOAL_EFORMAT);
		fini(&parts);
	}
}

static void the_number_of_keys_must_be_one(void **state)
{
	(void)state;
	static const uint32_t counts[] = { 0, 2, UINT32_MAX };
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct parts parts = ed25519_parts(1, GOOD_TAIL);
		parts.count = counts[i];
		assert_int_equal(load(&parts, NULL, NULL), SSHOAL_EUNSUPPORTED);
		fini(&parts);
	}
}

static void a_type_we_do_not_have_is_named_before_a_passphrase(void **state)
{
	(void)state;
	static const char *const types[] = {
		"ssh-dss", "sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com",
		"ssh-ed25519-cert-v01@openssh.com", "ssh-xmss@openssh.com"
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct parts parts = ed25519_parts(1, GOOD_TAIL "\6\7\x8");
		parts.cipher = "aes256-ctr";
		parts.kdf = "bcrypt";
		sshoal__buffer_fini(&parts.public_key);
		(void)sshoal__buffer_put_cstring(&parts.public_key, types[i]);
		/* A multiple of 16, as the cipher wants it. */
		while (sshoal__buffer_size(&parts.section) % 16)
			(void)sshoal__buffer_append(&parts.section, "", 1);
		sshoal_error error;
		assert_int_equal(load(&parts, NULL, &error),
				 SSHOAL_EUNSUPPORTED);
		assert_non_null(strstr(error.text, types[i]));
		fini(&parts);
	}
}

static void salt_and_rounds_are_checked_before_they_are_used(void **state)
{
	(void)state;
	static const struct {
		uint32_t salt_size;
		uint32_t rounds;
		int code;
	} cases[] = {
		{ 16, 0, SSHOAL_EFORMAT },
		{ 0, 16, SSHOAL_EFORMAT },
		{ 500, 16, SSHOAL_EFORMAT },
		{ 16, UINT32_MAX, SSHOAL_EUNSUPPORTED },
		{ 16, 10001, SSHOAL_EUNSUPPORTED },
		{ 16, 1, SSHOAL_EPASSPHRASE },
	};
	static const unsigned char salt[500] = { 1 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parts parts = ed25519_parts(1, GOOD_TAIL "\6\7\x8");
		parts.options.max = 600;
		parts.cipher = "aes256-ctr";
		parts.kdf = "bcrypt";
		(void)sshoal__buffer_put_string(&parts.options, salt,
						cases[i].salt_size);
		(void)sshoal__buffer_put_u32(&parts.options, cases[i].rounds);
		while (sshoal__buffer_size(&parts.section) % 16)
			(void)sshoal__buffer_append(&parts.section, "", 1);
		assert_int_equal(load(&parts, PASSPHRASE, NULL), cases[i].code);
		/* Something behind the rounds. */
		(void)sshoal__buffer_append(&parts.options, "x", 1);
		assert_int_equal(load(&parts, PASSPHRASE, NULL),
				 SSHOAL_EFORMAT);
		fini(&parts);
	}
}

static void cipher_and_kdf_must_go_together(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{ "none", "bcrypt" },       { "aes256-ctr", "none" },
		{ "aes256-ctr", "scrypt" }, { "", "" },
		{ "rot13", "bcrypt" },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct parts parts = ed25519_parts(1, GOOD_TAIL);
		parts.cipher = pairs[i][0];
		parts.kdf = pairs[i][1];
		assert_int_equal(load(&parts, PASSPHRASE, NULL),
				 SSHOAL_EUNSUPPORTED);
		fini(&parts);
	}
}

/* An RSA section of given numbers: n e d iqmp p q. */
static struct parts rsa_parts(const unsigned char *numbers[6],
			      const size_t sizes[6])
{
	struct parts parts = {
		.cipher = "none",
		.kdf = "none",
		.options = BUFFER_INIT(256),
		.count = 1,
		.public_key = BUFFER_INIT(256),
		.section = BUFFER_INIT(4096),
	};
	(void)sshoal__buffer_put_cstring(&parts.public_key, "ssh-rsa");
	(void)sshoal__buffer_put_u32(&parts.section, 7);
	(void)sshoal__buffer_put_u32(&parts.section, 7);
	(void)sshoal__buffer_put_cstring(&parts.section, "ssh-rsa");
	for (size_t i = 0; i < 6; i++)
		(void)sshoal__buffer_put_string(&parts.section, numbers[i],
						sizes[i]);
	(void)sshoal__buffer_put_cstring(&parts.section, "");
	for (char i = 1; sshoal__buffer_size(&parts.section) % 8; i++)
		(void)sshoal__buffer_append(&parts.section, &i, 1);
	return parts;
}

/* Zero, one, minus one, an even modulus: nothing of it may hang or crash. */
static void senseless_rsa_numbers_are_refused(void **state)
{
	(void)state;
	static const unsigned char values[][256] = {
		{ 0 }, { 1 }, { 0xff }, { 2 }, { 0x7f, 0xfe }, { 0x7f, 0xff }
	};
	static const size_t sizes[] = { 0, 1, 256 };
	for (size_t i = 0; i < 6 * 3 * 6; i++) {
		const unsigned char *numbers[6];
		size_t lengths[6];
		for (size_t k = 0; k < 6; k++) {
			numbers[k] = values[(i + k * (i / 6)) % 6];
			lengths[k] = sizes[(i / 6 + k) % 3];
		}
		struct parts parts = rsa_parts(numbers, lengths);
		int rc = load(&parts, NULL, NULL);
		assert_true(rc == SSHOAL_EFORMAT || rc == SSHOAL_EUNSUPPORTED);
		fini(&parts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cipher_is_decrypted),
		cmocka_unit_test(the_default_rounds_are_taken),
		cmocka_unit_test(a_cipher_we_do_not_have_is_named),
		cmocka_unit_test(a_container_made_by_hand_is_loaded),
		cmocka_unit_test(parts_of_two_keys_are_refused),
		cmocka_unit_test(a_wrong_end_is_refused),
		cmocka_unit_test(the_number_of_keys_must_be_one),
		cmocka_unit_test(
			a_type_we_do_not_have_is_named_before_a_passphrase),
		cmocka_unit_test(
			salt_and_rounds_are_checked_before_they_are_used),
		cmocka_unit_test(cipher_and_kdf_must_go_together),
		cmocka_unit_test(senseless_rsa_numbers_are_refused),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
