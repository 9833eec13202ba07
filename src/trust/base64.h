/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_BASE64_H
#define SSHOAL_TRUST_BASE64_H

#include <stddef.h>

/* Room that decoding n characters needs. */
#define BASE64_ROOM(n) ((n) / 4 * 3)

/* Decodes padded base64 without blanks (RFC 4648 section 4). out has
 * BASE64_ROOM(n) bytes. The number of bytes; 0 for nothing or what is not
 * base64. */
size_t sshoal__base64_decode(unsigned char *out, const char *text, size_t n);

#endif
