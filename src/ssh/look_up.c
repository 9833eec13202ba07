/* SPDX-License-Identifier: MIT */
#include "ssh/look_up.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

/* A look-up cannot be stopped: who gives it up leaves it behind. */

static void on_lookup(struct lookup *lookup, void *data)
{
	const int *fd = data;
	uint64_t one = 1;
	(void)lookup;
	/* It cannot be full. */
	if (write(*fd, &one, sizeof one) < 0)
		return;
}

/* What is waited for, and how long. */
struct awaited {
	struct resolver *resolver;
	struct lookup *lookup;
	struct pollfd wanted;
	int64_t deadline_ms;
	int cancel_fd;
};

static int await(struct addresses *addresses, struct awaited *awaited,
		 sshoal_error *error)
{
	struct pollfd *wanted = &awaited->wanted;
	int n = sshoal__wait_any(wanted, 1, awaited->deadline_ms,
				 awaited->cancel_fd);
	if (n < 0 && sshoal__lookup_abandon(awaited->resolver, awaited->lookup))
		return n == SSHOAL_ETIMEOUT ?
			       sshoal__error_set(error, n,
						 "the name was not looked up "
						 "in time") :
			       sshoal__error_code(error, n);
	if (n < 0) {
		/* It has ended meanwhile, and is about to say so. */
		(void)sshoal__wait_any(wanted, 1, DEADLINE_NONE, -1);
	}
	const struct addresses *found;
	const char *text;
	int rc = sshoal__lookup_result(awaited->lookup, &found, &text);
	if (rc)
		return sshoal__error_set(error, rc, "%s",
					 *text ? text : sshoal_error_text(rc));
	*addresses = *found;
	return 0;
}

int sshoal__look_up(struct addresses *addresses, const char *host, int family,
		    int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	if (sshoal__resolve_numeric(addresses, host))
		return sshoal__addresses_are(addresses, family) ?
			       0 :
			       sshoal__error_set(error, SSHOAL_EDNS,
						 "the address is not of the "
						 "AddressFamily");
	struct awaited awaited = {
		.wanted = { .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
			    .events = POLLIN },
		.deadline_ms = deadline_ms,
		.cancel_fd = cancel_fd,
	};
	if (awaited.wanted.fd < 0)
		return sshoal__error_code(error, SSHOAL_ELOCAL);
	int rc = sshoal__resolver_new(&awaited.resolver, 1, error);
	if (rc == 0)
		rc = sshoal__lookup_start(&awaited.lookup, awaited.resolver,
					  host, family, on_lookup,
					  &awaited.wanted.fd);
	rc = rc ? sshoal__error_code(error, rc) :
		  await(addresses, &awaited, error);
	sshoal__lookup_free(awaited.lookup);
	if (awaited.resolver)
		sshoal__resolver_free(awaited.resolver);
	(void)close(awaited.wanted.fd);
	return rc;
}
