/* SPDX-License-Identifier: MIT */
#include "sftp/prefix.h"

#include <openssl/evp.h>

#include "base/error.h"

static int add_all(EVP_MD_CTX *context, struct source *source, size_t entry,
		   uint64_t n, sshoal_error *error)
{
	for (uint64_t offset = 0; offset < n; offset += SOURCE_BLOCK) {
		const struct source_block *block = NULL;
		int rc = sshoal__source_block(source, entry, offset, &block,
					      error);
		if (rc)
			return rc;
		size_t part = n - offset < block->size ? (size_t)(n - offset) :
							 block->size;
		int done = EVP_DigestUpdate(context, block->bytes, part);
		sshoal__source_release(source, block);
		if (done != 1)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	return 0;
}

int sshoal__prefix_digest(struct source *source, size_t entry, uint64_t n,
			  unsigned char digest[SOURCE_DIGEST],
			  sshoal_error *error)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(context);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	int rc = add_all(context, source, entry, n, error);
	if (rc == 0 && EVP_DigestFinal_ex(context, digest, NULL) != 1)
		rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	EVP_MD_CTX_free(context);
	return rc;
}
