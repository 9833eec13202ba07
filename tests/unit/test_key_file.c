/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/key.h>

#include "unit/keyring.h"
#include "unit/scratch.h"

static const struct {
	const char *text;
	int code;
	const char *says;
} wrong_files[] = {
	{ "", SSHOAL_EFORMAT, "empty" },
	{ "\n \r\n", SSHOAL_EFORMAT, "empty" },
	{ "hello\n", SSHOAL_EFORMAT, "not a private key" },
	{ "\x30\x82\x01\x02", SSHOAL_EFORMAT, "not a private key" },
	{ "ssh-ed25519 AAAAC3Nz me\n", SSHOAL_EFORMAT, "this is a public key" },
	{ "sk-ssh-ed25519@openssh.com AAAAGnNr me\n", SSHOAL_EFORMAT,
	  "this is a public key" },
	{ "ssh-rsa-cert-v01@openssh.com AAAAHHNz me\n", SSHOAL_EFORMAT,
	  "this is a certificate" },
	{ "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
	  SSHOAL_EFORMAT, "this is a public key" },
	{ "---- BEGIN SSH2 PUBLIC KEY ----\n", SSHOAL_EFORMAT,
	  "this is a public key" },
	{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
	  "CERTIFICATE-----",
	  SSHOAL_EFORMAT, "this is a certificate" },
	{ "PuTTY-User-Key-File-3: ssh-ed25519\n", SSHOAL_EFORMAT,
	  "-O private-openssh" },
	{ "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", SSHOAL_EFORMAT,
	  "ssh-keygen -i" },
	{ "SSH PRIVATE KEY FILE FORMAT 1.1\n", SSHOAL_EUNSUPPORTED,
	  "version 1" },
	{ "-----BEGIN DSA PRIVATE KEY-----\nAAAA\n"
	  "-----END DSA PRIVATE KEY-----\n",
	  SSHOAL_EUNSUPPORTED, "DSA" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", SSHOAL_EFORMAT,
	  "END RSA PRIVATE KEY is missing" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"
	  "-----END EC PRIVATE KEY-----\n",
	  SSHOAL_EFORMAT, "do not agree" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nA\xff==\n"
	  "-----END RSA PRIVATE KEY-----\n",
	  SSHOAL_EFORMAT, "base64" },
	{ "-----BEGIN RSA PRIVATE KEY-----\n"
	  "-----END RSA PRIVATE KEY-----\n",
	  SSHOAL_EFORMAT, "nothing between" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"
	  "-----END RSA PRIVATE KEY-----\n",
	  SSHOAL_EFORMAT, "not a valid key inside" },
	{ "-----BEGIN EC PRIVATE KEY-----\nAAAA\n"
	  "-----END EC PRIVATE KEY-----\n",
	  SSHOAL_EFORMAT, "not a valid key inside" },
	{ "-----BEGIN PRIVATE KEY-----\nAAAA\n"
	  "-----END PRIVATE KEY-----\n",
	  SSHOAL_EFORMAT, "not a valid key inside" },
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
	  "-----END ENCRYPTED PRIVATE KEY-----\n",
	  SSHOAL_EFORMAT, "not a valid key inside" },
	{ "-----BEGIN RSA PRIVATE KEY-----\n"
	  "Proc-Type: 4,ENCRYPTED\nDEK-Info: ROT13,00\n\nAAAA\n"
	  "-----END RSA PRIVATE KEY-----\n",
	  SSHOAL_EUNSUPPORTED, "not supported" },
};

static void a_wrong_file_is_told_what_it_is(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "wrong");
	for (size_t i = 0; i < sizeof wrong_files / sizeof *wrong_files; i++) {
		scratch_write(path, wrong_files[i].text,
			      strlen(wrong_files[i].text), 0600);
		sshoal_key *key = NULL;
		sshoal_error error = { .text = "" };
		int rc = sshoal_key_load_file(&key, path, KEYRING_CANARY,
					      &error);
		if (rc != wrong_files[i].code ||
		    !strstr(error.text, wrong_files[i].says))
			print_message("case %zu: %s\n", i, error.text);
		assert_int_equal(rc, wrong_files[i].code);
		assert_int_equal(error.code, rc);
		assert_null(key);
		assert_non_null(strstr(error.text, wrong_files[i].says));
		assert_ptr_equal(strstr(error.text, path), error.text);
		assert_null(strstr(error.text, "canary"));
		/* From memory it is the same but for the path. */
		assert_int_equal(
			sshoal_key_load_memory(&key, wrong_files[i].text,
					       strlen(wrong_files[i].text),
					       NULL, &error),
			wrong_files[i].code);
		assert_ptr_equal(strstr(error.text, "private key: "),
				 error.text);
	}
}

static void a_public_file_names_the_private_one(void **state)
{
	char path[SCRATCH_PATH];
	char pub[SCRATCH_PATH + 8];
	char hint[SCRATCH_PATH + 32];
	scratch_path(path, state, "p256");
	(void)snprintf(pub, sizeof pub, "%s.pub", path);
	(void)snprintf(hint, sizeof hint, "give the private key, %s", path);
	/* It is open to all, and that is not what is wrong with it. */
	assert_int_equal(chmod(pub, 0644), 0);
	sshoal_key *key = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_key_load_file(&key, pub, NULL, &error),
			 SSHOAL_EFORMAT);
	const char *end = strstr(error.text, hint);
	assert_non_null(end);
	assert_string_equal(end, hint);
}

