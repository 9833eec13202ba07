/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_TRUST_FIXTURE_H
#define TESTS_UNIT_TRUST_FIXTURE_H

#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "trust/trust.h"

/* A folder of its own for each test, and keys that need no ssh-keygen. */

struct folder {
	char path[64];
	char file[128]; /* its known_hosts */
};

static inline void folder_make(struct folder *folder)
{
	(void)snprintf(folder->path, sizeof folder->path,
		       "/tmp/sshoal-trust-XXXXXX");
	if (!mkdtemp(folder->path))
		fail_msg("%s: no folder", folder->path);
	(void)snprintf(folder->file, sizeof folder->file, "%s/known_hosts",
		       folder->path);
}

static inline int folder_remove_one(const char *path, const struct stat *status,
				    int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void folder_remove(const struct folder *folder)
{
	(void)nftw(folder->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes, or adds to, a file; bytes may hold NULs. */
static inline void put_bytes(const char *path, const char *mode,
			     const void *bytes, size_t n)
{
	FILE *file = fopen(path, mode);
	if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
		fail_msg("%s: not written", path);
}

__attribute__((format(printf, 3, 4))) static inline void
put(const char *path, const char *mode, const char *format, ...)
{
	char *text = NULL;
	va_list list;
	va_start(list, format);
	int n = vasprintf(&text, format, list);
	va_end(list);
	if (n < 0)
		fail_msg("out of memory");
	put_bytes(path, mode, text, (size_t)n);
	free(text);
}

/* The contents of a file, to be freed; "" where there is none. */
static inline char *contents(const char *path)
{
	size_t size = 0;
	char *text = calloc(1, 1);
	FILE *file = fopen(path, "re");
	while (file && text) {
		char *more = realloc(text, size + 4097);
		if (!more)
			break;
		text = more;
		size_t n = fread(text + size, 1, 4096, file);
		size += n;
		text[size] = '\0';
		if (n == 0)
			break;
	}
	if (file)
		(void)fclose(file);
	return text;
}

static inline size_t count_of(const char *text, const char *what)
{
	size_t count = 0;
	for (const char *at = strstr(text, what); at;
	     at = strstr(at + strlen(what), what))
		count++;
	return count;
}

struct key {
	unsigned char blob[4200];
	size_t size;
	char text[5700]; /* "type base64" */
};

static inline void key_put(struct key *key, const void *bytes, size_t n)
{
	unsigned char *at = key->blob + key->size;
	at[0] = 0;
	at[1] = 0;
	at[2] = (unsigned char)(n >> 8);
	at[3] = (unsigned char)n;
	memcpy(at + 4, bytes, n);
	key->size += n + 4;
}

static inline void key_finish(struct key *key, const char *type)
{
	int n = snprintf(key->text, sizeof key->text, "%s ", type);
	(void)EVP_EncodeBlock((unsigned char *)key->text + n, key->blob,
			      (int)key->size);
}

/* A key that is well-formed, and another for each number. */
static inline void key_make(struct key *key, const char *type, uint32_t number)
{
	unsigned char bytes[2049];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(number >> i % 4 * 8 ^ i * 37);
	key->size = 0;
	key_put(key, type, strlen(type));
	if (strcmp(type, "ssh-ed25519") == 0) {
		key_put(key, bytes, 32);
	} else if (strncmp(type, "ecdsa-sha2-", 11) == 0) {
		bytes[0] = 4;
		key_put(key, type + 11, strlen(type + 11));
		key_put(key, bytes, 65);
	} else {
		bytes[0] = 0;
		key_put(key, "\1\0\1", 3);
		key_put(key, bytes, number % 2 ? 257 : 2049);
	}
	key_finish(key, type);
}

static inline struct key ed25519(uint32_t number)
{
	struct key key;
	key_make(&key, "ssh-ed25519", number);
	return key;
}

static inline struct trust *load(const char *path)
{
	struct trust *trust = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal__trust_load(&trust, &path, 1, NULL, NULL, &error) != 0)
		fail_msg("%s: %s", path, error.text);
	return trust;
}

/* A check whose text and report are not looked at. */
static inline int check(struct trust *trust, const char *host, uint32_t port,
			const struct key *key, uint32_t policy)
{
	bool added = false;
	return sshoal__trust_check(trust, host, port, key->blob, key->size,
				   policy, &added, NULL);
}

#define STRICT SSHOAL_HOST_KEY_STRICT
#define ACCEPT_NEW SSHOAL_HOST_KEY_ACCEPT_NEW
#define OFF SSHOAL_HOST_KEY_OFF

#endif
