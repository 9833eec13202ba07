/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/certificate.h>

#include "auth/key.h"
#include "unit/exact.h"
#include "unit/keyring.h"
#include "unit/public_key.h"
#include "unit/scratch.h"

/* Certificates that ssh-keygen -s makes. */

/* Certifies one of the keyring's keys by another; path becomes the file. */
static void certify(char path[SCRATCH_PATH], void **state, const char *subject,
		    const char *authority, const char *validity, bool is_host)
{
	char pub[SCRATCH_PATH];
	char ca[SCRATCH_PATH];
	char name[64];
	(void)snprintf(name, sizeof name, "%s.pub", subject);
	scratch_path(pub, state, name);
	scratch_path(ca, state, authority);
	const char *argv[] = { "ssh-keygen", "-q",     "-s", ca,
			       "-I",         "the id", "-n", "alice,bob",
			       "-z",         "4711",   "-V", validity,
			       pub,          NULL,     NULL };
	if (is_host) {
		argv[12] = "-h";
		argv[13] = pub;
	}
	scratch_run(argv, NULL, 0);
	(void)snprintf(name, sizeof name, "%s-cert.pub", subject);
	scratch_path(path, state, name);
}

static sshoal_key *load(void **state, const char *name)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, name);
	return keyring_load(path, NULL);
}

static sshoal_key *attach(const sshoal_key *key, const char *path)
{
	sshoal_key *made = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_key_attach_certificate(&made, key, path, &error);
	if (rc)
		print_message("%s\n", error.text);
	assert_int_equal(rc, 0);
	return made;
}

static void check_line(const sshoal_key *key, const char *path)
{
	char text[KEYRING_FILE_MAX];
	(void)scratch_read(path, text, sizeof text);
	char *line = NULL;
	assert_int_equal(sshoal_key_certificate_line(key, &line), 0);
	assert_memory_equal(text, line, strlen(line));
	assert_int_equal(text[strlen(line)], ' ');
	unsigned char blob[KEYRING_FILE_MAX];
	size_t size = 0;
	const unsigned char *own = sshoal__key_certificate_blob(key, &size);
	assert_int_equal(public_key_blob(line, blob, sizeof blob), size);
	assert_memory_equal(blob, own, size);
	free(line);
}

static void a_certificate_of_each_kind_by_each_kind_is_attached(void **state)
{
	for (size_t i = 0; i < KEYRING_COUNT * KEYRING_COUNT; i++) {
		const struct keyring_kind *kind =
			&keyring_kinds[i % KEYRING_COUNT];
		const char *authority = keyring_kinds[i / KEYRING_COUNT].file;
		bool is_host = i % 2;
		char path[SCRATCH_PATH];
		char type_name[96];
		certify(path, state, kind->file, authority, "always:forever",
			is_host);
		sshoal_key *key = load(state, kind->file);
		sshoal_key *ca = load(state, authority);
		sshoal_key *made = attach(key, path);
		assert_int_equal(sshoal_key_certificate_kind(key), 0);
		assert_int_equal(sshoal_key_certificate_kind(made),
				 is_host ? SSHOAL_CERTIFICATE_HOST :
					   SSHOAL_CERTIFICATE_USER);
		(void)snprintf(type_name, sizeof type_name,
			       "%s-cert-v01@openssh.com", kind->name);
		assert_string_equal(sshoal_key_certificate_type_name(made),
				    type_name);
		assert_string_equal(sshoal_key_certificate_id(made), "the id");
		assert_int_equal(sshoal_key_certificate_serial(made), 4711);
		assert_int_equal(sshoal_key_certificate_valid_after(made), 0);
		assert_true(sshoal_key_certificate_valid_before(made) ==
			    SSHOAL_CERTIFICATE_FOREVER);
		assert_int_equal(sshoal_key_certificate_principal_count(made),
				 2);
		assert_string_equal(sshoal_key_certificate_principal(made, 0),
				    "alice");
		assert_string_equal(sshoal_key_certificate_principal(made, 1),
				    "bob");
		assert_null(sshoal_key_certificate_principal(made, 2));
		assert_true(sshoal_key_is_same(
			sshoal_key_certificate_authority(made), ca));
		check_line(made, path);
		/* The rest stays the plain key's, and so does the private
		 * part, even when the other is gone. */
		assert_true(sshoal_key_is_same(made, key));
		sshoal_key_free(key);
		assert_true(sshoal_key_is_private(made));
		assert_string_equal(sshoal_key_comment(made), "scratch");
		char original[SCRATCH_PATH];
		scratch_path(original, state, kind->file);
		keyring_check(made, kind, original);
		unsigned char *signature = NULL;
		size_t n = 0;
		assert_int_equal(sshoal_key_sign(made, NULL, "x", 1, &signature,
						 &n, NULL),
				 0);
		assert_int_equal(sshoal_key_verify(made, NULL, "x", 1,
						   signature, n, NULL),
				 0);
		free(signature);
		sshoal_key_free(made);
		sshoal_key_free(ca);
	}
}

static void its_time_is_read_in_seconds(void **state)
{
	char path[SCRATCH_PATH];
	certify(path, state, "ed25519", "p256",
		"20300102030405Z:20310102030405Z", false);
	sshoal_key *key = load(state, "ed25519");
	sshoal_key *made = attach(key, path);
	assert_int_equal(sshoal_key_certificate_valid_after(made), 1893553445);
	assert_int_equal(sshoal_key_certificate_valid_before(made), 1925089445);
	sshoal_key_free(made);
	sshoal_key_free(key);
}

