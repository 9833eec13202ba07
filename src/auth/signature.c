/* SPDX-License-Identifier: MIT */
#include <sshoal/key.h>

#include <string.h>

#include <openssl/err.h>

#include "auth/key.h"
#include "auth/key_object.h"
#include "base/error.h"
#include "base/wire.h"

/* A signature blob: the algorithm's name and the bare signature (RFC 4253
 * section 6.6). */

#define BARE_MAX 8192
#define BLOB_MAX (BARE_MAX + 128)

#define SHA1_ALGORITHM "ssh-rsa"

const char *sshoal__key_algorithm(const sshoal_key *key)
{
	if (!key->kind)
		return NULL;
	return key->kind->type == SSHOAL_KEY_RSA ? "rsa-sha2-512" :
						   key->kind->name;
}

bool sshoal__key_has_algorithm(const sshoal_key *key, const char *algorithm)
{
	const char *digest;
	return key->kind &&
	       sshoal__key_kind_digest(key->kind, algorithm, &digest) == 0;
}

int sshoal__key_sign(const sshoal_key *key, const char *algorithm,
		     const void *data, size_t size_bytes,
		     struct buffer *signature)
{
	if (!key->is_private)
		return SSHOAL_EINVAL;
	(void)ERR_set_mark();
	int rc = sshoal__key_kind_sign(key->kind, key->pkey, algorithm,
				       data ? data : "", size_bytes, signature);
	(void)ERR_pop_to_mark();
	return rc;
}

static int refuse_algorithm(const sshoal_key *key, const char *algorithm,
			    size_t n, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
				 "the algorithm %.*s is not one of this %s key",
				 n > 64 ? 64 : (int)n, algorithm,
				 key->type_name);
}

int sshoal__signature_blob(unsigned char **signature, size_t *size_bytes,
			   const char *algorithm, const struct buffer *bare,
			   sshoal_error *error)
{
	struct buffer blob = BUFFER_INIT(BLOB_MAX);
	int rc = sshoal__buffer_put_cstring(&blob, algorithm);
	if (rc == 0)
		rc = sshoal__buffer_put_string(&blob, sshoal__buffer_data(bare),
					       sshoal__buffer_size(bare));
	if (rc) {
		sshoal__buffer_fini(&blob);
		return sshoal__error_code(error, rc);
	}
	/* Nothing was taken from its start: it can be freed as it is. */
	*signature = sshoal__buffer_data(&blob);
	*size_bytes = sshoal__buffer_size(&blob);
	return 0;
}

int sshoal_key_sign(const sshoal_key *key, const char *algorithm,
		    const void *data, size_t size_bytes,
		    unsigned char **signature, size_t *signature_bytes,
		    sshoal_error *error)
{
	if (!key || !signature || !signature_bytes || (!data && size_bytes > 0))
		return sshoal__error_code(error, SSHOAL_EINVAL);
	if (!key->is_private)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "this is a public key alone: signing "
					 "needs the private key");
	if (!algorithm)
		algorithm = sshoal__key_algorithm(key);
	if (!sshoal__key_has_algorithm(key, algorithm))
		return refuse_algorithm(key, algorithm, strlen(algorithm),
					error);
	struct buffer bare = BUFFER_INIT(BARE_MAX);
	int rc = sshoal__key_sign(key, algorithm, data, size_bytes, &bare);
	if (rc)
		(void)sshoal__error_set(error, rc, "signing with %s: %s",
					algorithm, sshoal_error_text(rc));
	else
		rc = sshoal__signature_blob(signature, signature_bytes,
					    algorithm, &bare, error);
	sshoal__buffer_fini(&bare);
	return rc;
}

/* Which algorithm a blob says, and whether it may be that one. */
static int check_name(const sshoal_key *key, const char *demanded,
		      const char *name, size_t n, sshoal_error *error)
{
	if (demanded &&
	    (strlen(demanded) != n || memcmp(demanded, name, n) != 0))
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "signed with %.*s, not with %s",
					 n > 64 ? 64 : (int)n, name, demanded);
	if (!demanded && n == sizeof SHA1_ALGORITHM - 1 &&
	    memcmp(name, SHA1_ALGORITHM, n) == 0)
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "signed with ssh-rsa, whose SHA-1 is "
					 "broken");
	return key->kind ? 0 : refuse_algorithm(key, name, n, error);
}

static int check(const sshoal_key *key, const char *name, size_t n,
		 struct wire bare, const void *data, size_t size,
		 sshoal_error *error)
{
	char algorithm[65];
	if (n >= sizeof algorithm)
		return refuse_algorithm(key, name, n, error);
	memcpy(algorithm, name, n);
	algorithm[n] = '\0';
	if (!sshoal__key_has_algorithm(key, algorithm))
		return refuse_algorithm(key, name, n, error);
	(void)ERR_set_mark();
	int rc = sshoal__key_kind_verify(key->kind, key->pkey, algorithm,
					 data ? data : "", size, bare);
	(void)ERR_pop_to_mark();
	if (rc == SSHOAL_EAUTH)
		return sshoal__error_set(error, rc,
					 "the signature is not this key's for "
					 "this data");
	return rc ? sshoal__error_code(error, rc) : 0;
}

int sshoal_key_verify(const sshoal_key *key, const char *algorithm,
		      const void *data, size_t size_bytes,
		      const void *signature, size_t signature_bytes,
		      sshoal_error *error)
{
	if (!key || (!data && size_bytes > 0) || !signature)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct wire wire = sshoal__wire(signature, signature_bytes);
	size_t n = 0;
	const char *name = (const char *)sshoal__wire_string(&wire, &n);
	size_t bare_size = 0;
	const unsigned char *bare = sshoal__wire_string(&wire, &bare_size);
	if (!name || !bare || n == 0 || bare_size == 0)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "not a signature: it is cut");
	int rc = check_name(key, algorithm, name, n, error);
	if (rc)
		return rc;
	if (wire.left > 0)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "not a signature: it has too much");
	return check(key, name, n, sshoal__wire(bare, bare_size), data,
		     size_bytes, error);
}
