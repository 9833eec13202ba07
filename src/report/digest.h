/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_DIGEST_H
#define SSHOAL_REPORT_DIGEST_H

#include <stddef.h>

#include <openssl/evp.h>

#include "report/mask.h"
#include "report/splitter.h"

#define DIGEST_BYTES 32

/*
 * What tells one text from others as it comes in: SHA-256 of its lines, each
 * without what is masked. The last one counts as ended.
 */
struct digest {
	EVP_MD_CTX *context; /* NULL: nothing came */
	struct splitter splitter;
	struct mask *mask; /* borrowed; NULL: none */
	char end;          /* the last byte */
};

/* 0 or SSHOAL_ENOMEM. */
int sshoal__digest_add(struct digest *digest, const EVP_MD *algorithm,
		       const char *bytes, size_t n);

/* The text has ended. Nothing at all has a value of its own. Likewise. */
int sshoal__digest_end(struct digest *digest,
		       unsigned char value[DIGEST_BYTES]);

void sshoal__digest_fini(struct digest *digest);

#endif
