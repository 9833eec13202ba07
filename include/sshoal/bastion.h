/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASTION_H
#define SSHOAL_BASTION_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A bastion (sshoal_bastion, declared in sshoal/client.h) is a connection with
 * a thread of its own that carries streams as socket descriptors: to hosts
 * behind it, and from ports that it listens on. Every call may be made from
 * any thread but sshoal_bastion_close(), which must be the last. It can be
 * given to clients (options.bastion), which keep it alive.
 */

/**
 * Connects and logs in, as sshoal_client_open() does, whose errors it has; the
 * options' callbacks are called inside this call only. keepalive_interval_ms
 * and max_channels do not matter here: a peer that is gone is found by TCP.
 */
SSHOAL_API int sshoal_bastion_open(sshoal_bastion **bastion,
				   const sshoal_client_options *options,
				   sshoal_error *error);

/**
 * Has the bastion connect to a host behind it (direct-tcpip, RFC 4254 section
 * 7.2).
 * @param host as the bastion shall look it up
 * @param timeout_ms -1: about a minute, after which no answer is waited for. A
 *        connection given up costs the others nothing
 * @param fd receives a connected stream socket, close-on-exec, that the caller
 *        closes
 * @return 0, SSHOAL_ECHANNEL (refused or not reachable: the text has the
 *         reason), SSHOAL_ETIMEOUT, SSHOAL_ELOST (the bastion is gone),
 *         SSHOAL_ECANCELLED (its cancel was triggered: it is over),
 *         SSHOAL_ELIMIT (200 are open), SSHOAL_EINVAL, SSHOAL_ELOCAL or
 *         SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_bastion_connect(sshoal_bastion *bastion, const char *host,
				      uint32_t port, int64_t timeout_ms,
				      int *fd, sshoal_error *error);

/**
 * Has the bastion listen (tcpip-forward, RFC 4254 section 7.1).
 * @param host the address there; NULL: what the server takes for the loopback
 *        addresses
 * @param port receives the port that listens there; the one asked for, or for
 *        0 one of the server's choice
 * Giving it up by its time limit loses the bastion. It listens until it is
 * closed; up to 16 connections to a port wait to be accepted.
 * @return 0, SSHOAL_ECHANNEL (refused), or as sshoal_bastion_connect().
 */
SSHOAL_API int sshoal_bastion_listen(sshoal_bastion *bastion, const char *host,
				     uint32_t *port, int64_t timeout_ms,
				     sshoal_error *error);

/**
 * Takes a connection that came to a port the bastion listens on.
 * @param port one that sshoal_bastion_listen() gave
 * @param fd as above
 * @return 0, SSHOAL_ETIMEOUT, SSHOAL_EINVAL (no such port), or as above.
 */
SSHOAL_API int sshoal_bastion_accept(sshoal_bastion *bastion, uint32_t port,
				     int64_t timeout_ms, int *fd,
				     sshoal_error *error);

/** Gives up the caller's reference. The last one ends the connection, and with
 * it every stream, and waits for its thread. NULL is ignored. */
SSHOAL_API void sshoal_bastion_close(sshoal_bastion *bastion);

#ifdef __cplusplus
}
#endif
#endif
