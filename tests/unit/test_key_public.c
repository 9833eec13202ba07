/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/fleet.h>
#include <sshoal/key.h>

#include "auth/key.h"
#include "unit/keyring.h"
#include "unit/public_key.h"
#include "unit/scratch.h"

/* Public keys alone: of lines, files and blobs. */

static void public_files_of_ssh_keygen_are_the_keys_public_parts(void **state)
{
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		char path[SCRATCH_PATH];
		char pub[SCRATCH_PATH + 8];
		scratch_path(path, state, keyring_kinds[i].file);
		(void)snprintf(pub, sizeof pub, "%s.pub", path);
		sshoal_key *key = NULL;
		assert_int_equal(sshoal_key_load_public_file(&key, pub, NULL),
				 0);
		keyring_check(key, &keyring_kinds[i], path);
		assert_false(sshoal_key_is_private(key));
		assert_string_equal(sshoal_key_comment(key), "scratch");
		sshoal_key *whole = keyring_load(path, NULL);
		assert_true(sshoal_key_is_private(whole));
		assert_true(sshoal_key_is_same(key, whole));
		char text[KEYRING_FILE_MAX];
		(void)scratch_read(pub, text, sizeof text);
		char *line = NULL;
		assert_int_equal(
			sshoal_key_public_line_with_comment(whole, NULL, &line),
			0);
		text[strcspn(text, "\n")] = '\0';
		assert_string_equal(line, text);
		free(line);
		size_t n = 0;
		const unsigned char *blob = sshoal_key_public_blob(key, &n);
		sshoal_key *third = NULL;
		assert_int_equal(sshoal_key_load_public_blob(&third, blob, n,
							     "other", NULL),
				 0);
		assert_true(sshoal_key_is_same(third, key));
		assert_string_equal(sshoal_key_comment(third), "other");
		sshoal_key_free(third);
		sshoal_key_free(whole);
		sshoal_key_free(key);
	}
}

static void different_keys_are_not_the_same(void **state)
{
	sshoal_key *keys[KEYRING_COUNT];
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		keys[i] = keyring_load(path, NULL);
	}
	for (size_t i = 0; i < KEYRING_COUNT; i++)
		for (size_t k = 0; k < KEYRING_COUNT; k++)
			assert_int_equal(sshoal_key_is_same(keys[i], keys[k]),
					 i == k);
	assert_false(sshoal_key_is_same(NULL, keys[0]));
	assert_false(sshoal_key_is_same(keys[0], NULL));
	assert_false(sshoal_key_is_same(NULL, NULL));
	for (size_t i = 0; i < KEYRING_COUNT; i++)
		sshoal_key_free(keys[i]);
}

/* A file that ssh-keygen would not make is still read as ssh reads it. */
static void lines_are_taken_apart_as_openssh_does(void **state)
{
	char path[SCRATCH_PATH];
	char line[KEYRING_FILE_MAX];
	scratch_path(path, state, "ed25519");
	keyring_line(line, path);
	static const struct {
		const char *before;
		const char *after;
		const char *comment;
	} cases[] = {
		{ "", "", "" },
		{ "", "\n", "" },
		{ "", "\r\nmore", "" },
		{ " \t", "  a  b \n", "a  b" },
		{ "", " m\xc3\xbcller\n", "m\xc3\xbcller" },
		{ "", " a\tb\x1b[1m\n", "a b\\x1b[1m" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[KEYRING_FILE_MAX + 64];
		(void)snprintf(text, sizeof text, "%s%s%s", cases[i].before,
			       line, cases[i].after);
		sshoal_key *key = NULL;
		sshoal_error error = { .text = "" };
		int rc = sshoal_key_load_public(&key, text, &error);
		if (rc)
			print_message("%zu: %s\n", i, error.text);
		assert_int_equal(rc, 0);
		assert_string_equal(sshoal_key_comment(key), cases[i].comment);
		sshoal_key_free(key);
	}
}

static void what_is_no_public_line_is_refused(void **state)
{
	char path[SCRATCH_PATH];
	char good[KEYRING_FILE_MAX];
	char wrong_type[KEYRING_FILE_MAX + 16];
	scratch_path(path, state, "ed25519");
	keyring_line(good, path);
	(void)snprintf(wrong_type, sizeof wrong_type, "ssh-rsa%s",
		       strchr(good, ' '));
	const char *const lines[] = {
		"",
		"\n",
		"ssh-ed25519",
		"ssh-ed25519 ",
		"ssh-ed25519 AAAA",
		"ssh-ed25519 !!!!",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA==",
		/* The right length, one bit short of a number's end. */
		"ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF",
		"ssh-rsa AAAAB3NzaC1yc2EAAAAA",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"command=\"x\" ssh-ed25519 AAAA",
		wrong_type,
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		sshoal_key *key = NULL;
		sshoal_error error = { .text = "" };
		int rc = sshoal_key_load_public(&key, lines[i], &error);
		if (rc != SSHOAL_EFORMAT && rc != SSHOAL_EUNSUPPORTED)
			fail_msg("%zu: %d", i, rc);
		assert_null(key);
		assert_memory_equal(error.text, "public key: ", 12);
	}
	sshoal_key *key = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_key_load_public_file(&key, path, &error),
			 SSHOAL_EFORMAT);
	assert_non_null(strstr(error.text, path));
	scratch_path(path, state, "missing.pub");
	assert_int_equal(sshoal_key_load_public_file(&key, path, &error),
			 SSHOAL_ENOENT);
}

