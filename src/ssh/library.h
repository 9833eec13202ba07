/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_LIBRARY_H
#define SSHOAL_SSH_LIBRARY_H

#include <stdbool.h>

/* Starts libssh2 and OpenSSL once in the process; any thread, any number of
 * times. 0 or SSHOAL_ENOMEM. */
int sshoal__library_start(void);

/* Whether the libssh2 that runs is 1.10, which signs with RSA keys by SHA-1
 * only. */
bool sshoal__library_is_1_10(void);

#endif
