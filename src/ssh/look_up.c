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

static int await(struct addresses *addresses, struct resolver *resolver,
		 struct lookup *lookup, struct pollfd wanted,
		 int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	int n = sshoal__wait_any(&wanted, 1, deadline_ms, cancel_fd);
	if (n < 0 && sshoal__lookup_abandon(resolver, lookup))
		return n == SSHOAL_ETIMEOUT ?
			       sshoal__error_set(error, n,
						 "the name was not looked up "
						 "in time") :
			       sshoal__error_code(error, n);
	if (n < 0) {
		/* It has ended meanwhile, and is about to say so. */
		(void)sshoal__wait_any(&wanted, 1, DEADLINE_NONE, -1);
	}
	const struct addresses *found;
	const char *text;
	int rc = sshoal__lookup_result(lookup, &found, &text);
	if (rc)
		return sshoal__error_set(error, rc, "%s",
					 *text ? text : sshoal_error_text(rc));
	*addresses = *found;
	return 0;
}

int sshoal__look_up(struct addresses *addresses, const char *host,
		    int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	if (sshoal__resolve_numeric(addresses, host))
		return 0;
	struct resolver *resolver = NULL;
	int rc = sshoal__resolver_new(&resolver, 1, error);
	if (rc)
		return rc;
	struct pollfd wanted = { .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				 .events = POLLIN };
	struct lookup *lookup = NULL;
	rc = wanted.fd < 0 ? SSHOAL_ELOCAL :
			     sshoal__lookup_start(&lookup, resolver, host,
						  on_lookup, &wanted.fd);
	rc = rc ? sshoal__error_code(error, rc) :
		  await(addresses, resolver, lookup, wanted, deadline_ms,
			cancel_fd, error);
	sshoal__lookup_free(lookup);
	sshoal__resolver_free(resolver);
	if (wanted.fd >= 0)
		(void)close(wanted.fd);
	return rc;
}
