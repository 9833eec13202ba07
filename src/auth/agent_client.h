/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_AGENT_CLIENT_H
#define SSHOAL_AUTH_AGENT_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "base/buffer.h"

/* A connection to an ssh-agent (draft-ietf-sshm-ssh-agent). One thread. After
 * a call that failed for another reason than the agent's refusal it may be
 * over: the calls that follow return SSHOAL_ECLOSED. */
struct agent;

/* One public key the agent can sign with. */
struct agent_key {
	unsigned char *blob; /* as SSH sends it */
	size_t blob_size;
	char *comment; /* free of control characters */
};

/*
 * Connects to the agent's socket. path NULL: $SSH_AUTH_SOCK. Every call below
 * is limited by its deadline and by cancel_fd (-1: none).
 * 0, SSHOAL_ENOENT (no variable, no socket), SSHOAL_EACCESS, SSHOAL_ETIMEOUT,
 * SSHOAL_ECANCELLED, SSHOAL_ELOCAL, SSHOAL_ENOMEM.
 */
int sshoal__agent_open(struct agent **agent, const char *path,
		       int64_t deadline_ms, int cancel_fd, sshoal_error *error);

/*
 * The agent's keys in its order, at most 4096, to be freed by
 * sshoal__agent_keys_free(). SSHOAL_EPROTOCOL for a reply that is none;
 * replies over 256 KiB are refused before they are read. SSHOAL_EIO when the
 * agent closes the connection. Keys whose blob is not sound are left out.
 */
int sshoal__agent_keys(struct agent *agent, struct agent_key **keys,
		       size_t *count, int64_t deadline_ms, int cancel_fd,
		       sshoal_error *error);
void sshoal__agent_keys_free(struct agent_key *keys, size_t count);

/*
 * Has the agent sign data. The flags follow the algorithm (rsa-sha2-512: 4,
 * rsa-sha2-256: 2, else 0). Appends the bare signature: what follows the
 * algorithm's name in the agent's answer, whose name must be the one asked.
 * SSHOAL_EAUTH when the agent refuses, SSHOAL_EPROTOCOL for a wrong answer,
 * SSHOAL_EIO when it closes the connection, SSHOAL_ELIMIT for too much data.
 */
int sshoal__agent_sign(struct agent *agent, const struct agent_key *key,
		       const char *algorithm, const void *data,
		       size_t size_bytes, struct buffer *signature,
		       int64_t deadline_ms, int cancel_fd, sshoal_error *error);

void sshoal__agent_close(struct agent *agent);

#endif
