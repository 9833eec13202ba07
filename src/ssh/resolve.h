/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_RESOLVE_H
#define SSHOAL_SSH_RESOLVE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <sshoal/error.h>

/* How many addresses of one name are kept. */
#define ADDRESSES_MAX 8

/* The addresses of one name in the order they are tried. */
struct addresses {
	struct address {
		union {
			struct sockaddr any;
			struct sockaddr_in v4;
			struct sockaddr_in6 v6;
		}; /* the port is not set */
		socklen_t size;
	} list[ADDRESSES_MAX];
	size_t count;
};

/* Room for a numeric address with a scope. */
#define ADDRESS_TEXT_MAX 80

/* Writes an address in digits, without its port. */
void sshoal__address_text(char out[ADDRESS_TEXT_MAX],
			  const struct address *address);

/* Takes an address in digits without asking anybody; false for a name.
 * addresses is written only when true. */
bool sshoal__resolve_numeric(struct addresses *addresses, const char *host);

/* Whether addresses are of a family; AF_UNSPEC: any. */
bool sshoal__addresses_are(const struct addresses *addresses, int family);

/*
 * Looks names up, each on a thread of its own (at most RESOLVER_THREADS, or
 * what is asked for), since a look-up cannot be stopped: one that takes too
 * long is left behind.
 */
struct resolver;
struct lookup;

#define RESOLVER_THREADS 256

/* Called on the look-up's thread when it is over and was not abandoned. */
typedef void lookup_done_fn(struct lookup *lookup, void *data);

int sshoal__resolver_new(struct resolver **resolver, uint32_t threads,
			 sshoal_error *error);

/* Starts a look-up for addresses of a family, AF_UNSPEC for any; host is
 * copied. 0, SSHOAL_ELOCAL or SSHOAL_ENOMEM. */
int sshoal__lookup_start(struct lookup **lookup, struct resolver *resolver,
			 const char *host, int family, lookup_done_fn *done,
			 void *data);

/* When a thread took it up, on the clock of base/clock.h; 0 while it waits. */
int64_t sshoal__lookup_started_ms(const struct lookup *lookup);

/* Gives it up: false when it is over already, and done has been or is being
 * called. */
bool sshoal__lookup_abandon(struct resolver *resolver, struct lookup *lookup);

/* What a finished look-up found: 0 with addresses, or SSHOAL_EDNS,
 * SSHOAL_ENOMEM, SSHOAL_ELOCAL with a text. */
int sshoal__lookup_result(const struct lookup *lookup,
			  const struct addresses **addresses,
			  const char **text);

/* Gives up the caller's reference; NULL is ignored. */
void sshoal__lookup_free(struct lookup *lookup);

/* Ends the idle threads; every look-up must be over or abandoned. */
void sshoal__resolver_free(struct resolver *resolver);

#endif
