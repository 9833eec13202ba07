/* SPDX-License-Identifier: MIT */
#include <sshoal/key.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "auth/comment.h"
#include "auth/key_object.h"

/* A public key as people see it: its fingerprints and its line. */

#define MD5_SIZE 16

int sshoal_key_fingerprint(const sshoal_key *key, char *out, size_t size_bytes)
{
	if (!key || !out || size_bytes < sizeof key->fingerprint)
		return SSHOAL_EINVAL;
	memcpy(out, key->fingerprint, sizeof key->fingerprint);
	return 0;
}

static bool make_md5(const sshoal_key *key, unsigned char digest[MD5_SIZE])
{
	size_t n = 0;
	(void)ERR_set_mark();
	int done =
		EVP_Q_digest(NULL, "MD5", NULL, sshoal__buffer_data(&key->blob),
			     sshoal__buffer_size(&key->blob), digest, &n);
	(void)ERR_pop_to_mark();
	return done == 1 && n == MD5_SIZE;
}

int sshoal_key_fingerprint_md5(const sshoal_key *key, char *out,
			       size_t size_bytes)
{
	if (!key || !out || size_bytes < SSHOAL_KEY_FINGERPRINT_MD5_SIZE)
		return SSHOAL_EINVAL;
	unsigned char digest[MD5_SIZE];
	if (!make_md5(key, digest))
		return SSHOAL_EUNSUPPORTED;
	memcpy(out, "MD5", 3);
	for (size_t i = 0; i < MD5_SIZE; i++)
		(void)snprintf(out + 3 + 3 * i, 4, ":%02x", digest[i]);
	return 0;
}

int sshoal__public_line(char **line, const char *type_name,
			const unsigned char *blob, size_t size,
			const char *comment)
{
	size_t name_size = strlen(type_name);
	size_t digits_size = (size + 2) / 3 * 4;
	size_t comment_size = strlen(comment);
	char *text = malloc(name_size + 1 + digits_size + 1 + comment_size + 1);
	if (!text)
		return SSHOAL_ENOMEM;
	memcpy(text, type_name, name_size);
	text[name_size] = ' ';
	char *at = text + name_size + 1;
	(void)EVP_EncodeBlock((unsigned char *)at, blob, (int)size);
	if (comment_size > 0) {
		at += digits_size;
		*at++ = ' ';
		memcpy(at, comment, comment_size + 1);
	}
	*line = text;
	return 0;
}

int sshoal_key_public_line(const sshoal_key *key, char **line)
{
	return sshoal_key_public_line_with_comment(key, "", line);
}

int sshoal_key_public_line_with_comment(const sshoal_key *key,
					const char *comment, char **line)
{
	if (!key || !line)
		return SSHOAL_EINVAL;
	if (!comment)
		comment = sshoal_key_comment(key);
	if (!sshoal__comment_is_clean(comment))
		return SSHOAL_EINVAL;
	return sshoal__public_line(line, key->type_name,
				   sshoal__buffer_data(&key->blob),
				   sshoal__buffer_size(&key->blob), comment);
}