static void the_file_must_be_regular_and_private(void **state)
{
	char path[SCRATCH_PATH];
	char copy[SCRATCH_PATH];
	char fifo[SCRATCH_PATH];
	char missing[SCRATCH_PATH];
	char large[SCRATCH_PATH];
	scratch_path(path, state, "ed25519");
	scratch_path(copy, state, "readable");
	scratch_path(fifo, state, "key-fifo");
	scratch_path(missing, state, "missing");
	scratch_path(large, state, "large");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	scratch_write(large, "", 0, 0600);
	assert_int_equal(truncate(large, (1 << 20) + 1), 0);
	keyring_copy(path, copy, 0640);
	const struct {
		const char *path;
		int code;
		const char *says;
	} cases[] = {
		{ fifo, SSHOAL_EFORMAT, "a pipe" },
		{ *state, SSHOAL_EFORMAT, "a folder" },
		{ "/dev/zero", SSHOAL_EFORMAT, "a device" },
		{ missing, SSHOAL_ENOENT, "No such file" },
		{ large, SSHOAL_EFORMAT, "too large" },
		{ copy, SSHOAL_EACCESS, "chmod 600 " },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_key *key = NULL;
		sshoal_error error = { .text = "" };
		assert_int_equal(
			sshoal_key_load_file(&key, cases[i].path, NULL, &error),
			cases[i].code);
		assert_non_null(strstr(error.text, cases[i].says));
		assert_ptr_equal(strstr(error.text, cases[i].path), error.text);
	}
	/* As in ssh(1), another user's file is that user's business. */
	if (getuid() != 0) {
		print_message("not root: another owner's file is not tried\n");
		return;
	}
	assert_int_equal(chown(copy, 12345, (gid_t)-1), 0);
	sshoal_key_free(keyring_load(copy, NULL));
}

static void line_ends_of_windows_are_fine(void **state)
{
	char copy[SCRATCH_PATH];
	scratch_path(copy, state, "crlf");
	for (size_t i = 0; i < 2; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		keyring_copy(path, copy, 0600);
		if (i == 1)
			keyring_convert(copy, "PEM", KEYRING_CANARY);
		char text[KEYRING_FILE_MAX];
		char crlf[2 * KEYRING_FILE_MAX];
		size_t n = scratch_read(copy, text, sizeof text);
		size_t size = 0;
		for (size_t k = 0; k < n; k++) {
			if (text[k] == '\n')
				crlf[size++] = '\r';
			crlf[size++] = text[k];
		}
		scratch_write(copy, crlf, size, 0600);
		sshoal_key *key = keyring_load(copy, KEYRING_CANARY);
		keyring_check(key, &keyring_kinds[i], path);
		sshoal_key_free(key);
	}
}

/* Whatever byte is changed, what is loaded is the key or nothing. */
static void a_damaged_file_is_never_another_key(void **state)
{
	static const struct {
		size_t kind;
		const char *form;
		size_t step;
	} cases[] = {
		{ 4, "RFC4716", 1 }, { 1, "RFC4716", 7 }, { 1, "PEM", 3 },
		{ 1, "PKCS8", 3 },   { 0, "PEM", 61 },    { 0, "RFC4716", 67 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[SCRATCH_PATH];
		char copy[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[cases[i].kind].file);
		scratch_path(copy, state, "damaged");
		keyring_copy(path, copy, 0600);
		keyring_convert(copy, cases[i].form, "");
		sshoal_key *sound = keyring_load(copy, NULL);
		char expected[51];
		char found[51];
		(void)sshoal_key_fingerprint(sound, expected, 51);
		sshoal_key_free(sound);
		char text[KEYRING_FILE_MAX];
		size_t n = scratch_read(copy, text, sizeof text);
		size_t refused = 0;
		for (size_t at = 0; at < n; at += cases[i].step) {
			char before = text[at];
			text[at] = before == 'A' ? 'Q' : 'A';
			sshoal_key *key = NULL;
			if (sshoal_key_load_memory(&key, text, n, NULL, NULL) ==
			    0) {
				(void)sshoal_key_fingerprint(key, found, 51);
				assert_string_equal(found, expected);
			} else {
				assert_null(key);
				refused++;
			}
			sshoal_key_free(key);
			text[at] = before;
		}
		/* OpenSSL makes right signatures with part of an RSA key's
		 * numbers wrong, and a comment may be anything. */
		assert_in_range(refused, n / cases[i].step / 5, n);
		for (size_t size = 0; size + 1 < n; size += cases[i].step) {
			sshoal_key *key = NULL;
			int rc = sshoal_key_load_memory(&key, text, size, NULL,
							NULL);
			assert_int_equal(rc, SSHOAL_EFORMAT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_file_is_told_what_it_is),
		cmocka_unit_test(a_public_file_names_the_private_one),
		cmocka_unit_test(the_file_must_be_regular_and_private),
		cmocka_unit_test(line_ends_of_windows_are_fine),
		cmocka_unit_test(a_damaged_file_is_never_another_key),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
