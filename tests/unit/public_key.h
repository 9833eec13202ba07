/* SPDX-License-Identifier: MIT */
#ifndef UNIT_PUBLIC_KEY_H
#define UNIT_PUBLIC_KEY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a bare signature is right, by a public line such as ssh-keygen
 * writes into a .pub file. Shares no code with the library's keys.
 */
bool public_key_verifies(const char *line, const char *algorithm,
			 const void *data, size_t n,
			 const unsigned char *signature, size_t signature_n);

/* Decodes the blob of a public line, whose room must suffice. */
size_t public_key_blob(const char *line, unsigned char *blob, size_t room);

#endif
