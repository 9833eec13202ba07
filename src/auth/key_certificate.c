/* SPDX-License-Identifier: MIT */
#include <sshoal/certificate.h>

#include <string.h>

#include "auth/certificate.h"
#include "auth/key.h"
#include "auth/key_object.h"
#include "auth/public_line.h"
#include "base/error.h"

/* A key and the certificate that was made for it. */

static int attach(sshoal_key **made, const sshoal_key *key,
		  const struct public_line *line, sshoal_error *error)
{
	struct certificate *certificate = NULL;
	int rc = sshoal__certificate_parse(&certificate, line->blob,
					   line->blob_size, error);
	if (rc)
		return rc;
	size_t size = 0;
	const unsigned char *blob = sshoal__key_blob(key, &size);
	if (size != sshoal__buffer_size(&certificate->plain) ||
	    memcmp(blob, sshoal__buffer_data(&certificate->plain), size) != 0)
		rc = sshoal__error_set(error, SSHOAL_EFORMAT,
				       "certificate: it is for another key");
	else if (sshoal__key_new_certified(made, key, certificate) != 0)
		rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	if (rc)
		sshoal__certificate_free(certificate);
	return rc;
}

int sshoal_key_attach_certificate(sshoal_key **made, const sshoal_key *key,
				  const char *path, sshoal_error *error)
{
	if (!made || !key || !path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct public_line line;
	int rc = sshoal__public_line_read(&line, path, error);
	if (rc)
		return rc;
	rc = attach(made, key, &line, error);
	sshoal__public_line_fini(&line);
	if (rc)
		(void)sshoal__error_prefix(error, "%s", path);
	return rc;
}

int sshoal_key_attach_certificate_line(sshoal_key **made, const sshoal_key *key,
				       const char *text, sshoal_error *error)
{
	if (!made || !key || !text)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct public_line line;
	int rc = sshoal__public_line_parse(&line, text, strlen(text), error);
	if (rc)
		return rc;
	rc = attach(made, key, &line, error);
	sshoal__public_line_fini(&line);
	return rc;
}

static const struct certificate *certificate_of(const sshoal_key *key)
{
	return key ? key->certificate : NULL;
}

const unsigned char *sshoal__key_certificate_blob(const sshoal_key *key,
						  size_t *size_bytes)
{
	*size_bytes = 0;
	if (!key->certificate)
		return NULL;
	*size_bytes = sshoal__buffer_size(&key->certificate->blob);
	return sshoal__buffer_data(&key->certificate->blob);
}

int sshoal_key_certificate_kind(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->kind : 0;
}

const char *sshoal_key_certificate_type_name(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->type_name : NULL;
}

int sshoal_key_certificate_line(const sshoal_key *key, char **line)
{
	if (!key || !line)
		return SSHOAL_EINVAL;
	if (!key->certificate)
		return SSHOAL_ENOENT;
	const struct buffer *blob = &key->certificate->blob;
	return sshoal__public_line(line, key->certificate->type_name,
				   sshoal__buffer_data(blob),
				   sshoal__buffer_size(blob), "");
}

const char *sshoal_key_certificate_id(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->id : NULL;
}

uint64_t sshoal_key_certificate_serial(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->serial : 0;
}

uint64_t sshoal_key_certificate_valid_after(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->valid_after : 0;
}

uint64_t sshoal_key_certificate_valid_before(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->valid_before : 0;
}

size_t sshoal_key_certificate_principal_count(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->principal_count : 0;
}

const char *sshoal_key_certificate_principal(const sshoal_key *key,
					     size_t index)
{
	const struct certificate *certificate = certificate_of(key);
	if (!certificate || index >= certificate->principal_count)
		return NULL;
	return certificate->principals[index];
}

const sshoal_key *sshoal_key_certificate_authority(const sshoal_key *key)
{
	const struct certificate *certificate = certificate_of(key);
	return certificate ? certificate->authority : NULL;
}