static void a_certificate_line_is_a_public_key_with_it(void **state)
{
	char path[SCRATCH_PATH];
	char text[KEYRING_FILE_MAX];
	certify(path, state, "p384", "rsa", "always:forever", false);
	(void)scratch_read(path, text, sizeof text);
	sshoal_key *key = load(state, "p384");
	sshoal_key *public = NULL;
	assert_int_equal(sshoal_key_load_public(&public, text, NULL), 0);
	assert_true(sshoal_key_is_same(public, key));
	assert_false(sshoal_key_is_private(public));
	assert_string_equal(sshoal_key_certificate_id(public), "the id");
	check_line(public, path);
	sshoal_key *made = NULL;
	assert_int_equal(
		sshoal_key_attach_certificate_line(&made, key, text, NULL), 0);
	check_line(made, path);
	/* Another one takes its place. */
	sshoal_key *again = attach(made, path);
	sshoal_key_free(made);
	check_line(again, path);
	sshoal_key_free(again);
	sshoal_key_free(public);
	sshoal_key_free(key);
}

static void one_of_another_key_or_none_is_refused(void **state)
{
	char path[SCRATCH_PATH];
	sshoal_error error;
	certify(path, state, "ed25519", "p256", "always:forever", false);
	sshoal_key *key = load(state, "p256");
	sshoal_key *made = NULL;
	assert_int_equal(
		sshoal_key_attach_certificate(&made, key, path, &error),
		SSHOAL_EFORMAT);
	assert_non_null(strstr(error.text, "another key"));
	assert_non_null(strstr(error.text, path));
	scratch_path(path, state, "p256.pub");
	assert_int_equal(
		sshoal_key_attach_certificate(&made, key, path, &error),
		SSHOAL_EFORMAT);
	scratch_path(path, state, "no-cert.pub");
	assert_int_equal(
		sshoal_key_attach_certificate(&made, key, path, &error),
		SSHOAL_ENOENT);
	assert_null(made);
	sshoal_key_free(key);
}

/* The signature covers all that stands before it. */
static void every_damage_is_found(void **state)
{
	char path[SCRATCH_PATH];
	char line[KEYRING_FILE_MAX];
	unsigned char blob[KEYRING_FILE_MAX];
	certify(path, state, "ed25519", "ed25519", "always:forever", false);
	(void)scratch_read(path, line, sizeof line);
	size_t n = public_key_blob(line, blob, sizeof blob);
	size_t head = 4 + strlen("ssh-ed25519-cert-v01@openssh.com");
	for (size_t i = head; i < n; i++) {
		sshoal_key *key = NULL;
		blob[i] ^= 1;
		int rc = sshoal_key_load_public_blob(&key, blob, n, NULL, NULL);
		blob[i] ^= 1;
		/* The authority may have become a key of another type, whose
		 * signatures are not ours to judge. */
		if (rc == 0)
			assert_int_equal(
				sshoal_key_type(
					sshoal_key_certificate_authority(key)),
				SSHOAL_KEY_OTHER);
		else
			assert_int_equal(rc, SSHOAL_EFORMAT);
		sshoal_key_free(key);
		unsigned char *cut = exact_copy(blob, i);
		key = NULL;
		assert_int_equal(
			sshoal_key_load_public_blob(&key, cut, i, NULL, NULL),
			SSHOAL_EFORMAT);
		free(cut);
	}
}

static void a_key_without_one_says_so(void **state)
{
	sshoal_key *key = load(state, "p256");
	sshoal_key *made = NULL;
	char *line = NULL;
	const sshoal_key *const keys[] = { key, NULL };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(sshoal_key_certificate_kind(keys[i]), 0);
		assert_null(sshoal_key_certificate_type_name(keys[i]));
		assert_null(sshoal_key_certificate_id(keys[i]));
		assert_int_equal(sshoal_key_certificate_serial(keys[i]), 0);
		assert_int_equal(sshoal_key_certificate_valid_after(keys[i]),
				 0);
		assert_int_equal(sshoal_key_certificate_valid_before(keys[i]),
				 0);
		assert_int_equal(
			sshoal_key_certificate_principal_count(keys[i]), 0);
		assert_null(sshoal_key_certificate_principal(keys[i], 0));
		assert_null(sshoal_key_certificate_authority(keys[i]));
	}
	size_t n = 1;
	assert_null(sshoal__key_certificate_blob(key, &n));
	assert_int_equal(n, 0);
	assert_int_equal(sshoal_key_certificate_line(key, &line),
			 SSHOAL_ENOENT);
	assert_int_equal(sshoal_key_certificate_line(key, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_certificate_line(NULL, &line),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_attach_certificate(NULL, key, "x", NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_attach_certificate(&made, NULL, "x", NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_attach_certificate(&made, key, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(
		sshoal_key_attach_certificate_line(&made, key, NULL, NULL),
		SSHOAL_EINVAL);
	sshoal_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_certificate_of_each_kind_by_each_kind_is_attached),
		cmocka_unit_test(its_time_is_read_in_seconds),
		cmocka_unit_test(a_certificate_line_is_a_public_key_with_it),
		cmocka_unit_test(one_of_another_key_or_none_is_refused),
		cmocka_unit_test(every_damage_is_found),
		cmocka_unit_test(a_key_without_one_says_so),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
