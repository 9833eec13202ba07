/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PUBLICKEY_H
#define SSHOAL_SSH_PUBLICKEY_H

#include <stdint.h>

#include <sshoal/error.h>

#include "ssh/identity.h"
#include "ssh/session.h"

/*
 * Offers one key or certificate and signs if the server takes it. algorithms
 * limits the choice as PubkeyAcceptedAlgorithms does; NULL: it does not.
 * 0: logged in; SSHOAL_EAUTH: refused, the session goes on (error says why
 * where it is not the server's plain refusal); other codes as
 * sshoal__session_login().
 */
int sshoal__publickey_try(struct session *session, const char *user,
			  const struct identity *identity,
			  const char *algorithms, int64_t deadline_ms,
			  sshoal_error *error);

#endif
