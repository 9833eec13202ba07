/* SPDX-License-Identifier: MIT */
#include <sshoal/key.h>

#include <string.h>

#include <openssl/err.h>

#include "auth/key_decode.h"
#include "auth/private_file.h"
#include "base/error.h"

/* Tells what a file is before it is decoded, so that each wrong file gets an
 * answer that says which one is the right one. */

#define KEY_MAX_BYTES ((size_t)1 << 20)

enum form {
	FORM_KEY,
	FORM_EMPTY,
	FORM_PUBLIC,
	FORM_CERTIFICATE,
	FORM_PUTTY,
	FORM_SSH1,
	FORM_SSHCOM,
	FORM_UNKNOWN
};

static bool begins(const struct armor_text *text, const char *prefix)
{
	size_t n = strlen(prefix);
	return text->left >= n && memcmp(text->at, prefix, n) == 0;
}

static void skip_blanks(struct armor_text *text)
{
	while (text->left > 0 && text->at[0] != '\0' &&
	       strchr(" \t\r\n", text->at[0])) {
		text->at++;
		text->left--;
	}
}

/* The type's name at the start of a public line. */
static enum form form_of_line(const struct armor_text *text)
{
	static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-",
					     "sk-ecdsa-" };
	static const char certificate[] = "-cert-v01@openssh.com";
	const char *blank = memchr(text->at, ' ', text->left);
	if (!blank || text->left - (size_t)(blank - text->at) < 5 ||
	    memcmp(blank + 1, "AAAA", 4) != 0)
		return FORM_UNKNOWN;
	size_t n = (size_t)(blank - text->at);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (!begins(text, types[i]) || n > 64)
			continue;
		return memmem(text->at, n, certificate,
			      sizeof certificate - 1) ?
			       FORM_CERTIFICATE :
			       FORM_PUBLIC;
	}
	return FORM_UNKNOWN;
}

static enum form form_of_armor(struct armor_text text)
{
	enum form form = FORM_UNKNOWN;
	char label[ARMOR_LABEL_SIZE];
	while (sshoal__armor_find(&text, label)) {
		if (strstr(label, "PRIVATE KEY"))
			return FORM_KEY;
		if (strstr(label, "PUBLIC KEY"))
			form = FORM_PUBLIC;
		else if (strstr(label, "CERTIFICATE"))
			form = FORM_CERTIFICATE;
	}
	return form;
}

static enum form form_of(struct armor_text text)
{
	skip_blanks(&text);
	if (text.left == 0)
		return FORM_EMPTY;
	if (begins(&text, "PuTTY-User-Key-File-"))
		return FORM_PUTTY;
	if (begins(&text, "SSH PRIVATE KEY FILE FORMAT 1."))
		return FORM_SSH1;
	if (begins(&text, "---- BEGIN SSH2 PUBLIC KEY"))
		return FORM_PUBLIC;
	if (begins(&text, "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY"))
		return FORM_SSHCOM;
	enum form form = form_of_armor(text);
	return form == FORM_UNKNOWN ? form_of_line(&text) : form;
}

/* What the name would be without the ending; 0 when it does not end so. */
static int stem_length(const char *path, const char *ending)
{
	size_t n = path ? strlen(path) : 0;
	size_t m = strlen(ending);
	return n > m && strcmp(path + n - m, ending) == 0 ? (int)(n - m) : 0;
}

static int refuse_public(const char *what, const char *path, int length,
			 sshoal_error *error)
{
	if (length > 0)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "this is %s: give the private key, "
					 "%.*s",
					 what, length, path);
	return sshoal__error_set(error, SSHOAL_EFORMAT,
				 "this is %s: give the private key, whose file "
				 "has a line -----BEGIN ... PRIVATE KEY-----",
				 what);
}

