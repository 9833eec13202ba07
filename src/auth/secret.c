/* SPDX-License-Identifier: MIT */
#include "auth/secret.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include <sshoal/secret.h>

#include "auth/private_file.h"
#include "base/error.h"

/* A secret is text from a file of its own. No error shows any of it. */

#define SECRET_MAX 4096

/* How long the program that writes into a pipe may take. */
#define PIPE_TIMEOUT_MS 10000

static size_t first_line(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n);
	if (!end)
		return n;
	size_t length = (size_t)(end - text);
	return length > 0 && end[-1] == '\r' ? length - 1 : length;
}

static int take_secret(char **secret, const struct private_file *file,
		       sshoal_error *error)
{
	int rc = sshoal__private_file_check(file, error);
	if (rc)
		return rc;
	size_t n = sshoal__buffer_size(&file->contents);
	const char *text = (const char *)sshoal__buffer_data(&file->contents);
	if (n > 0 && memchr(text, '\0', n))
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%s: has a NUL byte, so it is no text",
					 file->path);
	size_t length = n > 0 ? first_line(text, n) : 0;
	if (length == 0)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%s: the first line is empty",
					 file->path);
	char *copy = malloc(length + 1);
	if (!copy)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	memcpy(copy, text, length);
	copy[length] = '\0';
	*secret = copy;
	return 0;
}

int sshoal__secret_load(char **secret, const char *path, int cancel_fd,
			sshoal_error *error)
{
	struct private_file file;
	int rc = sshoal__private_file_read(&file, path, SECRET_MAX,
					   PIPE_TIMEOUT_MS, cancel_fd, error);
	if (rc)
		return rc;
	rc = take_secret(secret, &file, error);
	sshoal__private_file_fini(&file);
	return rc;
}

int sshoal_secret_load_file(char **secret, const char *path,
			    sshoal_error *error)
{
	if (!secret || !path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	return sshoal__secret_load(secret, path, -1, error);
}

void sshoal_secret_free(char *secret)
{
	if (!secret)
		return;
	OPENSSL_cleanse(secret, strlen(secret));
	free(secret);
}
