/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
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

#include <openssl/err.h>

#include <sshoal/key.h>

#include "auth/key.h"
#include "unit/public_key.h"
#include "unit/scratch.h"

/* ssh-keygen makes the keys and says what is in them. */

#define CANARY "canary passphrase"
#define FILE_MAX 16384

static const struct kind {
	const char *file;
	const char *type;
	const char *bits;
	const char *name;
	int number;
	bool has_pem; /* ssh-keygen writes it in other forms than its own */
} kinds[] = {
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

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static int setup(void **state)
{
	int rc = scratch_setup(state);
	for (size_t i = 0; i < KIND_COUNT && rc == 0; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, kinds[i].file);
		scratch_keygen(path, kinds[i].type, kinds[i].bits);
	}
	return rc;
}

/* The public line of a .pub file, without its comment. */
static void read_line(char *line, size_t room, const char *path)
{
	char pub[SCRATCH_PATH + 8];
	(void)snprintf(pub, sizeof pub, "%s.pub", path);
	(void)scratch_read(pub, line, room);
	char *comment = strrchr(line, ' ');
	assert_non_null(comment);
	*comment = '\0';
}

static sshoal_key *load(const char *path, const char *passphrase)
{
	sshoal_key *key = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_key_load_file(&key, path, passphrase, &error);
	if (rc)
		print_message("%s\n", error.text);
	assert_int_equal(rc, 0);
	return key;
}

/* Compares a key with what ssh-keygen says of its .pub file. */
static void check_identity(const sshoal_key *key, const struct kind *kind,
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
	char line[FILE_MAX];
	read_line(line, sizeof line, path);
	char *own_line = NULL;
	assert_int_equal(sshoal_key_public_line(key, &own_line), 0);
	assert_string_equal(own_line, line);
	free(own_line);
	assert_int_equal(sshoal_key_type(key), kind->number);
	assert_string_equal(sshoal__key_type_name(key), kind->name);
	unsigned char blob[FILE_MAX];
	size_t n = 0;
	const unsigned char *own_blob = sshoal__key_blob(key, &n);
	assert_int_equal(n, public_key_blob(line, blob, sizeof blob));
	assert_memory_equal(own_blob, blob, n);
}

static void copy_file(const char *from, const char *to, unsigned int mode)
{
	char text[FILE_MAX];
	size_t n = scratch_read(from, text, sizeof text);
	scratch_write(to, text, n, mode);
}

/* Rewrites a key in another form, with another passphrase. */
static void convert(const char *path, const char *form, const char *passphrase)
{
	const char *const argv[] = { "ssh-keygen", "-q",       "-p", "-P", "",
				     "-N",         passphrase, "-a", "1",  "-m",
				     form,         "-f",       path, NULL };
	scratch_run(argv, NULL, 0);
}

