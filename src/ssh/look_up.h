/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_LOOK_UP_H
#define SSHOAL_SSH_LOOK_UP_H

#include "ssh/resolve.h"

/* Turns one host into addresses of a family, AF_UNSPEC for any, and waits for
 * that. 0, SSHOAL_EDNS,
 * SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, SSHOAL_ELOCAL or SSHOAL_ENOMEM. */
int sshoal__look_up(struct addresses *addresses, const char *host, int family,
		    int64_t deadline_ms, int cancel_fd, sshoal_error *error);

#endif
