/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/key.h>

#include "unit/keyring.h"
#include "unit/scratch.h"

static void each_form_of_ssh_keygen_is_loaded(void **state)
{
	static const char *const forms[] = { "RFC4716", "PEM", "PKCS8" };
	static const char *const passphrases[] = { "", KEYRING_CANARY };
	for (size_t i = 0; i < KEYRING_COUNT * 6; i++) {
		const struct keyring_kind *kind = &keyring_kinds[i / 6];
		const char *form = forms[i / 2 % 3];
		const char *passphrase = passphrases[i % 2];
		if (!kind->has_pem && form != forms[0])
			continue;
		char path[SCRATCH_PATH];
		char copy[SCRATCH_PATH];
		scratch_path(path, state, kind->file);
		scratch_path(copy, state, "copy");
		keyring_copy(path, copy, 0600);
		keyring_convert(copy, form, passphrase);
		/* For a key in the clear a passphrase does no harm. */
		sshoal_key *key = keyring_load(copy, KEYRING_CANARY);
		keyring_check(key, kind, path);
		sshoal_key_free(key);
		sshoal_error error;
		key = NULL;
		int rc = sshoal_key_load_file(&key, copy, NULL, &error);
		assert_int_equal(rc, passphrase[0] ? SSHOAL_EPASSPHRASE : 0);
		if (rc)
			assert_non_null(strstr(error.text, "is needed"));
		sshoal_key_free(key);
		if (!passphrase[0])
			continue;
		rc = sshoal_key_load_file(&key, copy, KEYRING_CANARY "x",
					  &error);
		assert_int_equal(rc, SSHOAL_EPASSPHRASE);
		assert_non_null(strstr(error.text, "wrong passphrase"));
		assert_non_null(strstr(error.text, copy));
		assert_null(strstr(error.text, "canary"));
	}
}

/* What other programs write: openssl(1). */
static void each_form_of_openssl_is_loaded(void **state)
{
	static const struct {
		const char *options; /* of openssl, split at blanks */
		int type;            /* 0: the code is expected */
		int code;
	} cases[] = {
		{ "genpkey -algorithm ed25519", SSHOAL_KEY_ED25519, 0 },
		{ "genpkey -algorithm ed25519 -aes256 -pass pass:secret",
		  SSHOAL_KEY_ED25519, 0 },
		{ "ecparam -genkey -name prime256v1", SSHOAL_KEY_ECDSA, 0 },
		{ "ecparam -genkey -name secp384r1 -conv_form compressed",
		  SSHOAL_KEY_ECDSA, 0 },
		{ "ecparam -genkey -name secp521r1 -param_enc explicit",
		  SSHOAL_KEY_ECDSA, 0 },
		{ "genrsa -traditional -des3 -passout pass:secret 1024",
		  SSHOAL_KEY_RSA, 0 },
		{ "genrsa -traditional -aes256 -passout pass:secret 1024",
		  SSHOAL_KEY_RSA, 0 },
		{ "genrsa -traditional -des -passout pass:secret "
		  "-provider legacy -provider default 1024",
		  0, SSHOAL_EUNSUPPORTED },
		{ "genrsa 768", 0, SSHOAL_EUNSUPPORTED },
		{ "ecparam -genkey -name secp256k1", 0, SSHOAL_EUNSUPPORTED },
		{ "genpkey -algorithm x25519", 0, SSHOAL_EUNSUPPORTED },
		{ "genpkey -algorithm ed448", 0, SSHOAL_EUNSUPPORTED },
		{ "genpkey -algorithm rsa-pss -pkeyopt rsa_keygen_bits:1024", 0,
		  SSHOAL_EUNSUPPORTED },
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "openssl");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char words[256];
		(void)snprintf(words, sizeof words, "%s", cases[i].options);
		const char *argv[20] = { "openssl" };
		char *rest = NULL;
		char *word = strtok_r(words, " ", &rest);
		for (size_t n = 1; word && n < 19; n++) {
			argv[n] = word;
			word = strtok_r(NULL, " ", &rest);
		}
		char text[KEYRING_FILE_MAX];
		scratch_run(argv, text, sizeof text);
		scratch_write(path, text, strlen(text), 0600);
		sshoal_key *key = NULL;
		sshoal_error error = { .text = "" };
		int rc = sshoal_key_load_file(&key, path, "secret", &error);
		if (rc != cases[i].code)
			print_message("%s: %s\n", cases[i].options, error.text);
		assert_int_equal(rc, cases[i].code);
		assert_int_equal(sshoal_key_type(key), cases[i].type);
		sshoal_key_free(key);
	}
}

static void null_and_small_arguments_are_refused(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "ed25519");
	sshoal_key *key = NULL;
	char *line = NULL;
	char out[51];
	assert_int_equal(sshoal_key_load_file(NULL, path, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_file(&key, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_memory(&key, NULL, 1, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_memory(&key, NULL, 0, NULL, NULL),
			 SSHOAL_EFORMAT);
	assert_int_equal(
		sshoal_key_load_memory(&key, path, (1 << 20) + 1, NULL, NULL),
		SSHOAL_EFORMAT);
	assert_int_equal(sshoal_key_type(NULL), 0);
	assert_int_equal(sshoal_key_bits(NULL), 0);
	assert_null(sshoal_key_ref(NULL));
	sshoal_key_free(NULL);
	assert_int_equal(sshoal_key_public_line(NULL, &line), SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_fingerprint(NULL, out, 51), SSHOAL_EINVAL);
	key = keyring_load(path, NULL);
	assert_int_equal(sshoal_key_fingerprint(key, out, 50), SSHOAL_EINVAL);
	sshoal_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_ssh_keygen_is_loaded),
		cmocka_unit_test(each_form_of_openssl_is_loaded),
		cmocka_unit_test(null_and_small_arguments_are_refused),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