/* Each byte of a blob changed and each length cut: an answer, no more. */
static void damaged_blobs_are_refused_or_are_other_keys(void **state)
{
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		char path[SCRATCH_PATH];
		char line[KEYRING_FILE_MAX];
		unsigned char blob[4096];
		scratch_path(path, state, keyring_kinds[i].file);
		keyring_line(line, path);
		size_t n = public_key_blob(line, blob, sizeof blob);
		for (size_t k = 0; k <= n; k++) {
			sshoal_key *key = NULL;
			int rc = sshoal_key_load_public_blob(&key, blob, k,
							     NULL, NULL);
			assert_int_equal(rc, k == n ? 0 : SSHOAL_EFORMAT);
			sshoal_key_free(key);
		}
		for (size_t k = 0; k < n; k++) {
			sshoal_key *key = NULL;
			blob[k] ^= 0x81;
			int rc = sshoal_key_load_public_blob(&key, blob, n,
							     NULL, NULL);
			blob[k] ^= 0x81;
			if (rc == 0) {
				size_t size = 0;
				(void)sshoal_key_public_blob(key, &size);
				assert_int_equal(size, n);
			}
			sshoal_key_free(key);
		}
	}
}

static void a_key_of_a_token_is_shown_and_compared_but_not_used(void **state)
{
	(void)state;
	/* string "sk-ssh-ed25519@openssh.com", 32 bytes, "ssh:" */
	static const char line[] =
		"sk-ssh-ed25519@openssh.com "
		"AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoL"
		"DA0ODxAREhMUFRYXGBkaGxwdHh8gAAAABHNzaDo= token";
	sshoal_key *key = NULL;
	assert_int_equal(sshoal_key_load_public(&key, line, NULL), 0);
	assert_int_equal(sshoal_key_type(key), SSHOAL_KEY_OTHER);
	assert_int_equal(sshoal_key_bits(key), 0);
	assert_string_equal(sshoal_key_type_name(key),
			    "sk-ssh-ed25519@openssh.com");
	assert_true(sshoal_key_is_same(key, key));
	char *made = NULL;
	assert_int_equal(sshoal_key_public_line_with_comment(key, NULL, &made),
			 0);
	assert_string_equal(made, line);
	free(made);
	static const unsigned char signature[] = { 0, 0, 0, 1, 'x',
						   0, 0, 0, 1, 'y' };
	assert_int_equal(sshoal_key_verify(key, NULL, "x", 1, signature,
					   sizeof signature, NULL),
			 SSHOAL_EUNSUPPORTED);
	sshoal_key_free(key);
}

