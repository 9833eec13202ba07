/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PUBLICKEY_H
#define SSHOAL_SSH_PUBLICKEY_H

#include <stdint.h>

#include "ssh/login.h"

/* One key to offer: ours, or one of the agent's. */
struct identity {
	const sshoal_key *key; /* NULL: agent_key */
	const struct agent_key *agent_key;
	const struct agent_keys *agent;
};

/* The public key as SSH sends it. */
const unsigned char *sshoal__identity_blob(const struct identity *identity,
					   size_t *size_bytes);

/*
 * Offers one key and signs if the server takes it. 0: logged in; SSHOAL_EAUTH:
 * refused, the session goes on (error says why where it is not the server's
 * plain refusal); other codes as sshoal__session_login().
 */
int sshoal__publickey_try(struct session *session, const char *user,
			  const struct identity *identity, int64_t deadline_ms,
			  sshoal_error *error);

#endif
