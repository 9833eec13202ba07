/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_WAIT_H
#define SSHOAL_BASE_WAIT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/* How many descriptors one wait takes besides the cancel's. */
#define WAIT_MAX 15

/*
 * The only poll() of the library: waits until a descriptor is ready, the
 * deadline comes, or the cancel descriptor is readable. Entries with a
 * negative descriptor are skipped; revents are written for all.
 *
 * cancel_fd: -1 for none. Returns the number of ready descriptors (more than
 * 0), SSHOAL_ECANCELLED (also when others are ready too), SSHOAL_ETIMEOUT, or
 * SSHOAL_ELOCAL / SSHOAL_ENOMEM when the system refuses. A signal does not
 * end a wait.
 */
int sshoal__wait_any(struct pollfd *fds, size_t count, int64_t deadline_ms,
		     int cancel_fd);

/* The same for any number of descriptors; who wants to be woken has one of
 * them. */
int sshoal__wait_many(struct pollfd *fds, size_t count, int64_t deadline_ms);

#endif
