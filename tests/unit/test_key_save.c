/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/key.h>
#include <sshoal/secret.h>

#include "unit/keyring.h"
#include "unit/scratch.h"

/* ssh-keygen reads what was made and saved here, and says the same of it. */

#define PASSPHRASE KEYRING_CANARY

/* What is made: each with the line of its kind in keyring_kinds. */
static const struct {
	int type;
	uint32_t bits;
	uint32_t real_bits;
	const char *name;
} kinds[] = {
	{ SSHOAL_KEY_RSA, 2048, 2048, "ssh-rsa" },
	{ SSHOAL_KEY_RSA, 0, 3072, "ssh-rsa" },
	{ SSHOAL_KEY_ECDSA, 0, 256, "ecdsa-sha2-nistp256" },
	{ SSHOAL_KEY_ECDSA, 256, 256, "ecdsa-sha2-nistp256" },
	{ SSHOAL_KEY_ECDSA, 384, 384, "ecdsa-sha2-nistp384" },
	{ SSHOAL_KEY_ECDSA, 521, 521, "ecdsa-sha2-nistp521" },
	{ SSHOAL_KEY_ED25519, 0, 256, "ssh-ed25519" },
	{ SSHOAL_KEY_ED25519, 256, 256, "ssh-ed25519" },
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static const struct {
	uint32_t format;
	const char *begin;
} formats[] = {
	{ SSHOAL_KEY_FORMAT_OPENSSH, "-----BEGIN OPENSSH PRIVATE KEY-----\n" },
	{ SSHOAL_KEY_FORMAT_PEM, "-----BEGIN " },
	{ SSHOAL_KEY_FORMAT_PKCS8, "-----BEGIN " },
};

static sshoal_key *generate(int type, uint32_t bits)
{
	sshoal_key *key = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_key_generate(&key, type, bits, &error);
	if (rc)
		print_message("%s\n", error.text);
	assert_int_equal(rc, 0);
	return key;
}

/* ssh-keygen -l in one form of fingerprint: "BITS FINGERPRINT COMMENT (X)". */
static void check_fingerprint(const sshoal_key *key, const char *path,
			      const char *hash)
{
	const char *const argv[] = { "ssh-keygen", "-l", "-E", hash,
				     "-f",         path, NULL };
	char said[512];
	char mine[128];
	char print[SSHOAL_KEY_FINGERPRINT_MD5_SIZE];
	scratch_run(argv, said, sizeof said);
	int rc = hash[0] == 'm' ?
			 sshoal_key_fingerprint_md5(key, print, sizeof print) :
			 sshoal_key_fingerprint(key, print, sizeof print);
	assert_int_equal(rc, 0);
	(void)snprintf(mine, sizeof mine, "%u %s ", sshoal_key_bits(key),
		       print);
	said[strlen(mine)] = '\0';
	assert_string_equal(said, mine);
}

/* What ssh-keygen finds in a private file is the key's public line. */
static void check_by_keygen(const sshoal_key *key, const char *path,
			    const char *passphrase)
{
	const char *const argv[] = { "ssh-keygen", "-y", "-P", passphrase,
				     "-f",         path, NULL };
	char said[KEYRING_FILE_MAX];
	scratch_run(argv, said, sizeof said);
	char *line = NULL;
	assert_int_equal(sshoal_key_public_line(key, &line), 0);
	said[strlen(line)] = '\0';
	assert_string_equal(said, line);
	free(line);
}

static void check_refused_by_keygen(const char *path)
{
	static const char script[] =
		"! ssh-keygen -y -P \"$1\" -f \"$0\" >/dev/null 2>&1";
	const char *const wrong[] = { "", "wrong passphrase" };
	for (size_t i = 0; i < 2; i++) {
		const char *const argv[] = { "sh", "-c",     script,
					     path, wrong[i], NULL };
		scratch_run(argv, NULL, 0);
	}
}

static void check_mode(const char *path, unsigned int mode)
{
	struct stat status;
	assert_int_equal(lstat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
}

/* Saves a key in one way, has it read by both, and gives it back. */
static void check_way(const sshoal_key *key, const char *path, size_t format,
		      const char *passphrase)
{
	sshoal_key_save_options options = SSHOAL_KEY_SAVE_OPTIONS_INIT;
	options.format = formats[format].format;
	options.passphrase = passphrase;
	options.overwrite = 1;
	options.comment = "a comment";
	/* Few: what each costs is for test_bcrypt_pbkdf. */
	options.rounds = format == 2 ? 1000 : 1;
	sshoal_error error = { .text = "" };
	int rc = sshoal_key_save_file(key, path, &options, &error);
	if (sshoal_key_type(key) == SSHOAL_KEY_ED25519 && format > 0) {
		assert_int_equal(rc, SSHOAL_EUNSUPPORTED);
		assert_non_null(strstr(error.text, "OpenSSH's format"));
		return;
	}
	if (rc)
		print_message("%s\n", error.text);
	assert_int_equal(rc, 0);
	check_mode(path, 0600);
	char text[KEYRING_FILE_MAX];
	(void)scratch_read(path, text, sizeof text);
	assert_memory_equal(text, formats[format].begin,
			    strlen(formats[format].begin));
	check_by_keygen(key, path, passphrase ? passphrase : "");
	sshoal_key *again = keyring_load(path, passphrase);
	assert_true(sshoal_key_is_same(again, key));
	assert_string_equal(sshoal_key_comment(again),
			    format == 0 ? "a comment" : "");
	sshoal_key_free(again);
	if (!passphrase)
		return;
	check_refused_by_keygen(path);
	assert_int_equal(sshoal_key_load_file(&again, path, "wrong", NULL),
			 SSHOAL_EPASSPHRASE);
}

static void ssh_keygen_reads_each_kind_in_each_form(void **state)
{
	char path[SCRATCH_PATH];
	char pub[SCRATCH_PATH];
	scratch_path(path, state, "made");
	scratch_path(pub, state, "made.pub");
	for (size_t i = 0; i < KIND_COUNT; i++) {
		sshoal_key *key = generate(kinds[i].type, kinds[i].bits);
		assert_int_equal(sshoal_key_type(key), kinds[i].type);
		assert_int_equal(sshoal_key_bits(key), kinds[i].real_bits);
		assert_string_equal(sshoal_key_type_name(key), kinds[i].name);
		assert_true(sshoal_key_is_private(key));
		assert_string_equal(sshoal_key_comment(key), "");
		for (size_t f = 0; f < 3; f++) {
			check_way(key, path, f, NULL);
			check_way(key, path, f, PASSPHRASE);
		}
		/* Without the public file it is the private one that is read,
		 * which in PEM must not be encrypted. */
		check_way(key, path, 0, NULL);
		check_fingerprint(key, path, "sha256");
		check_fingerprint(key, path, "md5");
		assert_int_equal(
			sshoal_key_save_public_file(key, pub, NULL, NULL), 0);
		check_mode(pub, 0644);
		check_fingerprint(key, pub, "sha256");
		check_fingerprint(key, pub, "md5");
		assert_int_equal(unlink(pub), 0);
		sshoal_key_free(key);
	}
}

static void keys_of_ssh_keygen_are_saved_and_read_again(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "again");
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		char original[SCRATCH_PATH];
		scratch_path(original, state, keyring_kinds[i].file);
		sshoal_key *key = keyring_load(original, NULL);
		assert_string_equal(sshoal_key_comment(key), "scratch");
		keyring_check(key, &keyring_kinds[i], original);
		for (size_t f = 0; f < 3; f++) {
			check_way(key, path, f, NULL);
			check_way(key, path, f, PASSPHRASE);
		}
		/* Its own comment is the default. */
		sshoal_key_save_options options = SSHOAL_KEY_SAVE_OPTIONS_INIT;
		options.overwrite = 1;
		assert_int_equal(
			sshoal_key_save_file(key, path, &options, NULL), 0);
		sshoal_key *again = keyring_load(path, NULL);
		assert_string_equal(sshoal_key_comment(again), "scratch");
		sshoal_key_free(again);
		sshoal_key_free(key);
	}
}

