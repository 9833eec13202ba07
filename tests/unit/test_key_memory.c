/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/certificate.h>
#include <sshoal/key.h>
#include <sshoal/secret.h>

#include "unit/keyring.h"
#include "unit/scarcity.h"
#include "unit/scratch.h"

/* Whichever allocation of ours fails: SSHOAL_ENOMEM and nothing else. Leaks
 * are for the sanitizer and valgrind to find. */

struct material {
	sshoal_key *key;
	sshoal_key *public;
	char line[KEYRING_FILE_MAX];
	char certificate[KEYRING_FILE_MAX];
	char private_path[SCRATCH_PATH];
	char path[SCRATCH_PATH];
	unsigned char *signature;
	size_t signature_size;
};

typedef int call_fn(struct material *material);

static int drop(sshoal_key *key, int rc)
{
	sshoal_key_free(key);
	return rc;
}

static int generate(struct material *material)
{
	(void)material;
	sshoal_key *key = NULL;
	int rc = sshoal_key_generate(&key, SSHOAL_KEY_ED25519, 0, NULL);
	return drop(key, rc);
}

static int load(struct material *material)
{
	sshoal_key *key = NULL;
	int rc = sshoal_key_load_file(&key, material->private_path, NULL, NULL);
	return drop(key, rc);
}

static int load_public(struct material *material)
{
	sshoal_key *key = NULL;
	int rc = sshoal_key_load_public(&key, material->line, NULL);
	return drop(key, rc);
}

static int load_certificate(struct material *material)
{
	sshoal_key *key = NULL;
	int rc = sshoal_key_load_public(&key, material->certificate, NULL);
	return drop(key, rc);
}

static int attach(struct material *material)
{
	sshoal_key *key = NULL;
	int rc = sshoal_key_attach_certificate_line(
		&key, material->key, material->certificate, NULL);
	return drop(key, rc);
}

static int make_line(struct material *material)
{
	char *line = NULL;
	int rc = sshoal_key_public_line_with_comment(material->key, "x", &line);
	free(line);
	return rc;
}

static int sign(struct material *material)
{
	unsigned char *signature = NULL;
	size_t n = 0;
	int rc = sshoal_key_sign(material->key, NULL, "data", 4, &signature, &n,
				 NULL);
	free(signature);
	return rc;
}

static int verify(struct material *material)
{
	return sshoal_key_verify(material->public, NULL, "data", 4,
				 material->signature, material->signature_size,
				 NULL);
}

static int save(struct material *material)
{
	(void)unlink(material->path);
	sshoal_key_save_options options = SSHOAL_KEY_SAVE_OPTIONS_INIT;
	options.passphrase = "secret";
	options.rounds = 1;
	int rc = sshoal_key_save_file(material->key, material->path, &options,
				      NULL);
	assert_int_equal(access(material->path, F_OK), rc ? -1 : 0);
	return rc;
}

static int save_memory(struct material *material)
{
	char *text = NULL;
	int rc = sshoal_key_save_memory(material->key, &text, NULL, NULL);
	sshoal_secret_free(text);
	return rc;
}

static int save_public(struct material *material)
{
	(void)unlink(material->path);
	return sshoal_key_save_public_file(material->key, material->path, NULL,
					   NULL);
}

static void each_lack_of_memory_is_told(void **state)
{
	static call_fn *const calls[] = {
		generate, load,        load_public, load_certificate,
		attach,   make_line,   sign,        verify,
		save,     save_memory, save_public
	};
	struct material material;
	char pub[SCRATCH_PATH];
	char ca[SCRATCH_PATH];
	scratch_path(material.private_path, state, "p256");
	scratch_path(material.path, state, "saved");
	scratch_path(pub, state, "p256.pub");
	scratch_path(ca, state, "ed25519");
	keyring_line(material.line, material.private_path);
	const char *const argv[] = { "ssh-keygen", "-q", "-s",  ca,  "-I",
				     "id",         "-n", "a,b", pub, NULL };
	scratch_run(argv, NULL, 0);
	scratch_path(pub, state, "p256-cert.pub");
	(void)scratch_read(pub, material.certificate,
			   sizeof material.certificate);
	material.key = keyring_load(material.private_path, NULL);
	assert_int_equal(
		sshoal_key_load_public(&material.public, material.line, NULL),
		0);
	assert_int_equal(sshoal_key_sign(material.key, NULL, "data", 4,
					 &material.signature,
					 &material.signature_size, NULL),
			 0);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int rc = SSHOAL_ENOMEM;
		int left = 0;
		for (; rc == SSHOAL_ENOMEM && left < 200; left++) {
			scarcity_of_memory(left);
			rc = calls[i](&material);
			scarcity_of_memory(NO_SCARCITY);
		}
		if (rc)
			print_message("call %zu: %d after %d\n", i, rc, left);
		assert_int_equal(rc, 0);
	}
	free(material.signature);
	sshoal_key_free(material.public);
	sshoal_key_free(material.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lack_of_memory_is_told),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
