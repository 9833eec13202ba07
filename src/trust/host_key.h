/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_HOST_KEY_H
#define SSHOAL_TRUST_HOST_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a type's name (RFC 4251 section 6: at most 64) and a NUL. */
#define HOST_KEY_TYPE_SIZE 65

/* Room for what sshoal__host_key_describe() writes. */
#define HOST_KEY_TEXT_SIZE 128

/* Which of the TRUST_ kinds a type's name is. */
uint32_t sshoal__host_key_kind(const char *type);

/* Whether a blob is a public key as its type wants it (RFC 4253 6.6, RFC 5656
 * 3.1, RFC 8709); of types that are not spoken only the name is looked at. */
bool sshoal__host_key_is_sound(const unsigned char *key, size_t key_size);

/* "ED25519 SHA256:...", with the name that ssh-keygen -l shows. */
void sshoal__host_key_describe(char out[HOST_KEY_TEXT_SIZE],
			       const unsigned char *key, size_t key_size);

#endif