static void a_key_survives_all_forms_in_a_row(void **state)
{
	(void)state;
	sshoal_key *first = generate(SSHOAL_KEY_ECDSA, 521);
	sshoal_key *key = sshoal_key_ref(first);
	static const uint32_t row[] = { 1, 2, 0, 2, 1, 0 };
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		sshoal_key_save_options options = SSHOAL_KEY_SAVE_OPTIONS_INIT;
		options.format = row[i];
		options.passphrase = i % 2 ? PASSPHRASE : NULL;
		options.rounds = row[i] == 2 ? 1000 : 1;
		char *text = NULL;
		assert_int_equal(
			sshoal_key_save_memory(key, &text, &options, NULL), 0);
		sshoal_key_free(key);
		key = NULL;
		assert_int_equal(
			sshoal_key_load_memory(&key, text, strlen(text),
					       options.passphrase, NULL),
			0);
		sshoal_secret_free(text);
		assert_true(sshoal_key_is_same(key, first));
	}
	sshoal_key_free(key);
	sshoal_key_free(first);
}

static void the_usual_work_for_a_passphrase_is_read_by_ssh_keygen(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "usual");
	sshoal_key *key = generate(SSHOAL_KEY_ECDSA, 0);
	for (size_t f = 0; f < 3; f++) {
		sshoal_key_save_options options = SSHOAL_KEY_SAVE_OPTIONS_INIT;
		options.format = formats[f].format;
		options.passphrase = PASSPHRASE;
		options.overwrite = 1;
		assert_int_equal(
			sshoal_key_save_file(key, path, &options, NULL), 0);
		check_by_keygen(key, path, PASSPHRASE);
	}
	sshoal_key_free(key);
}

