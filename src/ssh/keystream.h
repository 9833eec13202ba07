/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_KEYSTREAM_H
#define SSHOAL_SSH_KEYSTREAM_H

#include <openssl/types.h>

/*
 * libssh2 encrypts 16 bytes at a call, for which OpenSSL's way to AES costs
 * several times what AES does. In counter mode (RFC 4344 section 4) what is
 * combined with the bytes depends on none of them, so it can be made many
 * blocks at a time, by OpenSSL itself. Here it is as a provider of OpenSSL
 * (provider-cipher(7)), which only ciphers that are made between _enter() and
 * _leave() come from. Keys exchanged anew later get OpenSSL's own again, which
 * are slower and no different otherwise.
 */

/* Makes what the two need, once in the process. Where memory is refused, or
 * the system allows approved modules only, they do nothing. */
void sshoal__keystream_start(void);

/* From here on this thread's new ciphers are fast ones. Returns what _leave()
 * needs. */
OSSL_LIB_CTX *sshoal__keystream_enter(void);
void sshoal__keystream_leave(OSSL_LIB_CTX *before);

#endif
