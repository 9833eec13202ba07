/* SPDX-License-Identifier: MIT */
#include "ssh/resolve.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/pool.h>

#include "base/clock.h"
#include "base/error.h"
#include "work/pool.h"

/*
 * A look-up is shared by who asked and by the thread that asks the system;
 * whoever lets go last frees it. Its state decides who speaks: it goes from
 * pending to done or to abandoned, once.
 */

#define RESOLVER_STACK ((size_t)1024 * 1024)

enum lookup_state { LOOKUP_PENDING, LOOKUP_DONE, LOOKUP_ABANDONED };

struct lookup {
	atomic_uint refs;
	_Atomic int state; /* enum lookup_state */
	_Atomic int64_t started_ms;
	lookup_done_fn *done;
	void *data;
	sshoal_future *future; /* the asker's */
	struct addresses addresses;
	int family;
	int code;
	char text[128];
	char host[];
};

struct resolver {
	sshoal_pool *pool;
};

void sshoal__address_text(char out[ADDRESS_TEXT_MAX],
			  const struct address *address)
{
	if (getnameinfo(&address->any, address->size, out, ADDRESS_TEXT_MAX,
			NULL, 0, NI_NUMERICHOST) != 0)
		(void)snprintf(out, ADDRESS_TEXT_MAX, "?");
}

/* The first entry from here on that is of a family. */
static const struct addrinfo *find(const struct addrinfo *info, int family)
{
	while (info && (info->ai_family != family ||
			info->ai_addrlen > sizeof(struct sockaddr_in6)))
		info = info->ai_next;
	return info;
}

/* Takes the two families in turn, beginning with the first one's, so that a
 * dead family costs one attempt and not all (RFC 8305 section 4). */
static void take_in_turn(struct addresses *addresses,
			 const struct addrinfo *info)
{
	const struct addrinfo *next[] = { find(info, AF_INET),
					  find(info, AF_INET6) };
	size_t turn = info && info->ai_family == AF_INET6;
	size_t n = 0;
	for (; n < ADDRESSES_MAX && (next[0] || next[1]); n++) {
		turn = next[turn] ? turn : 1 - turn;
		const struct addrinfo *taken = next[turn];
		struct address *address = &addresses->list[n];
		memcpy(&address->v6, taken->ai_addr, taken->ai_addrlen);
		address->size = taken->ai_addrlen;
		next[turn] = find(taken->ai_next, taken->ai_family);
		turn = 1 - turn;
	}
	addresses->count = n;
}

bool sshoal__resolve_numeric(struct addresses *addresses, const char *host)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *info = NULL;
	if (getaddrinfo(host, NULL, &hints, &info) != 0)
		return false;
	take_in_turn(addresses, info);
	freeaddrinfo(info);
	return addresses->count > 0;
}

bool sshoal__addresses_are(const struct addresses *addresses, int family)
{
	return family == AF_UNSPEC ||
	       (addresses->count > 0 &&
		addresses->list[0].any.sa_family == family);
}

static int code_of(int number)
{
	switch (number) {
	case EAI_MEMORY:
		return SSHOAL_ENOMEM;
	case EAI_SYSTEM:
		return errno == EMFILE || errno == ENFILE ? SSHOAL_ELOCAL :
							    SSHOAL_EDNS;
	default:
		return SSHOAL_EDNS;
	}
}

static void ask(struct lookup *lookup)
{
	const struct addrinfo hints = {
		.ai_family = lookup->family,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *info = NULL;
	int number = getaddrinfo(lookup->host, NULL, &hints, &info);
	if (number != 0) {
		lookup->code = code_of(number);
		(void)snprintf(lookup->text, sizeof lookup->text, "%s",
			       gai_strerror(number));
		return;
	}
	take_in_turn(&lookup->addresses, info);
	freeaddrinfo(info);
	if (lookup->addresses.count == 0) {
		lookup->code = SSHOAL_EDNS;
		(void)snprintf(lookup->text, sizeof lookup->text,
			       "the name has no address");
	}
}

static void *run(void *argument)
{
	struct lookup *lookup = argument;
	atomic_store(&lookup->started_ms, sshoal__clock_now_ms());
	ask(lookup);
	int expected = LOOKUP_PENDING;
	if (atomic_compare_exchange_strong(&lookup->state, &expected,
					   LOOKUP_DONE))
		lookup->done(lookup, lookup->data);
	sshoal__lookup_free(lookup);
	return NULL;
}

int sshoal__resolver_new(struct resolver **resolver, uint32_t threads,
			 sshoal_error *error)
{
	struct resolver *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.max_threads = threads;
	options.stack_size_bytes = RESOLVER_STACK;
	int rc = sshoal_pool_new(&made->pool, &options, error);
	if (rc) {
		free(made);
		return rc;
	}
	*resolver = made;
	return 0;
}

int sshoal__lookup_start(struct lookup **lookup, struct resolver *resolver,
			 const char *host, int family, lookup_done_fn *done,
			 void *data)
{
	size_t n = strlen(host) + 1;
	struct lookup *made = calloc(1, sizeof *made + n);
	if (!made)
		return SSHOAL_ENOMEM;
	atomic_init(&made->refs, 2);
	made->family = family;
	made->done = done;
	made->data = data;
	memcpy(made->host, host, n);
	/* The look-up may be over before submit returns: the caller's pointer
	 * is set first, and the future is only read by the caller. */
	*lookup = made;
	int rc =
		sshoal_pool_submit(resolver->pool, run, made, 0, &made->future);
	if (rc) {
		*lookup = NULL;
		free(made);
	}
	return rc;
}

int64_t sshoal__lookup_started_ms(const struct lookup *lookup)
{
	return atomic_load(&lookup->started_ms);
}

bool sshoal__lookup_abandon(struct resolver *resolver, struct lookup *lookup)
{
	int expected = LOOKUP_PENDING;
	if (!atomic_compare_exchange_strong(&lookup->state, &expected,
					    LOOKUP_ABANDONED))
		return false;
	if (sshoal_future_cancel(lookup->future) == 0)
		sshoal__lookup_free(lookup);
	else
		(void)sshoal__pool_abandon(resolver->pool, lookup->future);
	return true;
}

int sshoal__lookup_result(const struct lookup *lookup,
			  const struct addresses **addresses, const char **text)
{
	/* What the worker wrote before it set this can be read. */
	int state = atomic_load(&lookup->state);
	assert(state == LOOKUP_DONE);
	(void)state;
	*addresses = &lookup->addresses;
	*text = lookup->text;
	return lookup->code;
}

void sshoal__lookup_free(struct lookup *lookup)
{
	if (!lookup || atomic_fetch_sub(&lookup->refs, 1) != 1)
		return;
	sshoal_future_free(lookup->future);
	free(lookup);
}

void sshoal__resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	sshoal_pool_free(resolver->pool);
	free(resolver);
}