static void a_file_that_is_there_is_only_replaced_when_told(void **state)
{
	char path[SCRATCH_PATH];
	char text[KEYRING_FILE_MAX];
	sshoal_error error;
	scratch_path(path, state, "there");
	scratch_write(path, "precious", 8, 0644);
	sshoal_key *key = generate(SSHOAL_KEY_ED25519, 0);
	for (size_t i = 0; i < 2; i++) {
		int rc = i ? sshoal_key_save_file(key, path, NULL, &error) :
			     sshoal_key_save_public_file(key, path, NULL,
							 &error);
		assert_int_equal(rc, SSHOAL_EEXIST);
		assert_non_null(strstr(error.text, path));
		(void)scratch_read(path, text, sizeof text);
		assert_string_equal(text, "precious");
	}
	sshoal_key_save_options options = SSHOAL_KEY_SAVE_OPTIONS_INIT;
	options.overwrite = 1;
	assert_int_equal(sshoal_key_save_file(key, path, &options, NULL), 0);
	check_mode(path, 0600);
	check_by_keygen(key, path, "");
	sshoal_key_free(key);
}

static void a_path_may_begin_with_the_home(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "at-home");
	const char *before = getenv("HOME");
	char *kept = before ? strdup(before) : NULL;
	(void)setenv("HOME", *state, 1);
	sshoal_key *key = generate(SSHOAL_KEY_ED25519, 0);
	assert_int_equal(sshoal_key_save_file(key, "~/at-home", NULL, NULL), 0);
	check_by_keygen(key, path, "");
	sshoal_key_free(key);
	(void)unsetenv("HOME");
	if (kept)
		(void)setenv("HOME", kept, 1);
	free(kept);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static char long_text[1025];
	memset(long_text, 'x', sizeof long_text - 1);
	static const sshoal_key_save_options good =
		SSHOAL_KEY_SAVE_OPTIONS_INIT;
	sshoal_key_save_options bad[12];
	for (size_t i = 0; i < 12; i++)
		bad[i] = good;
	bad[0].size = 0;
	bad[1].format = 3;
	bad[2].passphrase = "";
	bad[3].passphrase = long_text;
	bad[4].comment = "two\nlines";
	bad[5].comment = long_text;
	bad[6].overwrite = 2;
	bad[7].flags = 1;
	bad[8].rounds = 10001;
	bad[9].rounds = 999;
	bad[9].format = SSHOAL_KEY_FORMAT_PKCS8;
	bad[10].rounds = 100000001;
	bad[10].format = SSHOAL_KEY_FORMAT_PKCS8;
	bad[11].comment = "\x1b[31m";
	static const char *const members[] = {
		"size",    "format",  "passphrase", "passphrase",
		"comment", "comment", "overwrite",  "flags",
		"rounds",  "rounds",  "rounds",     "comment"
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "refused");
	sshoal_key *key = generate(SSHOAL_KEY_ECDSA, 0);
	for (size_t i = 0; i < 12; i++) {
		sshoal_error error = { .text = "" };
		char *text = NULL;
		assert_int_equal(
			sshoal_key_save_file(key, path, &bad[i], &error),
			SSHOAL_EINVAL);
		if (!strstr(error.text, members[i]))
			fail_msg("%s: %s", members[i], error.text);
		assert_int_equal(
			sshoal_key_save_memory(key, &text, &bad[i], NULL),
			SSHOAL_EINVAL);
		assert_null(text);
	}
	assert_int_equal(access(path, F_OK), -1);
	sshoal_key_free(key);
}

