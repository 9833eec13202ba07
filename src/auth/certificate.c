/* SPDX-License-Identifier: MIT */
#include "auth/certificate.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include <sshoal/certificate.h>

#include "auth/comment.h"
#include "auth/key_object.h"
#include "base/error.h"
#include "base/wire.h"

/* OpenSSH's PROTOCOL.certkeys: a nonce, the key, what the authority says about
 * it, and its signature of all that stands before. */

#define SUFFIX "-cert-v01@openssh.com"

/* OpenSSH's limit. */
#define PRINCIPALS_MAX 256

static int refuse(const char *what, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EFORMAT, "certificate: %s",
				 what);
}

const struct key_kind *sshoal__certificate_kind(const void *name, size_t n)
{
	size_t tail = sizeof SUFFIX - 1;
	if (n <= tail ||
	    memcmp((const char *)name + n - tail, SUFFIX, tail) != 0)
		return NULL;
	return sshoal__key_kind_named(name, n - tail);
}

static uint64_t read_u64(struct wire *wire)
{
	uint64_t high = sshoal__wire_u32(wire);
	return high << 32 | sshoal__wire_u32(wire);
}

/* The key's own strings are the same ones as in its blob. */
static int read_plain(struct certificate *made, struct wire *wire,
		      const struct key_kind *kind)
{
	const unsigned char *start = wire->at;
	for (size_t i = sshoal__key_kind_string_count(kind); i > 0; i--) {
		size_t n;
		(void)sshoal__wire_string(wire, &n);
	}
	if (wire->failed)
		return 0;
	int rc = sshoal__buffer_put_cstring(&made->plain, kind->name);
	return rc ? rc :
		    sshoal__buffer_append(&made->plain, start,
					  (size_t)(wire->at - start));
}

static int read_principals(struct certificate *made, struct wire *wire)
{
	size_t size = 0;
	const unsigned char *list = sshoal__wire_string(wire, &size);
	struct wire names = sshoal__wire(list, size);
	made->principals = calloc(PRINCIPALS_MAX, sizeof *made->principals);
	if (!made->principals)
		return SSHOAL_ENOMEM;
	while (names.left > 0 && !names.failed) {
		size_t n = 0;
		const unsigned char *name = sshoal__wire_string(&names, &n);
		if (!name || made->principal_count == PRINCIPALS_MAX)
			return SSHOAL_EFORMAT;
		char *copy = sshoal__comment_copy(name, n);
		if (!copy)
			return SSHOAL_ENOMEM;
		made->principals[made->principal_count++] = copy;
	}
	return 0;
}

/* Between the key and the authority. */
static int read_statement(struct certificate *made, struct wire *wire)
{
	made->serial = read_u64(wire);
	made->kind = (int)sshoal__wire_u32(wire);
	size_t n = 0;
	const unsigned char *id = sshoal__wire_string(wire, &n);
	if (!id || (made->kind != SSHOAL_CERTIFICATE_USER &&
		    made->kind != SSHOAL_CERTIFICATE_HOST))
		return SSHOAL_EFORMAT;
	made->id = sshoal__comment_copy(id, n);
	if (!made->id)
		return SSHOAL_ENOMEM;
	int rc = read_principals(made, wire);
	if (rc)
		return rc;
	made->valid_after = read_u64(wire);
	made->valid_before = read_u64(wire);
	(void)sshoal__wire_string(wire, &n); /* critical options */
	(void)sshoal__wire_string(wire, &n); /* extensions */
	(void)sshoal__wire_string(wire, &n); /* reserved */
	return wire->failed ? SSHOAL_EFORMAT : 0;
}

static int read_authority(struct certificate *made, struct wire *wire,
			  sshoal_error *error)
{
	size_t n = 0;
	const unsigned char *blob = sshoal__wire_string(wire, &n);
	if (!blob)
		return refuse("it is cut", error);
	int rc = sshoal__key_new_public(&made->authority, blob, n, error);
	if (rc == SSHOAL_EUNSUPPORTED)
		rc = sshoal__key_new_other(&made->authority, blob, n, error);
	if (rc == SSHOAL_EFORMAT)
		return refuse("its authority is no public key", error);
	return rc;
}

/* What is signed is all that stands before the signature. */
static int check_signature(const struct certificate *made, struct wire *wire,
			   sshoal_error *error)
{
	const unsigned char *start = sshoal__buffer_data(&made->blob);
	size_t signed_size = (size_t)(wire->at - start);
	size_t n = 0;
	const unsigned char *signature = sshoal__wire_string(wire, &n);
	if (!signature || wire->left > 0)
		return refuse("it is cut or has too much", error);
	/* A token's signatures are for the other side to judge. */
	if (sshoal_key_type(made->authority) == SSHOAL_KEY_OTHER)
		return 0;
	int rc = sshoal_key_verify(made->authority, NULL, start, signed_size,
				   signature, n, error);
	/* And so is SHA-1, which old authorities use. */
	if (rc == SSHOAL_EUNSUPPORTED)
		rc = sshoal_key_verify(made->authority, "ssh-rsa", start,
				       signed_size, signature, n, error);
	if (rc == SSHOAL_EAUTH || rc == SSHOAL_EFORMAT ||
	    rc == SSHOAL_EUNSUPPORTED)
		return refuse("its authority has not signed it", error);
	return rc;
}

static int parse(struct certificate *made, sshoal_error *error)
{
	struct wire wire = sshoal__wire(sshoal__buffer_data(&made->blob),
					sshoal__buffer_size(&made->blob));
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(&wire, &n);
	const struct key_kind *kind =
		name ? sshoal__certificate_kind(name, n) : NULL;
	if (!kind)
		return refuse("it is none, or of a key that is not supported",
			      error);
	memcpy(made->type_name, name, n);
	(void)sshoal__wire_string(&wire, &n); /* the nonce */
	int rc = read_plain(made, &wire, kind);
	if (rc == 0)
		rc = read_statement(made, &wire);
	if (rc == SSHOAL_EFORMAT)
		return refuse("it is not sound", error);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = read_authority(made, &wire, error);
	return rc ? rc : check_signature(made, &wire, error);
}

int sshoal__certificate_parse(struct certificate **certificate,
			      const unsigned char *blob, size_t size,
			      sshoal_error *error)
{
	struct certificate *made = malloc(sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	*made = (struct certificate){
		.blob = BUFFER_INIT(KEY_BLOB_MAX),
		.plain = BUFFER_INIT(KEY_BLOB_MAX),
	};
	int rc = sshoal__buffer_append(&made->blob, blob, size);
	if (rc == SSHOAL_ELIMIT)
		rc = refuse("it is too large", error);
	else if (rc)
		(void)sshoal__error_code(error, rc);
	(void)ERR_set_mark();
	if (rc == 0)
		rc = parse(made, error);
	(void)ERR_pop_to_mark();
	if (rc) {
		sshoal__certificate_free(made);
		return rc;
	}
	*certificate = made;
	return 0;
}

void sshoal__certificate_free(struct certificate *certificate)
{
	if (!certificate)
		return;
	sshoal_key_free(certificate->authority);
	for (size_t i = 0; i < certificate->principal_count; i++)
		free(certificate->principals[i]);
	free(certificate->principals);
	free(certificate->id);
	sshoal__buffer_fini(&certificate->plain);
	sshoal__buffer_fini(&certificate->blob);
	free(certificate);
}
