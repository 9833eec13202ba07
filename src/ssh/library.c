/* SPDX-License-Identifier: MIT */
#include "ssh/library.h"

#include <pthread.h>
#include <string.h>

#include <libssh2.h>
#include <openssl/crypto.h>
#include <zlib.h>

#include <sshoal/version.h>

#include "base/error.h"
#include "ssh/keystream.h"

/*
 * libssh2_init() is not safe against itself, so it runs under pthread_once;
 * libssh2_exit() never runs, since another user of libssh2 may live in the
 * same process.
 */

static pthread_once_t started = PTHREAD_ONCE_INIT;
static int start_code;

static void start(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_ADD_ALL_CIPHERS |
					OPENSSL_INIT_ADD_ALL_DIGESTS |
					OPENSSL_INIT_NO_ATEXIT,
				NULL) != 1 ||
	    libssh2_init(0) != 0)
		start_code = SSHOAL_ENOMEM;
	else
		sshoal__keystream_start();
}

int sshoal__library_start(void)
{
	(void)pthread_once(&started, start);
	return start_code;
}

bool sshoal__library_is_1_10(void)
{
	return libssh2_version(0x010b00) == NULL;
}

const char *sshoal_version_of(const char *library)
{
	if (!library)
		return NULL;
	if (strcmp(library, "libssh2") == 0)
		return libssh2_version(0);
	if (strcmp(library, "openssl") == 0)
		return OpenSSL_version(OPENSSL_VERSION_STRING);
	if (strcmp(library, "zlib") == 0)
		return zlibVersion();
	return NULL;
}
