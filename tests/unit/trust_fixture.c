/* SPDX-License-Identifier: MIT */
#include "unit/trust_fixture.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

/* A folder of its own for each test, and keys that need no ssh-keygen. */

int folder_setup(void **state)
{
	struct folder *folder = calloc(1, sizeof *folder);
	if (!folder)
		return -1;
	(void)snprintf(folder->path, sizeof folder->path,
		       "/tmp/sshoal-trust-XXXXXX");
	if (!mkdtemp(folder->path)) {
		free(folder);
		return -1;
	}
	(void)snprintf(folder->file, sizeof folder->file, "%s/known_hosts",
		       folder->path);
	*state = folder;
	return 0;
}

static int folder_remove_one(const char *path, const struct stat *status,
			     int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

int folder_teardown(void **state)
{
	struct folder *folder = *state;
	int rc = nftw(folder->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(folder);
	return rc;
}

void put_bytes(const char *path, const char *mode, const void *bytes, size_t n)
{
	FILE *file = fopen(path, mode);
	if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
		fail_msg("%s: not written", path);
}

void put(const char *path, const char *mode, const char *format, ...)
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

char *contents(const char *path)
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

void expect_contents(const struct folder *folder, const char *format, ...)
{
	char *expected = NULL;
	va_list list;
	va_start(list, format);
	assert_true(vasprintf(&expected, format, list) >= 0);
	va_end(list);
	char *text = contents(folder->file);
	assert_string_equal(text, expected);
	free(text);
	free(expected);
}

size_t count_of(const char *text, const char *what)
{
	size_t count = 0;
	for (const char *at = strstr(text, what); at;
	     at = strstr(at + strlen(what), what))
		count++;
	return count;
}

char *run(int *status, const char *format, ...)
{
	char command[1024];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(command, sizeof command, format, list);
	va_end(list);
	FILE *pipe = popen(command, "re");
	if (!pipe)
		fail_msg("%s: does not run", command);
	char *text = calloc(1, 65536);
	if (!text)
		fail_msg("out of memory");
	(void)!fread(text, 1, 65535, pipe);
	*status = pclose(pipe);
	return text;
}

static void key_put(struct key *key, const void *bytes, size_t n)
{
	unsigned char *at = key->blob + key->size;
	at[0] = 0;
	at[1] = 0;
	at[2] = (unsigned char)(n >> 8);
	at[3] = (unsigned char)n;
	memcpy(at + 4, bytes, n);
	key->size += n + 4;
}

static void key_finish(struct key *key, const char *type)
{
	int n = snprintf(key->text, sizeof key->text, "%s ", type);
	(void)EVP_EncodeBlock((unsigned char *)key->text + n, key->blob,
			      (int)key->size);
}

void key_make(struct key *key, const char *type, uint32_t number)
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

struct key ed25519(uint32_t number)
{
	struct key key;
	key_make(&key, "ssh-ed25519", number);
	return key;
}

struct trust *load(const char *path)
{
	struct trust *trust = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal__trust_load(&trust, &path, 1, NULL, NULL, &error) != 0)
		fail_msg("%s: %s", path, error.text);
	return trust;
}

static void collect(const char *text, void *data)
{
	struct warnings *warnings = data;
	size_t n = strlen(warnings->text);
	(void)snprintf(warnings->text + n, sizeof warnings->text - n, "%s\n",
		       text);
}

struct trust *load_warned(const char *path, struct warnings *warnings)
{
	struct trust *trust = NULL;
	warnings->text[0] = '\0';
	assert_int_equal(
		sshoal__trust_load(&trust, &path, 1, collect, warnings, NULL),
		0);
	return trust;
}

int check(struct trust *trust, const char *host, uint32_t port,
	  const struct key *key, uint32_t policy)
{
	bool added = false;
	return sshoal__trust_check(trust, host, port, key->blob, key->size,
				   policy, &added, NULL);
}

void expect(struct trust *trust, const char *host, const struct key *key,
	    int rc, bool is_added)
{
	bool added = !is_added;
	sshoal_error error = { .text = "" };
	int got = sshoal__trust_check(trust, host, 22, key->blob, key->size,
				      ACCEPT_NEW, &added, &error);
	if (got != rc)
		fail_msg("%s: %s, not %s: %s", host, sshoal_error_name(got),
			 sshoal_error_name(rc), error.text);
	if (rc == 0)
		assert_int_equal(added, is_added);
	else
		assert_int_equal(error.code, rc);
}
