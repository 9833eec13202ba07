/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_HELLO_H
#define SSHOAL_SSH_HELLO_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads what a server sent in the clear before the key exchange, to say why it
 * failed: libssh2 has one code for every reason.
 */

/* The first line, made harmless; "" when nothing came. */
void sshoal__hello_line(char *out, size_t out_size, const void *bytes,
			size_t n);

/* Whether a line before the banner says that too many logins are under way. */
bool sshoal__hello_is_busy(const void *bytes, size_t n);

/* "key exchange A,B; host keys C,D; ciphers E; macs F" of the server's first
 * KEXINIT (RFC 4253 section 7.1), made harmless; false when there is none. */
bool sshoal__hello_offer(char *out, size_t out_size, const void *bytes,
			 size_t n);

/* The host key algorithms of that KEXINIT, a comma list; false when there is
 * none or it does not fit. */
bool sshoal__hello_host_keys(char *out, size_t out_size, const void *bytes,
			     size_t n);

#endif
