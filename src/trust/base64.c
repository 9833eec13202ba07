/* SPDX-License-Identifier: MIT */
#include "trust/base64.h"

#include <limits.h>
#include <stdbool.h>

#include <openssl/evp.h>

/* OpenSSL's decoder, which lets blanks and dashes pass at the ends and counts
 * the padding as data: both are put right here. */

static bool is_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/';
}

size_t sshoal__base64_decode(unsigned char *out, const char *text, size_t n)
{
	if (n == 0 || n % 4 != 0 || n > INT_MAX)
		return 0;
	size_t padding = 0;
	while (padding < 2 && text[n - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < n - padding; i++)
		if (!is_digit(text[i]))
			return 0;
	int size = EVP_DecodeBlock(out, (const unsigned char *)text, (int)n);
	return size < 0 ? 0 : (size_t)size - padding;
}
