/* SPDX-License-Identifier: MIT */
#include "auth/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "auth/comment.h"
#include "auth/key_object.h"
#include "base/error.h"

/* A key is complete before anybody else sees it; afterwards only the count of
 * its references is ever written. */

#define RSA_BITS_MIN 1024
#define RSA_BITS_MAX 16384

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

static int refuse_kind(const EVP_PKEY *pkey, sshoal_error *error)
{
	char group[64] = "";
	const char *name = EVP_PKEY_get0_type_name(pkey);
	(void)EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL);
	return sshoal__error_set(
		error, SSHOAL_EUNSUPPORTED,
		"a key of type %s%s%s is not supported: make one with "
		"ssh-keygen -t ed25519",
		name ? name : "?", group[0] ? " " : "", group);
}

static int count_bits(struct sshoal_key *key, sshoal_error *error)
{
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
	return 0;
}

/* Its blob is there: what follows from that. */
static int name_key(struct sshoal_key *key, sshoal_error *error)
{
	const unsigned char *blob = sshoal__buffer_data(&key->blob);
	size_t size = sshoal__buffer_size(&key->blob);
	if (!sshoal__trust_key_type(key->type_name, sizeof key->type_name, blob,
				    size))
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "it does not begin with a type");
	int rc = sshoal__trust_fingerprint(key->fingerprint, blob, size);
	return rc ? sshoal__error_code(error, rc) : 0;
}

static int examine(struct sshoal_key *key, sshoal_error *error)
{
	key->kind = sshoal__key_kind_of(key->pkey);
	if (!key->kind)
		return refuse_kind(key->pkey, error);
	int rc = count_bits(key, error);
	if (rc)
		return rc;
	rc = check_parts(key, error);
	if (rc)
		return rc;
	rc = sshoal__key_kind_blob(key->kind, key->pkey, &key->blob);
	return rc ? sshoal__error_code(error, rc) : name_key(key, error);
}

/* NULL for lack of memory. */
static struct sshoal_key *make(EVP_PKEY *pkey)
{
	struct sshoal_key *made = malloc(sizeof *made);
	if (!made)
		return NULL;
	*made = (struct sshoal_key){
		.pkey = pkey,
		.blob = BUFFER_INIT(KEY_BLOB_MAX),
	};
	atomic_init(&made->refs, 1);
	return made;
}

