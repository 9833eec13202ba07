/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AGENT_H
#define SSHOAL_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>
#include <sshoal/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A connection to an ssh-agent (draft-ietf-sshm-ssh-agent), which keeps private
 * keys and signs with them, and the list of its keys. One thread at a time.
 * Time limits are in milliseconds: 0 does not wait, -1 is for ever.
 */
typedef struct sshoal_agent sshoal_agent;

/**
 * Connects to an agent and reads the list of its keys.
 * @param path its socket; NULL: $SSH_AUTH_SOCK
 * @param timeout_ms for both together
 * @return 0, SSHOAL_ENOENT (no variable, no socket, no agent there),
 *         SSHOAL_EACCESS, SSHOAL_ETIMEOUT, SSHOAL_EPROTOCOL (an answer that is
 *         none), SSHOAL_EIO (it closed the connection), SSHOAL_ELOCAL,
 *         SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_agent_open(sshoal_agent **agent, const char *path,
				 int64_t timeout_ms, sshoal_error *error);

/**
 * Reads the list anew. After a failure it is the one from before.
 * @return as sshoal_agent_open(), and SSHOAL_ECLOSED when an earlier failure
 *         ended the connection.
 */
SSHOAL_API int sshoal_agent_reload(sshoal_agent *agent, int64_t timeout_ms,
				   sshoal_error *error);

/** How many keys it has, at most 4096; 0 for NULL. */
SSHOAL_API size_t sshoal_agent_key_count(const sshoal_agent *agent);

/**
 * One of its keys, as a public key alone with the agent's comment: what
 * sshoal/key.h has for such keys works on it. A certificate that the agent has
 * is a key with that certificate attached (sshoal/certificate.h).
 * @return a key that is valid until the list is read anew or the agent closed;
 *         sshoal_key_ref() makes it stay. NULL past the last.
 */
SSHOAL_API sshoal_key *sshoal_agent_key(const sshoal_agent *agent,
					size_t index);

/**
 * Has the agent sign data. The agent may ask its user first: let it have time.
 *
 * @param index of the key
 * @param algorithm as for sshoal_key_sign(); NULL: the best of this key
 * @param signature receives memory for free(3): SSH's signature blob
 * @return 0, SSHOAL_EAUTH (it refuses, or has not that key any more),
 *         SSHOAL_EINVAL (NULL, no such index), SSHOAL_EUNSUPPORTED (the
 *         algorithm is not of this key, or the key of a type we do not have),
 *         SSHOAL_ELIMIT (more than 256 KiB of data), SSHOAL_ETIMEOUT,
 *         SSHOAL_EPROTOCOL, SSHOAL_EIO, SSHOAL_ECLOSED (an earlier failure
 *         ended the connection: open another) or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_agent_sign(sshoal_agent *agent, size_t index,
				 const char *algorithm, const void *data,
				 size_t size_bytes, unsigned char **signature,
				 size_t *signature_bytes, int64_t timeout_ms,
				 sshoal_error *error);

/** Ends the connection and frees all. NULL is ignored. */
SSHOAL_API void sshoal_agent_close(sshoal_agent *agent);

#ifdef __cplusplus
}
#endif
#endif
