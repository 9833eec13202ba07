/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_METHODS_H
#define SSHOAL_SSH_METHODS_H

#include <stdbool.h>
#include <stdint.h>

#include <libssh2.h>

#include "ssh/algorithms.h"

/*
 * Sets which algorithms a session offers; before its handshake. kinds: the
 * TRUST_ kinds of host keys on file for the host, 0 for none. algorithms: NULL
 * for the usual ones. 0; SSHOAL_EPROTOCOL when libssh2 speaks none of the kinds
 * on file; SSHOAL_EUNSUPPORTED when none of them is among the algorithms that
 * are wanted; SSHOAL_ENOMEM.
 */
int sshoal__methods_set(LIBSSH2_SESSION *ssh, uint32_t kinds,
			const struct algorithms *algorithms);

/* Whether a server's list of host key algorithms has one of some kinds, be it
 * one that this libssh2 speaks or not. */
bool sshoal__methods_offers(const char *list, uint32_t kinds);

/* Which TRUST_ kinds of host keys both that list and this libssh2 have. */
uint32_t sshoal__methods_common(LIBSSH2_SESSION *ssh, const char *list);

#endif