int sshoal__key_new(sshoal_key **key, EVP_PKEY *pkey, sshoal_error *error)
{
	struct sshoal_key *made = make(pkey);
	if (!made) {
		EVP_PKEY_free(pkey);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	made->is_private = true;
	int rc = examine(made, error);
	if (rc) {
		sshoal_key_free(made);
		return rc;
	}
	*key = made;
	return 0;
}

static int refuse_public(int rc, sshoal_error *error)
{
	return rc == SSHOAL_EFORMAT || rc == SSHOAL_ELIMIT ?
		       sshoal__error_set(error, SSHOAL_EFORMAT,
					 "damaged: not a valid public key") :
		       sshoal__error_code(error, rc);
}

/* The blob made of the key must be the blob it was made of. */
static int examine_public(struct sshoal_key *key, const unsigned char *blob,
			  size_t size, sshoal_error *error)
{
	int rc = count_bits(key, error);
	if (rc)
		return rc;
	rc = sshoal__key_kind_blob(key->kind, key->pkey, &key->blob);
	if (rc == 0 &&
	    (size != sshoal__buffer_size(&key->blob) ||
	     memcmp(blob, sshoal__buffer_data(&key->blob), size) != 0))
		rc = SSHOAL_EFORMAT;
	return rc ? refuse_public(rc, error) : name_key(key, error);
}

int sshoal__key_new_public(sshoal_key **key, const unsigned char *blob,
			   size_t size, sshoal_error *error)
{
	struct wire wire = sshoal__wire(blob, size);
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(&wire, &n);
	const struct key_kind *kind =
		name ? sshoal__key_kind_named(name, n) : NULL;
	if (!kind)
		return sshoal__error_code(error, SSHOAL_EUNSUPPORTED);
	EVP_PKEY *pkey = NULL;
	int rc = sshoal__key_kind_public(&pkey, kind, wire);
	if (rc)
		return refuse_public(rc, error);
	struct sshoal_key *made = make(pkey);
	if (!made) {
		EVP_PKEY_free(pkey);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	made->kind = kind;
	rc = examine_public(made, blob, size, error);
	if (rc) {
		sshoal_key_free(made);
		return rc;
	}
	*key = made;
	return 0;
}

int sshoal__key_new_other(sshoal_key **key, const unsigned char *blob,
			  size_t size, sshoal_error *error)
{
	struct sshoal_key *made = make(NULL);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = sshoal__buffer_append(&made->blob, blob, size);
	rc = rc ? refuse_public(rc, error) : name_key(made, error);
	if (rc) {
		sshoal_key_free(made);
		return rc;
	}
	*key = made;
	return 0;
}

int sshoal__key_new_certified(sshoal_key **made, const sshoal_key *key,
			      struct certificate *certificate)
{
	struct sshoal_key *copy = make(key->pkey);
	if (!copy)
		return SSHOAL_ENOMEM;
	if (key->pkey)
		(void)EVP_PKEY_up_ref(key->pkey);
	copy->kind = key->kind;
	copy->bits = key->bits;
	copy->is_private = key->is_private;
	memcpy(copy->type_name, key->type_name, sizeof copy->type_name);
	memcpy(copy->fingerprint, key->fingerprint, sizeof copy->fingerprint);
	const char *comment = sshoal_key_comment(key);
	if (sshoal__buffer_append(&copy->blob, sshoal__buffer_data(&key->blob),
				  sshoal__buffer_size(&key->blob)) != 0 ||
	    sshoal__key_set_comment(copy, comment, strlen(comment)) != 0) {
		sshoal_key_free(copy);
		return SSHOAL_ENOMEM;
	}
	copy->certificate = certificate;
	*made = copy;
	return 0;
}

int sshoal__key_set_comment(sshoal_key *key, const void *text, size_t n)
{
	char *copy = sshoal__comment_copy(text, n);
	if (!copy)
		return SSHOAL_ENOMEM;
	free(key->comment);
	key->comment = copy;
	return 0;
}

int sshoal__keys_check(sshoal_key *const *keys, size_t count,
		       sshoal_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (!keys[i])
			return sshoal__error_set(error, SSHOAL_EINVAL,
						 "options.keys[%zu]: it is "
						 "NULL",
						 i);
		if (!keys[i]->is_private)
			return sshoal__error_set(
				error, SSHOAL_EINVAL,
				"options.keys[%zu]: a public key alone: a "
				"login needs the private key",
				i);
	}
	return 0;
}

const unsigned char *sshoal__key_blob(const sshoal_key *key, size_t *size_bytes)
{
	*size_bytes = sshoal__buffer_size(&key->blob);
	return sshoal__buffer_data(&key->blob);
}

const char *sshoal__key_type_name(const sshoal_key *key)
{
	return key->type_name;
}

int sshoal_key_type(const sshoal_key *key)
{
	if (!key)
		return 0;
	return key->kind ? (int)key->kind->type : SSHOAL_KEY_OTHER;
}

const char *sshoal_key_type_name(const sshoal_key *key)
{
	return key ? key->type_name : NULL;
}

uint32_t sshoal_key_bits(const sshoal_key *key)
{
	return key ? key->bits : 0;
}

bool sshoal_key_is_private(const sshoal_key *key)
{
	return key && key->is_private;
}

bool sshoal_key_is_same(const sshoal_key *a, const sshoal_key *b)
{
	if (!a || !b)
		return false;
	size_t size = sshoal__buffer_size(&a->blob);
	return size == sshoal__buffer_size(&b->blob) &&
	       memcmp(sshoal__buffer_data(&a->blob),
		      sshoal__buffer_data(&b->blob), size) == 0;
}

const char *sshoal_key_comment(const sshoal_key *key)
{
	if (!key)
		return NULL;
	return key->comment ? key->comment : "";
}

const unsigned char *sshoal_key_public_blob(const sshoal_key *key,
					    size_t *size_bytes)
{
	if (!key || !size_bytes)
		return NULL;
	return sshoal__key_blob(key, size_bytes);
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
	sshoal__certificate_free(key->certificate);
	sshoal__buffer_fini(&key->blob);
	free(key->comment);
	free(key);
}