static void private_uses_of_a_public_key_are_refused(void **state)
{
	char path[SCRATCH_PATH];
	char out[SCRATCH_PATH];
	char line[KEYRING_FILE_MAX];
	scratch_path(path, state, "ed25519");
	scratch_path(out, state, "never");
	keyring_line(line, path);
	sshoal_key *key = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_key_load_public(&key, line, NULL), 0);
	unsigned char *signature = NULL;
	size_t n = 0;
	assert_int_equal(
		sshoal_key_sign(key, NULL, "x", 1, &signature, &n, &error),
		SSHOAL_EINVAL);
	assert_non_null(strstr(error.text, "public key alone"));
	assert_null(signature);
	char *text = NULL;
	assert_int_equal(sshoal_key_save_file(key, out, NULL, &error),
			 SSHOAL_EINVAL);
	assert_non_null(strstr(error.text, "public key alone"));
	assert_int_equal(sshoal_key_save_memory(key, &text, NULL, NULL),
			 SSHOAL_EINVAL);
	struct buffer bare = BUFFER_INIT(256);
	assert_int_equal(sshoal__key_sign(key, "ssh-ed25519", "x", 1, &bare),
			 SSHOAL_EINVAL);
	sshoal_key_free(key);
}

static void a_login_with_a_public_key_is_refused_at_once(void **state)
{
	char path[SCRATCH_PATH];
	char line[KEYRING_FILE_MAX];
	scratch_path(path, state, "ed25519");
	keyring_line(line, path);
	sshoal_key *keys[2] = { keyring_load(path, NULL), NULL };
	sshoal_fleet *fleet = NULL;
	assert_int_equal(sshoal_fleet_new(&fleet, NULL, NULL), 0);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = "192.0.2.1";
	options.keys = keys;
	options.key_count = 2;
	sshoal_error error;
	assert_int_equal(sshoal_fleet_add(fleet, &options, &error),
			 SSHOAL_EINVAL);
	assert_non_null(strstr(error.text, "options.keys[1]"));
	assert_int_equal(sshoal_key_load_public(&keys[1], line, NULL), 0);
	assert_int_equal(sshoal_fleet_add(fleet, &options, &error),
			 SSHOAL_EINVAL);
	assert_non_null(strstr(error.text, "options.keys[1]: a public key"));
	options.key_count = 1;
	assert_int_equal(sshoal_fleet_add(fleet, &options, &error), 0);
	assert_int_equal(sshoal_fleet_count(fleet), 1);
	sshoal_fleet_free(fleet);
	sshoal_key_free(keys[0]);
	sshoal_key_free(keys[1]);
}

static void null_arguments_are_refused(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "ed25519");
	sshoal_key *key = NULL;
	char *line = NULL;
	size_t n = 0;
	assert_int_equal(sshoal_key_load_public(NULL, "x", NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_public(&key, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_public_file(NULL, path, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_public_file(&key, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_public_blob(NULL, "x", 1, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_load_public_blob(&key, NULL, 1, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_public_line_with_comment(NULL, "", &line),
			 SSHOAL_EINVAL);
	assert_null(sshoal_key_type_name(NULL));
	assert_null(sshoal_key_comment(NULL));
	assert_null(sshoal_key_public_blob(NULL, &n));
	assert_false(sshoal_key_is_private(NULL));
	key = keyring_load(path, NULL);
	assert_null(sshoal_key_public_blob(key, NULL));
	assert_int_equal(sshoal_key_public_line_with_comment(key, "", NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(
		sshoal_key_public_line_with_comment(key, "a\nb", &line),
		SSHOAL_EINVAL);
	sshoal_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			public_files_of_ssh_keygen_are_the_keys_public_parts),
		cmocka_unit_test(different_keys_are_not_the_same),
		cmocka_unit_test(lines_are_taken_apart_as_openssh_does),
		cmocka_unit_test(what_is_no_public_line_is_refused),
		cmocka_unit_test(damaged_blobs_are_refused_or_are_other_keys),
		cmocka_unit_test(
			a_key_of_a_token_is_shown_and_compared_but_not_used),
		cmocka_unit_test(private_uses_of_a_public_key_are_refused),
		cmocka_unit_test(a_login_with_a_public_key_is_refused_at_once),
		cmocka_unit_test(null_arguments_are_refused),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
