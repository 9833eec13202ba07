/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TUNNEL_H
#define SSHOAL_TUNNEL_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A stream from the host of a client to another one: a direct-tcpip channel
 * (RFC 4254 section 7.2). It is used by the client's thread: every call on it
 * may move bytes of everything on the same client. What is not read is kept as
 * a command's output is, up to 1 GiB; the rest waits at the other end. Tunnels
 * do not count among max_channels. Where a descriptor is wanted, see
 * sshoal/bastion.h.
 */
typedef struct sshoal_tunnel sshoal_tunnel;

/**
 * Has the client's host connect to another one; it has a minute. Giving that
 * up loses the client, as with sshoal_command_start().
 * @param host as the client's host shall look it up
 * @return 0, SSHOAL_ECHANNEL (refused, or the other host cannot be reached:
 *         the text has the server's reason), SSHOAL_ETIMEOUT, SSHOAL_ELOST,
 *         SSHOAL_ECANCELLED, SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_tunnel_open(sshoal_tunnel **tunnel, sshoal_client *client,
				  const char *host, uint32_t port,
				  sshoal_error *error);

/** Reads, waiting until something comes. @return as sshoal_command_read(). */
SSHOAL_API int64_t sshoal_tunnel_read(sshoal_tunnel *tunnel, void *buffer,
				      size_t size_bytes, int64_t timeout_ms);

/** Writes. @return as sshoal_command_write(). */
SSHOAL_API int64_t sshoal_tunnel_write(sshoal_tunnel *tunnel, const void *data,
				       size_t size_bytes, int64_t timeout_ms);

/** Tells the other end that nothing more will be written.
 * @return 0, SSHOAL_EINVAL, SSHOAL_ELOST or SSHOAL_ECLOSED. */
SSHOAL_API int sshoal_tunnel_close_write(sshoal_tunnel *tunnel);

/** What the last failing call on the tunnel met; valid until the next one. */
SSHOAL_API const char *sshoal_tunnel_error_text(const sshoal_tunnel *tunnel);

/** Closes and frees a tunnel. Never waits. NULL is ignored. */
SSHOAL_API void sshoal_tunnel_close(sshoal_tunnel *tunnel);

#ifdef __cplusplus
}
#endif
#endif
