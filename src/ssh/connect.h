/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_CONNECT_H
#define SSHOAL_SSH_CONNECT_H

#include <stdint.h>

#include <sshoal/error.h>

#include "ssh/resolve.h"

/*
 * Connects to the first address that answers. They are tried in order; the
 * next one is tried when the one before failed or 250 ms after it was begun
 * (RFC 8305). The socket is non-blocking, close-on-exec, without Nagle's
 * delay, and finds a dead peer by itself.
 *
 * from: the address to connect from, NULL for any; addresses of another family
 * are passed over. tried: the address connected to, or the last that failed.
 * 0, SSHOAL_EREFUSED, SSHOAL_EUNREACHABLE, SSHOAL_EBUSY (reset at once),
 * SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, SSHOAL_ELOCAL; the text does not name
 * the host.
 */
int sshoal__connect(int *fd, char tried[ADDRESS_TEXT_MAX],
		    const struct addresses *addresses,
		    const struct address *from, uint16_t port,
		    int64_t deadline_ms, int cancel_fd, sshoal_error *error);

#endif
