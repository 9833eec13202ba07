/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_UTF8_H
#define SSHOAL_REPORT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether bytes are well-formed UTF-8 (RFC 3629), whole characters only. */
bool sshoal__utf8_is_valid(const char *bytes, size_t size_bytes);

/* The largest length up to size_bytes that does not end inside a character.
 * Bytes that are no UTF-8 count as characters; never 0 for what is not. */
size_t sshoal__utf8_cut(const char *bytes, size_t size_bytes);

#endif
