/* SPDX-License-Identifier: MIT */
#include <sshoal/key.h>

#include <string.h>

#include <openssl/err.h>

#include "auth/certificate.h"
#include "auth/key_object.h"
#include "auth/public_line.h"
#include "base/error.h"
#include "base/wire.h"

/* From the bytes of a public key to the object. A type we do not have is still
 * a key with a name, a fingerprint and a place in a list. */

static int take_certificate(sshoal_key **key, const unsigned char *blob,
			    size_t size, sshoal_error *error)
{
	struct certificate *certificate = NULL;
	int rc = sshoal__certificate_parse(&certificate, blob, size, error);
	if (rc)
		return rc;
	sshoal_key *plain = NULL;
	rc = sshoal__key_new_public(
		&plain, sshoal__buffer_data(&certificate->plain),
		sshoal__buffer_size(&certificate->plain), error);
	if (rc == 0 && sshoal__key_new_certified(key, plain, certificate) != 0)
		rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	sshoal_key_free(plain);
	if (rc)
		sshoal__certificate_free(certificate);
	return rc;
}

static int take_blob(sshoal_key **key, const unsigned char *blob, size_t size,
		     sshoal_error *error)
{
	struct wire wire = sshoal__wire(blob, size);
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(&wire, &n);
	if (name && sshoal__certificate_kind(name, n))
		return take_certificate(key, blob, size, error);
	if (name && sshoal__key_kind_named(name, n))
		return sshoal__key_new_public(key, blob, size, error);
	return sshoal__key_new_other(key, blob, size, error);
}

static int take(sshoal_key **key, const unsigned char *blob, size_t size,
		const char *comment, sshoal_error *error)
{
	sshoal_key *made = NULL;
	(void)ERR_set_mark();
	int rc = take_blob(&made, blob, size, error);
	(void)ERR_pop_to_mark();
	if (rc)
		return rc;
	if (comment &&
	    sshoal__key_set_comment(made, comment, strlen(comment)) != 0) {
		sshoal_key_free(made);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	*key = made;
	return 0;
}

int sshoal_key_load_public(sshoal_key **key, const char *line,
			   sshoal_error *error)
{
	if (!key || !line)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct public_line parts;
	int rc = sshoal__public_line_parse(&parts, line, strlen(line), error);
	if (rc == 0) {
		rc = take(key, parts.blob, parts.blob_size, parts.comment,
			  error);
		sshoal__public_line_fini(&parts);
	}
	if (rc)
		(void)sshoal__error_prefix(error, "public key");
	return rc;
}

int sshoal_key_load_public_file(sshoal_key **key, const char *path,
				sshoal_error *error)
{
	if (!key || !path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct public_line parts;
	int rc = sshoal__public_line_read(&parts, path, error);
	if (rc)
		return rc;
	rc = take(key, parts.blob, parts.blob_size, parts.comment, error);
	sshoal__public_line_fini(&parts);
	if (rc)
		(void)sshoal__error_prefix(error, "%s", path);
	return rc;
}

int sshoal_key_load_public_blob(sshoal_key **key, const void *blob,
				size_t size_bytes, const char *comment,
				sshoal_error *error)
{
	if (!key || !blob)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	int rc = take(key, blob, size_bytes, comment, error);
	if (rc)
		(void)sshoal__error_prefix(error, "public key");
	return rc;
}
