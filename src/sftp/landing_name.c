/* SPDX-License-Identifier: MIT */
#include "sftp/landing_name.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "sftp/landing.h"

/* Names below a landing: those a server sends, and our own beside them. */

/* How much of a name that is refused is shown. */
#define SHOWN_MAX 200

/* Why a name leads elsewhere, or nowhere; NULL for one that does not. */
static const char *find_fault(const unsigned char *name, size_t n)
{
	if (n == 0)
		return "it is empty";
	if (n > LANDING_NAME_MAX)
		return "it is longer than 255 bytes";
	if (memchr(name, '\0', n))
		return "it holds a NUL byte";
	if (memchr(name, '/', n))
		return "it holds a slash";
	if (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.')))
		return "it means another directory";
	return NULL;
}

int sshoal__landing_check_name(const unsigned char *name, size_t n,
			       sshoal_error *error)
{
	const char *fault = find_fault(name, n);
	if (!fault)
		return 0;
	int shown = n > SHOWN_MAX ? SHOWN_MAX : (int)n;
	return sshoal__error_set(error, SSHOAL_EFORMAT,
				 "\"%.*s\" is no name for a file: %s", shown,
				 n > 0 ? (const char *)name : "", fault);
}

int sshoal__landing_check_string(const char *name, sshoal_error *error)
{
	return sshoal__landing_check_name((const unsigned char *)name,
					  strlen(name), error);
}

int sshoal__landing_random_name(char other[LANDING_OTHER_SIZE])
{
	uint64_t number;
	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return EIO;
	(void)snprintf(other, LANDING_OTHER_SIZE, ".sshoal-%016" PRIx64,
		       number);
	return 0;
}

int sshoal__landing_part_name(char other[LANDING_OTHER_SIZE], const char *name)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	if (EVP_Digest(name, strlen(name), digest, NULL, EVP_sha256(), NULL) !=
	    1)
		return ENOMEM;
	uint64_t number = 0;
	for (size_t i = 0; i < sizeof number; i++)
		number = number << 8 | digest[i];
	(void)snprintf(other, LANDING_OTHER_SIZE, ".sshoal-%016" PRIx64 ".part",
		       number);
	return 0;
}
