/* SPDX-License-Identifier: MIT */
#include "auth/key_encode.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "auth/key_object.h"
#include "base/error.h"

/* The forms that ssh-keygen -m PEM and -m PKCS8 write. What OpenSSL writes into
 * is wiped when it is freed. */

#define CIPHER "AES-256-CBC"

static int refuse_ed25519(uint32_t format, sshoal_error *error)
{
	return sshoal__error_set(
		error, SSHOAL_EUNSUPPORTED,
		"an Ed25519 key %s: save it in "
		"OpenSSH's format",
		format == SSHOAL_KEY_FORMAT_PEM ?
			"has no PEM form" :
			"in PKCS#8 is not read by OpenSSH before 9.6");
}

static bool write_traditional(BIO *out, const EVP_PKEY *pkey,
			      const EVP_CIPHER *cipher, const char *passphrase)
{
	return PEM_write_bio_PrivateKey_traditional(
		       out, pkey, passphrase ? cipher : NULL,
		       (const unsigned char *)passphrase,
		       passphrase ? (int)strlen(passphrase) : 0, NULL,
		       NULL) == 1;
}

static bool write_pkcs8(BIO *out, const EVP_PKEY *pkey,
			const EVP_CIPHER *cipher,
			const struct key_writing *writing)
{
	const char *passphrase = writing->passphrase;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	X509_SIG *sealed = NULL;
	bool is_done = false;
	if (info && !passphrase)
		is_done = PEM_write_bio_PKCS8_PRIV_KEY_INFO(out, info) == 1;
	if (info && passphrase) {
		sealed = PKCS8_encrypt(-1, cipher, passphrase,
				       (int)strlen(passphrase), NULL, 0,
				       (int)writing->rounds, info);
		is_done = sealed && PEM_write_bio_PKCS8(out, sealed) == 1;
	}
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(info);
	return is_done;
}

static int write_form(BIO *out, const sshoal_key *key, const EVP_CIPHER *cipher,
		      const struct key_writing *writing)
{
	bool is_done = writing->format == SSHOAL_KEY_FORMAT_PEM ?
			       write_traditional(out, key->pkey, cipher,
						 writing->passphrase) :
			       write_pkcs8(out, key->pkey, cipher, writing);
	return is_done ? 0 : sshoal__key_kind_fail(SSHOAL_EIO);
}

static int copy_out(struct buffer *text, BIO *out)
{
	char *bytes = NULL;
	long n = BIO_get_mem_data(out, &bytes);
	return n > 0 ? sshoal__buffer_append(text, bytes, (size_t)n) :
		       SSHOAL_EIO;
}

int sshoal__pem_write(struct buffer *text, const sshoal_key *key,
		      const struct key_writing *writing, sshoal_error *error)
{
	if (key->kind->type == SSHOAL_KEY_ED25519)
		return refuse_ed25519(writing->format, error);
	BIO *out = BIO_new(BIO_s_secmem());
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, CIPHER, NULL);
	int rc = SSHOAL_ENOMEM;
	if (out && cipher)
		rc = write_form(out, key, cipher, writing);
	if (rc == 0)
		rc = copy_out(text, out);
	EVP_CIPHER_free(cipher);
	BIO_free(out);
	return rc ? sshoal__error_code(error, rc) : 0;
}
