/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/key.h>

#include "unit/exact.h"
#include "unit/keyring.h"
#include "unit/public_key.h"
#include "unit/scratch.h"

/* Signature blobs, made and checked; public_key.c is the second opinion. */

struct signed_data {
	unsigned char *blob;
	size_t size;
};

static struct signed_data sign(const sshoal_key *key, const char *algorithm,
			       const void *data, size_t n)
{
	struct signed_data made = { NULL, 0 };
	sshoal_error error = { .text = "" };
	int rc = sshoal_key_sign(key, algorithm, data, n, &made.blob,
				 &made.size, &error);
	if (rc)
		print_message("%s\n", error.text);
	assert_int_equal(rc, 0);
	return made;
}

static sshoal_key *load(void **state, size_t kind)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, keyring_kinds[kind].file);
	return keyring_load(path, NULL);
}

static sshoal_key *load_public(void **state, size_t kind)
{
	char path[SCRATCH_PATH];
	char line[KEYRING_FILE_MAX];
	scratch_path(path, state, keyring_kinds[kind].file);
	keyring_line(line, path);
	sshoal_key *key = NULL;
	assert_int_equal(sshoal_key_load_public(&key, line, NULL), 0);
	return key;
}

/* The algorithm's name, and what follows it. */
static const unsigned char *bare_of(const struct signed_data *made,
				    const char *algorithm, size_t *size)
{
	size_t n = strlen(algorithm);
	assert_in_range(made->size, 8 + n + 1, 8192);
	assert_int_equal(made->blob[3], n);
	assert_memory_equal(made->blob + 4, algorithm, n);
	*size = made->size - 8 - n;
	assert_int_equal(made->blob[6 + n] << 8 | made->blob[7 + n], *size);
	return made->blob + 8 + n;
}

static void signatures_verify_and_are_right(void **state)
{
	static const char data[] = "what is signed";
	for (size_t i = 0; i < KEYRING_ALGORITHM_COUNT; i++) {
		const char *algorithm = keyring_algorithms[i].name;
		size_t kind = keyring_algorithms[i].kind;
		char path[SCRATCH_PATH];
		char line[KEYRING_FILE_MAX];
		scratch_path(path, state, keyring_kinds[kind].file);
		keyring_line(line, path);
		sshoal_key *key = load(state, kind);
		sshoal_key *public = load_public(state, kind);
		/* Many, since the numbers of ECDSA differ in length. */
		for (size_t n = 0; n < sizeof data; n++) {
			struct signed_data made =
				sign(key, algorithm, n ? data : NULL, n);
			size_t size = 0;
			const unsigned char *bare =
				bare_of(&made, algorithm, &size);
			assert_true(public_key_verifies(line, algorithm, data,
							n, bare, size));
			assert_int_equal(sshoal_key_verify(public, algorithm,
							   data, n, made.blob,
							   made.size, NULL),
					 0);
			assert_int_equal(sshoal_key_verify(key, NULL, data, n,
							   made.blob, made.size,
							   NULL),
					 i == 2 ? SSHOAL_EUNSUPPORTED : 0);
			assert_int_equal(sshoal_key_verify(
						 public, algorithm, data, n + 1,
						 made.blob, made.size, NULL),
					 SSHOAL_EAUTH);
			free(made.blob);
		}
		sshoal_key_free(public);
		sshoal_key_free(key);
	}
}

static void the_default_is_the_best_algorithm(void **state)
{
	static const char *const best[KEYRING_COUNT] = {
		"rsa-sha2-512", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521", "ssh-ed25519"
	};
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		sshoal_key *key = load(state, i);
		struct signed_data made = sign(key, NULL, "x", 1);
		size_t n = 0;
		(void)bare_of(&made, best[i], &n);
		free(made.blob);
		sshoal_key_free(key);
	}
}

/* Every byte changed, every length cut, and a byte more. */
static void a_signature_that_was_touched_does_not_verify(void **state)
{
	for (size_t i = 0; i < KEYRING_ALGORITHM_COUNT; i++) {
		const char *algorithm = keyring_algorithms[i].name;
		sshoal_key *key = load(state, keyring_algorithms[i].kind);
		struct signed_data made = sign(key, algorithm, "data", 4);
		for (size_t k = 0; k < made.size; k++) {
			made.blob[k] ^= 1;
			assert_int_not_equal(
				sshoal_key_verify(key, algorithm, "data", 4,
						  made.blob, made.size, NULL),
				0);
			made.blob[k] ^= 1;
			unsigned char *cut = exact_copy(made.blob, k);
			assert_int_equal(sshoal_key_verify(key, algorithm,
							   "data", 4, cut, k,
							   NULL),
					 SSHOAL_EFORMAT);
			free(cut);
		}
		unsigned char more[8192] = { 0 };
		memcpy(more, made.blob, made.size);
		assert_int_equal(sshoal_key_verify(key, algorithm, "data", 4,
						   more, made.size + 1, NULL),
				 SSHOAL_EFORMAT);
		assert_int_equal(sshoal_key_verify(key, algorithm, "data", 4,
						   made.blob, made.size, NULL),
				 0);
		free(made.blob);
		sshoal_key_free(key);
	}
}

