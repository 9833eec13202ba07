/* SPDX-License-Identifier: MIT */
#include "report/digest.h"

#include <string.h>

#include <sshoal/error.h>

static int add_part(int part, const char *bytes, size_t n, void *data)
{
	struct digest *digest = data;
	(void)part;
	while (n > 0) {
		const char *newline = memchr(bytes, '\n', n);
		size_t length = newline ? (size_t)(newline - bytes) + 1 : n;
		const char *line = bytes;
		size_t left = length;
		int rc = sshoal__mask_line(digest->mask, &line, &left);
		if (rc)
			return rc;
		if (!EVP_DigestUpdate(digest->context, line, left))
			return SSHOAL_ENOMEM;
		bytes += length;
		n -= length;
	}
	return 0;
}

static int begin(struct digest *digest, const EVP_MD *algorithm)
{
	digest->context = EVP_MD_CTX_new();
	if (!digest->context ||
	    !EVP_DigestInit_ex(digest->context, algorithm, NULL))
		return SSHOAL_ENOMEM;
	return 0;
}

int sshoal__digest_add(struct digest *digest, const EVP_MD *algorithm,
		       const char *bytes, size_t n)
{
	int rc = 0;
	if (n == 0)
		return 0;
	if (!digest->context)
		rc = begin(digest, algorithm);
	if (rc)
		return rc;
	digest->end = bytes[n - 1];
	if (digest->mask)
		return sshoal__splitter_feed(&digest->splitter, bytes, n,
					     add_part, digest);
	return EVP_DigestUpdate(digest->context, bytes, n) ? 0 : SSHOAL_ENOMEM;
}

int sshoal__digest_end(struct digest *digest, unsigned char value[DIGEST_BYTES])
{
	memset(value, 0, DIGEST_BYTES);
	if (!digest->context)
		return 0;
	int rc = sshoal__splitter_end(&digest->splitter, add_part, digest);
	if (rc)
		return rc;
	if (digest->end != '\n' && !EVP_DigestUpdate(digest->context, "\n", 1))
		return SSHOAL_ENOMEM;
	return EVP_DigestFinal_ex(digest->context, value, NULL) ? 0 :
								  SSHOAL_ENOMEM;
}

void sshoal__digest_fini(struct digest *digest)
{
	sshoal__splitter_fini(&digest->splitter);
	EVP_MD_CTX_free(digest->context);
	digest->context = NULL;
}
