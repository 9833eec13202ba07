/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_IDENTITY_H
#define SSHOAL_SSH_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/key.h>

#include "ssh/agent_keys.h"

/* What follows a key's algorithm in that of its certificate. */
#define CERTIFICATE_SUFFIX "-cert-v01@openssh.com"

/* Something to log in with: a key of ours or of the agent's, and perhaps a
 * certificate for it. Everything is borrowed. */
struct identity {
	const sshoal_key *key; /* NULL: agent_key */
	const struct agent_key *agent_key;
	const struct agent_keys *agent;
	const sshoal_key *certified; /* has the certificate to offer in the
					place of the key; NULL: none */
};

/* What is offered: the certificate, else the public key as SSH sends it. */
const unsigned char *sshoal__identity_blob(const struct identity *identity,
					   size_t *size_bytes);

/* Whether what is offered is a certificate, also one of the agent's. */
bool sshoal__identity_is_certificate(const struct identity *identity);

/* Whether a list as PubkeyAcceptedAlgorithms has it allows one of its
 * algorithms. */
bool sshoal__identity_is_accepted(const struct identity *identity,
				  const char *list);

#endif