static void nothing_and_other_sizes_are_refused(void **state)
{
	static const struct {
		int type;
		uint32_t bits;
	} wrong[] = {
		{ SSHOAL_KEY_RSA, 1024 },
		{ SSHOAL_KEY_RSA, 2047 },
		{ SSHOAL_KEY_RSA, 16385 },
		{ SSHOAL_KEY_ECDSA, 255 },
		{ SSHOAL_KEY_ECDSA, 512 },
		{ SSHOAL_KEY_ED25519, 255 },
		{ SSHOAL_KEY_ED25519, 512 },
		{ SSHOAL_KEY_OTHER, 0 },
		{ 0, 0 },
		{ -1, 0 },
	};
	char path[SCRATCH_PATH];
	scratch_path(path, state, "nothing");
	sshoal_key *key = NULL;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		sshoal_error error = { .text = "" };
		assert_int_equal(sshoal_key_generate(&key, wrong[i].type,
						     wrong[i].bits, &error),
				 SSHOAL_EINVAL);
		assert_int_not_equal(error.text[0], 0);
		assert_null(key);
	}
	char *text = NULL;
	char out[SSHOAL_KEY_FINGERPRINT_MD5_SIZE];
	assert_int_equal(sshoal_key_generate(NULL, SSHOAL_KEY_RSA, 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_save_file(NULL, path, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_save_memory(NULL, &text, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_save_public_file(NULL, path, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_fingerprint_md5(NULL, out, sizeof out),
			 SSHOAL_EINVAL);
	key = generate(SSHOAL_KEY_ED25519, 0);
	assert_int_equal(sshoal_key_save_file(key, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_save_file(key, "", NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_save_memory(key, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_save_public_file(key, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_fingerprint_md5(key, NULL, sizeof out),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_key_fingerprint_md5(key, out, sizeof out - 1),
			 SSHOAL_EINVAL);
	sshoal_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_keygen_reads_each_kind_in_each_form),
		cmocka_unit_test(keys_of_ssh_keygen_are_saved_and_read_again),
		cmocka_unit_test(a_key_survives_all_forms_in_a_row),
		cmocka_unit_test(
			the_usual_work_for_a_passphrase_is_read_by_ssh_keygen),
		cmocka_unit_test(
			a_file_that_is_there_is_only_replaced_when_told),
		cmocka_unit_test(a_path_may_begin_with_the_home),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
		cmocka_unit_test(nothing_and_other_sizes_are_refused),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
