/* SPDX-License-Identifier: MIT */
#include "unit/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/key.h"
#include "unit/public_key.h"
#include "unit/scratch.h"

/* ssh-keygen makes the keys and says what is in them. */

const struct keyring_kind keyring_kinds[KEYRING_COUNT] = {
	{ "rsa", "rsa", "2048", "ssh-rsa", SSHOAL_KEY_RSA, true },
	{ "p256", "ecdsa", "256", "ecdsa-sha2-nistp256", SSHOAL_KEY_ECDSA,
	  true },
	{ "p384", "ecdsa", "384", "ecdsa-sha2-nistp384", SSHOAL_KEY_ECDSA,
	  true },
	{ "p521", "ecdsa", "521", "ecdsa-sha2-nistp521", SSHOAL_KEY_ECDSA,
	  true },
	{ "ed25519", "ed25519", "256", "ssh-ed25519", SSHOAL_KEY_ED25519,
	  false },
};

const struct keyring_algorithm keyring_algorithms[KEYRING_ALGORITHM_COUNT] = {
	{ 0, "rsa-sha2-512" },
	{ 0, "rsa-sha2-256" },
	{ 0, "ssh-rsa" },
	{ 1, "ecdsa-sha2-nistp256" },
	{ 2, "ecdsa-sha2-nistp384" },
	{ 3, "ecdsa-sha2-nistp521" },
	{ 4, "ssh-ed25519" },
};

int keyring_setup(void **state)
{
	int rc = scratch_setup(state);
	for (size_t i = 0; i < KEYRING_COUNT && rc == 0; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		scratch_keygen(path, keyring_kinds[i].type,
			       keyring_kinds[i].bits);
	}
	return rc;
}

void keyring_line(char line[KEYRING_FILE_MAX], const char *path)
{
	char pub[SCRATCH_PATH + 8];
	(void)snprintf(pub, sizeof pub, "%s.pub", path);
	(void)scratch_read(pub, line, KEYRING_FILE_MAX);
	char *comment = strrchr(line, ' ');
	assert_non_null(comment);
	*comment = '\0';
}

sshoal_key *keyring_load(const char *path, const char *passphrase)
{
	sshoal_key *key = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_key_load_file(&key, path, passphrase, &error);
	if (rc)
		print_message("%s\n", error.text);
	assert_int_equal(rc, 0);
	return key;
}

void keyring_copy(const char *from, const char *to, unsigned int mode)
{
	char text[KEYRING_FILE_MAX];
	size_t n = scratch_read(from, text, sizeof text);
	scratch_write(to, text, n, mode);
}

void keyring_convert(const char *path, const char *form, const char *passphrase)
{
	const char *const argv[] = { "ssh-keygen", "-q",       "-p", "-P", "",
				     "-N",         passphrase, "-a", "1",  "-m",
				     form,         "-f",       path, NULL };
	scratch_run(argv, NULL, 0);
}

void keyring_check(const sshoal_key *key, const struct keyring_kind *kind,
		   const char *path)
{
	char pub[SCRATCH_PATH + 8];
	(void)snprintf(pub, sizeof pub, "%s.pub", path);
	const char *const argv[] = { "ssh-keygen", "-l", "-f", pub, NULL };
	char said[512];
	scratch_run(argv, said, sizeof said);
	char mine[512];
	char fingerprint[51];
	assert_int_equal(
		sshoal_key_fingerprint(key, fingerprint, sizeof fingerprint),
		0);
	(void)snprintf(mine, sizeof mine, "%u %s ", sshoal_key_bits(key),
		       fingerprint);
	said[strlen(mine)] = '\0';
	assert_string_equal(mine, said);
	char line[KEYRING_FILE_MAX];
	keyring_line(line, path);
	char *own_line = NULL;
	assert_int_equal(sshoal_key_public_line(key, &own_line), 0);
	assert_string_equal(own_line, line);
	free(own_line);
	assert_int_equal(sshoal_key_type(key), kind->number);
	assert_string_equal(sshoal__key_type_name(key), kind->name);
	unsigned char blob[KEYRING_FILE_MAX];
	size_t n = 0;
	const unsigned char *own_blob = sshoal__key_blob(key, &n);
	assert_int_equal(n, public_key_blob(line, blob, sizeof blob));
	assert_memory_equal(own_blob, blob, n);
}