static void each_form_of_ssh_keygen_is_loaded(void **state)
{
	static const char *const forms[] = { "RFC4716", "PEM", "PKCS8" };
	static const char *const passphrases[] = { "", CANARY };
	for (size_t i = 0; i < KIND_COUNT * 6; i++) {
		const struct kind *kind = &kinds[i / 6];
		const char *form = forms[i / 2 % 3];
		const char *passphrase = passphrases[i % 2];
		if (!kind->has_pem && form != forms[0])
			continue;
		char path[SCRATCH_PATH];
		char copy[SCRATCH_PATH];
		scratch_path(path, state, kind->file);
		scratch_path(copy, state, "copy");
		copy_file(path, copy, 0600);
		convert(copy, form, passphrase);
		/* For a key in the clear a passphrase does no harm. */
		sshoal_key *key = load(copy, CANARY);
		check_identity(key, kind, path);
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
		rc = sshoal_key_load_file(&key, copy, CANARY "x", &error);
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
		char text[FILE_MAX];
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

static void an_rsa_key_of_8192_bits_is_loaded_and_signs(void **state)
{
	(void)state;
	char text[FILE_MAX];
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

static const struct {
	size_t kind;
	const char *algorithm;
} signatures[] = {
	{ 0, "rsa-sha2-512" },
	{ 0, "rsa-sha2-256" },
	{ 0, "ssh-rsa" },
	{ 1, "ecdsa-sha2-nistp256" },
	{ 2, "ecdsa-sha2-nistp384" },
	{ 3, "ecdsa-sha2-nistp521" },
	{ 4, "ssh-ed25519" },
};

static void signatures_are_right_by_the_public_file(void **state)
{
	static const unsigned char data[300] = { 1, 2, 3 };
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		const char *algorithm = signatures[i].algorithm;
		char path[SCRATCH_PATH];
		scratch_path(path, state, kinds[signatures[i].kind].file);
		char line[FILE_MAX];
		read_line(line, sizeof line, path);
		sshoal_key *key = load(path, NULL);
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
	for (size_t i = 0; i < KIND_COUNT; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, kinds[i].file);
		sshoal_key *key = load(path, NULL);
		struct buffer out = BUFFER_INIT(4096);
		for (size_t k = 0; k < sizeof others / sizeof *others; k++)
			assert_int_equal(
				sshoal__key_sign(key, others[k], "x", 1, &out),
				SSHOAL_EUNSUPPORTED);
		size_t count = sizeof signatures / sizeof *signatures;
		for (size_t k = 0; k < count; k++)
			if (signatures[k].kind != i)
				assert_int_equal(
					sshoal__key_sign(
						key, signatures[k].algorithm,
						"x", 1, &out),
					SSHOAL_EUNSUPPORTED);
		assert_int_equal(sshoal__buffer_size(&out), 0);
		sshoal_key_free(key);
	}
}

#define THREAD_COUNT 8
#define SIGNATURE_COUNT 20

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
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, kinds[signatures[i].kind].file);
		char line[FILE_MAX];
		read_line(line, sizeof line, path);
		sshoal_key *key = load(path, NULL);
		pthread_t threads[THREAD_COUNT];
		struct signer signers[THREAD_COUNT];
		for (size_t t = 0; t < THREAD_COUNT; t++) {
			signers[t] = (struct signer){
				.key = sshoal_key_ref(key),
				.line = line,
				.algorithm = signatures[i].algorithm,
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

static void a_wrong_file_is_told_what_it_is(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
		{ "", SSHOAL_EFORMAT, "empty" },
		{ "\n \r\n", SSHOAL_EFORMAT, "empty" },
		{ "hello\n", SSHOAL_EFORMAT, "not a private key" },
		{ "\x30\x82\x01\x02", SSHOAL_EFORMAT, "not a private key" },
		{ "ssh-ed25519 AAAAC3Nz me\n", SSHOAL_EFORMAT,
		  "this is a public key" },
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
		{ "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n",
		  SSHOAL_EFORMAT, "ssh-keygen -i" },
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
	char path[SCRATCH_PATH];
	scratch_path(path, state, "wrong");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		scratch_write(path, cases[i].text, strlen(cases[i].text), 0600);
		sshoal_key *key = NULL;
		sshoal_error error = { .text = "" };
		int rc = sshoal_key_load_file(&key, path, CANARY, &error);
		if (rc != cases[i].code || !strstr(error.text, cases[i].says))
			print_message("case %zu: %s\n", i, error.text);
		assert_int_equal(rc, cases[i].code);
		assert_int_equal(error.code, rc);
		assert_null(key);
		assert_non_null(strstr(error.text, cases[i].says));
		assert_ptr_equal(strstr(error.text, path), error.text);
		assert_null(strstr(error.text, "canary"));
		/* From memory it is the same but for the path. */
		assert_int_equal(sshoal_key_load_memory(&key, cases[i].text,
							strlen(cases[i].text),
							NULL, &error),
				 cases[i].code);
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
	copy_file(path, copy, 0640);
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
	sshoal_key_free(load(copy, NULL));
}

static void line_ends_of_windows_are_fine(void **state)
{
	char copy[SCRATCH_PATH];
	scratch_path(copy, state, "crlf");
	for (size_t i = 0; i < 2; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, kinds[i].file);
		copy_file(path, copy, 0600);
		if (i == 1)
			convert(copy, "PEM", CANARY);
		char text[FILE_MAX];
		char crlf[2 * FILE_MAX];
		size_t n = scratch_read(copy, text, sizeof text);
		size_t size = 0;
		for (size_t k = 0; k < n; k++) {
			if (text[k] == '\n')
				crlf[size++] = '\r';
			crlf[size++] = text[k];
		}
		scratch_write(copy, crlf, size, 0600);
		sshoal_key *key = load(copy, CANARY);
		check_identity(key, &kinds[i], path);
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
		scratch_path(path, state, kinds[cases[i].kind].file);
		scratch_path(copy, state, "damaged");
		copy_file(path, copy, 0600);
		convert(copy, cases[i].form, "");
		sshoal_key *sound = load(copy, NULL);
		char expected[51];
		char found[51];
		(void)sshoal_key_fingerprint(sound, expected, 51);
		sshoal_key_free(sound);
		char text[FILE_MAX];
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
		key = load(path, NULL);
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
	key = load(path, NULL);
	assert_int_equal(sshoal_key_fingerprint(key, out, 50), SSHOAL_EINVAL);
	sshoal_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_ssh_keygen_is_loaded),
		cmocka_unit_test(each_form_of_openssl_is_loaded),
		cmocka_unit_test(an_rsa_key_of_8192_bits_is_loaded_and_signs),
		cmocka_unit_test(signatures_are_right_by_the_public_file),
		cmocka_unit_test(an_algorithm_of_another_key_is_refused),
		cmocka_unit_test(many_threads_sign_with_one_key),
		cmocka_unit_test(a_wrong_file_is_told_what_it_is),
		cmocka_unit_test(a_public_file_names_the_private_one),
		cmocka_unit_test(the_file_must_be_regular_and_private),
		cmocka_unit_test(line_ends_of_windows_are_fine),
		cmocka_unit_test(a_damaged_file_is_never_another_key),
		cmocka_unit_test(errors_of_the_program_stay_in_openssls_queue),
		cmocka_unit_test(null_and_small_arguments_are_refused),
	};
	return cmocka_run_group_tests(tests, setup, scratch_teardown);
}
