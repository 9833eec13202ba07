/* SPDX-License-Identifier: MIT */
#include "auth/key_decode.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "auth/key_object.h"
#include "base/error.h"

/*
 * PKCS#1 and SEC1 with the encryption of RFC 1421's headers, and PKCS#8. Each
 * form is decoded by the one function for it: OpenSSL's general decoder tries
 * them all and cannot say afterwards what was wrong.
 */

static int refuse_without_passphrase(sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EPASSPHRASE,
				 "the key is encrypted: its passphrase is "
				 "needed");
}

static int refuse_passphrase(sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EPASSPHRASE, "wrong passphrase");
}

static int refuse_damaged(sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EFORMAT,
				 "damaged: not a valid key inside");
}

/* OpenSSL asks here, and so never on the terminal. */
static int give_passphrase(char *out, int room, int is_writing, void *data)
{
	(void)is_writing;
	const char *passphrase = *(const char *const *)data;
	size_t n = strlen(passphrase);
	if (room < 0 || n > (size_t)room)
		return -1;
	memcpy(out, passphrase, n);
	return (int)n;
}

static bool is_encrypted(const struct armor *armor)
{
	return strncmp(armor->headers, "Proc-Type:", 10) == 0 &&
	       strstr(armor->headers, "ENCRYPTED");
}

/* OpenSSL knows the names of ciphers that it has not, or not without its
 * legacy provider. */
static bool is_available(const EVP_CIPHER *cipher)
{
	EVP_CIPHER *found =
		EVP_CIPHER_fetch(NULL, EVP_CIPHER_get0_name(cipher), NULL);
	EVP_CIPHER_free(found);
	return found;
}

static int refuse_encryption(sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
				 "encrypted in a way that is not supported: "
				 "change it with ssh-keygen -p");
}

/* Decrypts body in place as the headers say; *size becomes what is left. */
static int decrypt_body(const struct armor *armor, unsigned char *body,
			long *size, const char *passphrase, sshoal_error *error)
{
	if (!is_encrypted(armor))
		return 0;
	EVP_CIPHER_INFO info;
	char headers[ARMOR_HEADERS_SIZE];
	memcpy(headers, armor->headers, sizeof headers);
	if (!PEM_get_EVP_CIPHER_INFO(headers, &info) ||
	    !is_available(info.cipher))
		return refuse_encryption(error);
	if (!passphrase)
		return refuse_without_passphrase(error);
	if (!PEM_do_header(&info, body, size, give_passphrase, &passphrase))
		return refuse_passphrase(error);
	return 0;
}

static int decode_typed(EVP_PKEY **pkey, struct armor *armor, int type,
			const char *passphrase, sshoal_error *error)
{
	unsigned char *body = sshoal__buffer_data(&armor->body);
	long size = (long)sshoal__buffer_size(&armor->body);
	int rc = decrypt_body(armor, body, &size, passphrase, error);
	if (rc)
		return rc;
	const unsigned char *at = body;
	*pkey = d2i_PrivateKey(type, NULL, &at, size);
	if (*pkey)
		return 0;
	/* One wrong passphrase of 256 leaves padding that looks right. */
	return is_encrypted(armor) ? refuse_passphrase(error) :
				     refuse_damaged(error);
}

/* A wrong passphrase is found by the code around the cipher. An error of
 * another part of OpenSSL says that it has not the cipher or hash at all, or
 * not without its legacy provider. */
static bool is_unknown_encryption(void)
{
	return ERR_GET_LIB(ERR_peek_last_error()) != ERR_LIB_PKCS12;
}

static int decrypt_pkcs8(PKCS8_PRIV_KEY_INFO **info, const struct armor *armor,
			 const char *passphrase, sshoal_error *error)
{
	const unsigned char *at = sshoal__buffer_data(&armor->body);
	long size = (long)sshoal__buffer_size(&armor->body);
	X509_SIG *sealed = d2i_X509_SIG(NULL, &at, size);
	if (!sealed)
		return refuse_damaged(error);
	int rc = 0;
	if (!passphrase) {
		rc = refuse_without_passphrase(error);
	} else {
		*info = PKCS8_decrypt(sealed, passphrase,
				      (int)strnlen(passphrase, INT_MAX));
		if (!*info && is_unknown_encryption())
			rc = refuse_encryption(error);
		else if (!*info)
			rc = refuse_passphrase(error);
	}
	X509_SIG_free(sealed);
	return rc;
}

/* Kinds that OpenSSL may not even decode are told apart by their number. */
static int convert_pkcs8(EVP_PKEY **pkey, const PKCS8_PRIV_KEY_INFO *info,
			 sshoal_error *error)
{
	const ASN1_OBJECT *kind = NULL;
	if (!PKCS8_pkey_get0(&kind, NULL, NULL, NULL, info))
		return refuse_damaged(error);
	int nid = OBJ_obj2nid(kind);
	if (nid != NID_rsaEncryption && nid != NID_X9_62_id_ecPublicKey &&
	    nid != NID_ED25519) {
		char name[64];
		(void)OBJ_obj2txt(name, sizeof name, kind, 0);
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "a key of type %s is not supported: "
					 "make one with ssh-keygen -t ed25519",
					 name);
	}
	*pkey = EVP_PKCS82PKEY(info);
	return *pkey ? 0 : refuse_damaged(error);
}

static int decode_pkcs8(EVP_PKEY **pkey, const struct armor *armor,
			const char *passphrase, sshoal_error *error)
{
	PKCS8_PRIV_KEY_INFO *info = NULL;
	const unsigned char *at = sshoal__buffer_data(&armor->body);
	long size = (long)sshoal__buffer_size(&armor->body);
	int rc = 0;
	if (strcmp(armor->label, "ENCRYPTED PRIVATE KEY") == 0) {
		rc = decrypt_pkcs8(&info, armor, passphrase, error);
	} else {
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, size);
		if (!info)
			rc = refuse_damaged(error);
	}
	if (rc == 0)
		rc = convert_pkcs8(pkey, info, error);
	PKCS8_PRIV_KEY_INFO_free(info);
	return rc;
}

int sshoal__pem_key(sshoal_key **key, struct armor *armor,
		    const char *passphrase, sshoal_error *error)
{
	EVP_PKEY *pkey = NULL;
	int rc = SSHOAL_EUNSUPPORTED;
	if (strcmp(armor->label, "RSA PRIVATE KEY") == 0)
		rc = decode_typed(&pkey, armor, EVP_PKEY_RSA, passphrase,
				  error);
	else if (strcmp(armor->label, "EC PRIVATE KEY") == 0)
		rc = decode_typed(&pkey, armor, EVP_PKEY_EC, passphrase, error);
	else if (strcmp(armor->label, "PRIVATE KEY") == 0 ||
		 strcmp(armor->label, "ENCRYPTED PRIVATE KEY") == 0)
		rc = decode_pkcs8(&pkey, armor, passphrase, error);
	else
		rc = sshoal__error_set(error, rc,
				       "a %s is not supported: make one with "
				       "ssh-keygen -t ed25519",
				       armor->label);
	return rc ? rc : sshoal__key_new(key, pkey, error);
}
