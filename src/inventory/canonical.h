/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CANONICAL_H
#define SSHOAL_INVENTORY_CANONICAL_H

#include <netdb.h>
#include <stdatomic.h>
#include <stdint.h>

#include <sshoal/error.h>

/* How long one question to the name server may take. */
#define CANONICAL_MS 10000

/* A question about a name. */
struct canonical_query {
	const char *host;
	int family;         /* AF_UNSPEC: any */
	int64_t timeout_ms; /* CANONICAL_MS, but for tests */
	int cancel_fd;      /* -1: none */
	atomic_uint *late;  /* how many in a row had no answer in time: with
			       CANONICAL_LATE of them nobody asks any more */
};

#define CANONICAL_LATE 8

/*
 * Asks the system for a name and the one it is an alias of, "" where it tells
 * none. A look-up that takes too long is left behind. 0, SSHOAL_EDNS (there is
 * no such name, or nobody knows), SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED,
 * SSHOAL_ELOCAL or SSHOAL_ENOMEM.
 */
int sshoal__canonical_ask(char canonical[NI_MAXHOST],
			  const struct canonical_query *query,
			  sshoal_error *error);

#endif
