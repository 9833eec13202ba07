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

#include <openssl/err.h>

#include <sshoal/key.h>

#include "auth/key.h"
#include "unit/keyring.h"
#include "unit/public_key.h"
#include "unit/scratch.h"

static void an_rsa_key_of_8192_bits_is_loaded_and_signs(void **state)
{
	(void)state;
	char text[KEYRING_FILE_MAX];
	size_t n = scratch_read(SSHOAL_TEST_DATA "/throwaway_rsa_8192.pem",
				text, sizeof text);
	sshoal_key *key = NULL;
	assert_int_equal(sshoal_key_load_memory(&key, text, n, NULL, NULL), 0);
	assert_int_equal(sshoal_key_bits(key), 8192);
	struct buffer signature = BUFFER_INIT(4096);
	assert_int_equal(
		sshoal__key_sign(key, "rsa-sha2-512", "data", 4, &signature),
		0);
	char *line = NULL;
	assert_int_equal(sshoal_key_public_line(key, &line), 0);
	assert_true(public_key_verifies(line, "rsa-sha2-512", "data", 4,
					sshoal__buffer_data(&signature),
					sshoal__buffer_size(&signature)));
	free(line);
	sshoal__buffer_fini(&signature);
	sshoal_key_free(key);
}

static void signatures_are_right_by_the_public_file(void **state)
{
	static const unsigned char data[300] = { 1, 2, 3 };
	for (size_t i = 0; i < KEYRING_ALGORITHM_COUNT; i++) {
		const char *algorithm = keyring_algorithms[i].name;
		char path[SCRATCH_PATH];
		scratch_path(path, state,
			     keyring_kinds[keyring_algorithms[i].kind].file);
		char line[KEYRING_FILE_MAX];
		keyring_line(line, path);
		sshoal_key *key = keyring_load(path, NULL);
		/* Several, since the numbers of ECDSA differ in length. */
		for (size_t n = 0; n < sizeof data; n += 20) {
			struct buffer out = BUFFER_INIT(4096);
			assert_int_equal(sshoal__buffer_append(&out, "x", 1),
					 0);
			assert_int_equal(
				sshoal__key_sign(key, algorithm, data, n, &out),
				0);
			const unsigned char *bare = out.bytes + 1;
			size_t size = sshoal__buffer_size(&out) - 1;
			assert_true(public_key_verifies(line, algorithm, data,
							n, bare, size));
			assert_false(public_key_verifies(line, algorithm, data,
							 n + 1, bare, size));
			sshoal__buffer_fini(&out);
		}
		sshoal_key_free(key);
	}
}

static void an_algorithm_of_another_key_is_refused(void **state)
{
	static const char *const others[] = {
		"", "ssh-dss", "rsa-sha2-384",
		"ssh-ed25519-cert-v01@openssh.com", "ssh-ed448"
	};
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		sshoal_key *key = keyring_load(path, NULL);
		struct buffer out = BUFFER_INIT(4096);
		for (size_t k = 0; k < sizeof others / sizeof *others; k++)
			assert_int_equal(
				sshoal__key_sign(key, others[k], "x", 1, &out),
				SSHOAL_EUNSUPPORTED);
		size_t count = KEYRING_ALGORITHM_COUNT;
		for (size_t k = 0; k < count; k++)
			if (keyring_algorithms[k].kind != i)
				assert_int_equal(
					sshoal__key_sign(
						key, keyring_algorithms[k].name,
						"x", 1, &out),
					SSHOAL_EUNSUPPORTED);
		assert_int_equal(sshoal__buffer_size(&out), 0);
		sshoal_key_free(key);
	}
}

#define THREAD_COUNT 8
#define SIGNATURE_COUNT 8

struct signer {
	sshoal_key *key;
	const char *line;
	const char *algorithm;
	size_t right;
};

static void *sign_many(void *data)
{
	struct signer *signer = data;
	for (size_t i = 0; i < SIGNATURE_COUNT; i++) {
		struct buffer out = BUFFER_INIT(4096);
		sshoal_key *key = sshoal_key_ref(signer->key);
		int rc = sshoal__key_sign(key, signer->algorithm, &i, sizeof i,
					  &out);
		sshoal_key_free(key);
		signer->right +=
			rc == 0 &&
			public_key_verifies(signer->line, signer->algorithm, &i,
					    sizeof i, sshoal__buffer_data(&out),
					    sshoal__buffer_size(&out));
		sshoal__buffer_fini(&out);
	}
	sshoal_key_free(signer->key);
	return NULL;
}

static void many_threads_sign_with_one_key(void **state)
{
	for (size_t i = 0; i < KEYRING_ALGORITHM_COUNT; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state,
			     keyring_kinds[keyring_algorithms[i].kind].file);
		char line[KEYRING_FILE_MAX];
		keyring_line(line, path);
		sshoal_key *key = keyring_load(path, NULL);
		pthread_t threads[THREAD_COUNT];
		struct signer signers[THREAD_COUNT];
		for (size_t t = 0; t < THREAD_COUNT; t++) {
			signers[t] = (struct signer){
				.key = sshoal_key_ref(key),
				.line = line,
				.algorithm = keyring_algorithms[i].name,
			};
			assert_int_equal(pthread_create(&threads[t], NULL,
							sign_many, &signers[t]),
					 0);
		}
		/* The last thread to end frees the key. */
		sshoal_key_free(key);
		for (size_t t = 0; t < THREAD_COUNT; t++) {
			assert_int_equal(pthread_join(threads[t], NULL), 0);
			assert_int_equal(signers[t].right, SIGNATURE_COUNT);
		}
	}
}

static void errors_of_the_program_stay_in_openssls_queue(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "rsa");
	for (int has_error = 0; has_error < 2; has_error++) {
		ERR_clear_error();
		if (has_error)
			ERR_raise(ERR_LIB_USER, 77);
		sshoal_key *key = NULL;
		static const char wrong[] =
			"-----BEGIN PRIVATE KEY-----\nAAAA\n"
			"-----END PRIVATE KEY-----\n";
		assert_int_equal(sshoal_key_load_memory(&key, wrong,
							sizeof wrong - 1, NULL,
							NULL),
				 SSHOAL_EFORMAT);
		key = keyring_load(path, NULL);
		struct buffer out = BUFFER_INIT(8);
		/* No room in the buffer. */
		assert_int_equal(
			sshoal__key_sign(key, "rsa-sha2-256", "x", 1, &out),
			SSHOAL_ELIMIT);
		sshoal_key_free(key);
		unsigned long code = ERR_get_error();
		assert_int_equal(ERR_GET_REASON(code), has_error ? 77 : 0);
		assert_int_equal(ERR_get_error(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_rsa_key_of_8192_bits_is_loaded_and_signs),
		cmocka_unit_test(signatures_are_right_by_the_public_file),
		cmocka_unit_test(an_algorithm_of_another_key_is_refused),
		cmocka_unit_test(many_threads_sign_with_one_key),
		cmocka_unit_test(errors_of_the_program_stay_in_openssls_queue),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