static void a_signature_of_another_key_does_not_verify(void **state)
{
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		sshoal_key *key = load(state, i);
		struct signed_data made = sign(key, NULL, "data", 4);
		for (size_t k = 0; k < KEYRING_COUNT; k++) {
			sshoal_key *other = load_public(state, k);
			sshoal_error error;
			assert_int_equal(sshoal_key_verify(other, NULL, "data",
							   4, made.blob,
							   made.size, &error),
					 i == k ? 0 : SSHOAL_EUNSUPPORTED);
			sshoal_key_free(other);
		}
		sshoal_key *stranger = NULL;
		assert_int_equal(sshoal_key_generate(
					 &stranger, sshoal_key_type(key),
					 i == 0 ? 2048 : sshoal_key_bits(key),
					 NULL),
				 0);
		sshoal_error error;
		assert_int_equal(sshoal_key_verify(stranger, NULL, "data", 4,
						   made.blob, made.size,
						   &error),
				 SSHOAL_EAUTH);
		assert_non_null(strstr(error.text, "not this key's"));
		sshoal_key_free(stranger);
		free(made.blob);
		sshoal_key_free(key);
	}
}

static void the_algorithm_demanded_is_the_one_taken(void **state)
{
	sshoal_key *key = load(state, 0);
	struct signed_data made = sign(key, "rsa-sha2-256", "data", 4);
	sshoal_error error;
	assert_int_equal(sshoal_key_verify(key, "rsa-sha2-512", "data", 4,
					   made.blob, made.size, &error),
			 SSHOAL_EUNSUPPORTED);
	assert_non_null(strstr(error.text, "rsa-sha2-256"));
	assert_int_equal(sshoal_key_verify(key, "rsa-sha2-256", "data", 4,
					   made.blob, made.size, &error),
			 0);
	free(made.blob);
	unsigned char *none = NULL;
	size_t n = 0;
	static const char *const others[] = { "", "ssh-dss", "ssh-ed25519",
					      "rsa-sha2-384" };
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(sshoal_key_sign(key, others[i], "x", 1, &none,
						 &n, &error),
				 SSHOAL_EUNSUPPORTED);
		assert_null(none);
	}
	sshoal_key_free(key);
}

#define THREAD_COUNT 8

static void *use_key(void *data)
{
	sshoal_key *key = data;
	size_t right = 0;
	for (size_t i = 0; i < 8; i++) {
		struct signed_data made = { NULL, 0 };
		char *line = NULL;
		char print[SSHOAL_KEY_FINGERPRINT_MD5_SIZE];
		sshoal_key *again = NULL;
		right += sshoal_key_sign(key, NULL, &i, sizeof i, &made.blob,
					 &made.size, NULL) == 0 &&
			 sshoal_key_verify(key, NULL, &i, sizeof i, made.blob,
					   made.size, NULL) == 0 &&
			 sshoal_key_fingerprint_md5(key, print, sizeof print) ==
				 0 &&
			 sshoal_key_public_line(key, &line) == 0 &&
			 sshoal_key_load_public(&again, line, NULL) == 0 &&
			 sshoal_key_is_same(again, key);
		sshoal_key_free(again);
		free(line);
		free(made.blob);
	}
	sshoal_key_free(key);
	return right == 8 ? data : NULL;
}

static void many_threads_use_one_key(void **state)
{
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		sshoal_key *key = load(state, i);
		pthread_t threads[THREAD_COUNT];
		for (size_t t = 0; t < THREAD_COUNT; t++)
			assert_int_equal(pthread_create(&threads[t], NULL,
							use_key,
							sshoal_key_ref(key)),
					 0);
		sshoal_key_free(key);
		for (size_t t = 0; t < THREAD_COUNT; t++) {
			void *right = NULL;
			assert_int_equal(pthread_join(threads[t], &right), 0);
			assert_non_null(right);
		}
	}
}

static void null_arguments_are_refused(void **state)
{
	sshoal_key *key = load(state, 4);
	unsigned char *out = NULL;
	size_t n = 0;
	assert_int_equal(sshoal_key_sign(NULL, NULL, "x", 1, &out, &n, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_sign(key, NULL, NULL, 1, &out, &n, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_sign(key, NULL, "x", 1, NULL, &n, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_sign(key, NULL, "x", 1, &out, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_verify(NULL, NULL, "x", 1, "x", 1, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_verify(key, NULL, NULL, 1, "x", 1, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_verify(key, NULL, "x", 1, NULL, 1, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_verify(key, NULL, "x", 1, "", 0, NULL),
			 SSHOAL_EFORMAT);
	sshoal_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_verify_and_are_right),
		cmocka_unit_test(the_default_is_the_best_algorithm),
		cmocka_unit_test(a_signature_that_was_touched_does_not_verify),
		cmocka_unit_test(a_signature_of_another_key_does_not_verify),
		cmocka_unit_test(the_algorithm_demanded_is_the_one_taken),
		cmocka_unit_test(many_threads_use_one_key),
		cmocka_unit_test(null_arguments_are_refused),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