/* path is NULL for a key from memory. */
static int refuse_form(enum form form, const char *path, sshoal_error *error)
{
	int length = 0;
	switch (form) {
	case FORM_KEY:
		return 0;
	case FORM_EMPTY:
		return sshoal__error_set(error, SSHOAL_EFORMAT, "it is empty");
	case FORM_PUBLIC:
		length = stem_length(path, ".pub");
		return refuse_public("a public key", path, length, error);
	case FORM_CERTIFICATE:
		length = stem_length(path, "-cert.pub");
		return refuse_public("a certificate", path, length, error);
	case FORM_PUTTY:
		return sshoal__error_set(
			error, SSHOAL_EFORMAT,
			"a key in PuTTY's format: convert it with puttygen "
			"FILE.ppk -O private-openssh -o NEWFILE");
	case FORM_SSH1:
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "a key for SSH version 1 is not "
					 "supported: make one with ssh-keygen "
					 "-t ed25519");
	case FORM_SSHCOM:
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "a key in ssh.com's format: convert "
					 "it with ssh-keygen -i");
	case FORM_UNKNOWN:
		break;
	}
	return sshoal__error_set(error, SSHOAL_EFORMAT,
				 "not a private key: neither PEM nor PKCS#8 "
				 "nor OpenSSH's form");
}

static int decode_armor(sshoal_key **key, struct armor_text text,
			const char *passphrase, sshoal_error *error)
{
	struct armor armor;
	int rc = sshoal__armor_read(&armor, text, error);
	if (rc)
		return rc == SSHOAL_ENOENT ?
			       refuse_form(FORM_UNKNOWN, NULL, error) :
			       rc;
	rc = strcmp(armor.label, "OPENSSH PRIVATE KEY") == 0 ?
		     sshoal__openssh_key(key, &armor, passphrase, error) :
		     sshoal__pem_key(key, &armor, passphrase, error);
	sshoal__armor_fini(&armor);
	return rc;
}

/* What the program has in OpenSSL's error queue stays there. */
static int decode(sshoal_key **key, struct armor_text text,
		  const char *passphrase, sshoal_error *error)
{
	(void)ERR_set_mark();
	int rc = decode_armor(key, text, passphrase, error);
	(void)ERR_pop_to_mark();
	return rc;
}

static int take_file(sshoal_key **key, const struct private_file *file,
		     const char *passphrase, sshoal_error *error)
{
	struct armor_text text = {
		.at = (const char *)sshoal__buffer_data(&file->contents),
		.left = sshoal__buffer_size(&file->contents),
	};
	enum form form = form_of(text);
	/* A public file may be open to all. */
	if (form != FORM_PUBLIC && form != FORM_CERTIFICATE) {
		int rc = sshoal__private_file_check(file, error);
		if (rc)
			return rc;
	}
	int rc = refuse_form(form, file->path, error);
	if (rc == 0)
		rc = decode(key, text, passphrase, error);
	if (rc)
		(void)sshoal__error_prefix(error, "%s", file->path);
	return rc;
}

int sshoal_key_load_file(sshoal_key **key, const char *path,
			 const char *passphrase, sshoal_error *error)
{
	if (!key || !path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct private_file file;
	int rc = sshoal__private_file_read(&file, path, KEY_MAX_BYTES, 0, -1,
					   error);
	if (rc)
		return rc;
	rc = take_file(key, &file, passphrase, error);
	sshoal__private_file_fini(&file);
	return rc;
}

int sshoal_key_load_memory(sshoal_key **key, const void *data,
			   size_t size_bytes, const char *passphrase,
			   sshoal_error *error)
{
	if (!key || (!data && size_bytes > 0))
		return sshoal__error_code(error, SSHOAL_EINVAL);
	if (size_bytes > KEY_MAX_BYTES)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "private key: too large: over %zu "
					 "bytes",
					 KEY_MAX_BYTES);
	struct armor_text text = { .at = data, .left = size_bytes };
	int rc = refuse_form(form_of(text), NULL, error);
	if (rc == 0)
		rc = decode(key, text, passphrase, error);
	if (rc)
		(void)sshoal__error_prefix(error, "private key");
	return rc;
}
