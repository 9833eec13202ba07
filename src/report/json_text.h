/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JSON_TEXT_H
#define SSHOAL_REPORT_JSON_TEXT_H

#include <stddef.h>

#include "report/console.h"

/* Write to standard output what stands between the quotes of a JSON string.
 * 0 or SSHOAL_EIO. */

/* UTF-8; what JSON forbids in a string (RFC 8259) is escaped, and so are the
 * other control characters, since a terminal may be what reads it. */
int sshoal__json_text_write(struct console *console, const char *bytes,
			    size_t size_bytes);

/* Any bytes, in base64 (RFC 4648). */
int sshoal__json_text_write_base64(struct console *console, const char *bytes,
				   size_t size_bytes);

/* The same into a text of BASE64_SIZE(size_bytes). */
#define BASE64_SIZE(size_bytes) (((size_bytes) + 2) / 3 * 4 + 1)
void sshoal__json_text_base64(char *text, const char *bytes, size_t size_bytes);

#endif
