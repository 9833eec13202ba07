/* SPDX-License-Identifier: MIT */
#include "auth/key.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "auth/key_decode.h"
#include "auth/key_kind.h"
#include "base/error.h"
#include "trust/trust.h"

/* A key is complete before anybody else sees it; afterwards only the count of
 * its references is ever written. */

#define RSA_BITS_MIN 1024
#define RSA_BITS_MAX 16384
#define BLOB_MAX 8192

struct sshoal_key {
	atomic_size_t refs;
	const struct key_kind *kind;
	EVP_PKEY *pkey;
	struct buffer blob;
	uint32_t bits;
	char fingerprint[TRUST_FINGERPRINT_SIZE];
};

/* Signs something and verifies it, which shows for every kind of key that its
 * private part is sound and belongs to its public part. */
static bool fits_together(const struct sshoal_key *key, EVP_MD_CTX *signer,
			  EVP_MD_CTX *verifier)
{
	static const unsigned char text[] = "sshoal";
	const char *digest =
		key->kind->type == SSHOAL_KEY_ED25519 ? NULL : "SHA256";
	unsigned char signature[RSA_BITS_MAX / 8];
	size_t n = sizeof signature;
	return EVP_DigestSignInit_ex(signer, NULL, digest, NULL, NULL,
				     key->pkey, NULL) == 1 &&
	       EVP_DigestSign(signer, signature, &n, text, sizeof text) == 1 &&
	       EVP_DigestVerifyInit_ex(verifier, NULL, digest, NULL, NULL,
				       key->pkey, NULL) == 1 &&
	       EVP_DigestVerify(verifier, signature, n, text, sizeof text) == 1;
}

static int check_parts(const struct sshoal_key *key, sshoal_error *error)
{
	EVP_MD_CTX *signer = EVP_MD_CTX_new();
	EVP_MD_CTX *verifier = EVP_MD_CTX_new();
	int rc = 0;
	if (!signer || !verifier)
		rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	else if (!fits_together(key, signer, verifier))
		rc = sshoal__error_set(error, SSHOAL_EFORMAT,
				       "damaged: the private part does not "
				       "belong to the public part");
	EVP_MD_CTX_free(signer);
	EVP_MD_CTX_free(verifier);
	return rc;
}

static int examine(struct sshoal_key *key, sshoal_error *error)
{
	key->kind = sshoal__key_kind_of(key->pkey);
	if (!key->kind) {
		char group[64] = "";
		const char *name = EVP_PKEY_get0_type_name(key->pkey);
		(void)EVP_PKEY_get_group_name(key->pkey, group, sizeof group,
					      NULL);
		return sshoal__error_set(
			error, SSHOAL_EUNSUPPORTED,
			"a key of type %s%s%s is not supported: make one with "
			"ssh-keygen -t ed25519",
			name ? name : "?", group[0] ? " " : "", group);
	}
	int bits = EVP_PKEY_get_bits(key->pkey);
	if (key->kind->type == SSHOAL_KEY_RSA &&
	    (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX))
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "an RSA key of %d bits is not "
					 "supported: %d to %d are",
					 bits, RSA_BITS_MIN, RSA_BITS_MAX);
	/* OpenSSL counts an Ed25519 key's bits as 253, ssh-keygen as 256. */
	key->bits =
		key->kind->type == SSHOAL_KEY_ED25519 ? 256 : (uint32_t)bits;
	int rc = check_parts(key, error);
	if (rc)
		return rc;
	rc = sshoal__key_kind_blob(key->kind, key->pkey, &key->blob);
	if (rc == 0)
		rc = sshoal__trust_fingerprint(key->fingerprint,
					       key->blob.bytes, key->blob.end);
	return rc ? sshoal__error_code(error, rc) : 0;
}

int sshoal__key_new(sshoal_key **key, EVP_PKEY *pkey, sshoal_error *error)
{
	struct sshoal_key *made = malloc(sizeof *made);
	if (!made) {
		EVP_PKEY_free(pkey);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	*made = (struct sshoal_key){
		.pkey = pkey,
		.blob = BUFFER_INIT(BLOB_MAX),
	};
	atomic_init(&made->refs, 1);
	int rc = examine(made, error);
	if (rc) {
		sshoal_key_free(made);
		return rc;
	}
	*key = made;
	return 0;
}

const unsigned char *sshoal__key_blob(const sshoal_key *key, size_t *size_bytes)
{
	*size_bytes = sshoal__buffer_size(&key->blob);
	return sshoal__buffer_data(&key->blob);
}

const char *sshoal__key_type_name(const sshoal_key *key)
{
	return key->kind->name;
}

int sshoal_key_type(const sshoal_key *key)
{
	return key ? (int)key->kind->type : 0;
}

uint32_t sshoal_key_bits(const sshoal_key *key)
{
	return key ? key->bits : 0;
}

int sshoal_key_fingerprint(const sshoal_key *key, char *out, size_t size_bytes)
{
	if (!key || !out || size_bytes < sizeof key->fingerprint)
		return SSHOAL_EINVAL;
	memcpy(out, key->fingerprint, sizeof key->fingerprint);
	return 0;
}

int sshoal_key_public_line(const sshoal_key *key, char **line)
{
	if (!key || !line)
		return SSHOAL_EINVAL;
	size_t size = 0;
	const unsigned char *blob = sshoal__key_blob(key, &size);
	size_t name_size = strlen(key->kind->name);
	char *text = malloc(name_size + 1 + (size + 2) / 3 * 4 + 1);
	if (!text)
		return SSHOAL_ENOMEM;
	memcpy(text, key->kind->name, name_size);
	text[name_size] = ' ';
	(void)EVP_EncodeBlock((unsigned char *)text + name_size + 1, blob,
			      (int)size);
	*line = text;
	return 0;
}

int sshoal__key_sign(const sshoal_key *key, const char *algorithm,
		     const void *data, size_t size_bytes,
		     struct buffer *signature)
{
	(void)ERR_set_mark();
	int rc = sshoal__key_kind_sign(key->kind, key->pkey, algorithm, data,
				       size_bytes, signature);
	(void)ERR_pop_to_mark();
	return rc;
}

sshoal_key *sshoal_key_ref(sshoal_key *key)
{
	if (key)
		(void)atomic_fetch_add_explicit(&key->refs, 1,
						memory_order_relaxed);
	return key;
}

void sshoal_key_free(sshoal_key *key)
{
	if (!key)
		return;
	if (atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_free(key->pkey);
	sshoal__buffer_fini(&key->blob);
	free(key);
}
