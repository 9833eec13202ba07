/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TEXT_H
#define SSHOAL_TEXT_H

#include <stddef.h>

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes bytes from a host harmless for a terminal. Printable UTF-8, newline
 * and tab stay; other control characters (C0, DEL, C1, bidirectional and line
 * separators) and bytes that are not UTF-8 become visible: \r, \x1b, \u202e.
 * Never splits a character: bytes of one that may go on after the end are
 * written as they would be if it ended there.
 *
 * @param out receives at most size_bytes bytes including a final NUL; may be
 *        NULL with size_bytes 0 to measure
 * @return the length of the whole result without the NUL, like snprintf
 */
SSHOAL_API size_t sshoal_text_escape(char *out, size_t size_bytes,
				     const void *text, size_t text_bytes);

#ifdef __cplusplus
}
#endif
#endif
