/* SPDX-License-Identifier: MIT */
#include "inventory/canonical.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sshoal/pool.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "work/pool.h"

/* getaddrinfo() cannot be stopped, so it has a thread of its own; who asks and
 * who answers share the question, and the last one frees it. */

#define STACK_BYTES ((size_t)1024 * 1024)

struct question {
	atomic_uint refs;
	int done_fd; /* readable once there is an answer */
	int family;
	int code;
	char canonical[NI_MAXHOST];
	char host[];
};

static void let_go(struct question *question)
{
	if (atomic_fetch_sub(&question->refs, 1) != 1)
		return;
	(void)close(question->done_fd);
	free(question);
}

static void *answer(void *argument)
{
	struct question *question = argument;
	const struct addrinfo hints = {
		.ai_family = question->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_CANONNAME,
	};
	struct addrinfo *found = NULL;
	int number = getaddrinfo(question->host, NULL, &hints, &found);
	if (number == 0) {
		const char *name = found->ai_canonname;
		size_t n = name ? strlen(name) : 0;
		if (name && n < sizeof question->canonical)
			memcpy(question->canonical, name, n + 1);
		freeaddrinfo(found);
	} else {
		question->code =
			number == EAI_MEMORY ? SSHOAL_ENOMEM : SSHOAL_EDNS;
	}
	(void)eventfd_write(question->done_fd, 1);
	let_go(question);
	return NULL;
}

static int new_question(struct question **question,
			const struct canonical_query *query)
{
	size_t n = strlen(query->host) + 1;
	struct question *made = calloc(1, sizeof *made + n);
	if (!made)
		return SSHOAL_ENOMEM;
	made->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (made->done_fd < 0) {
		free(made);
		return SSHOAL_ELOCAL;
	}
	atomic_init(&made->refs, 2);
	made->family = query->family;
	memcpy(made->host, query->host, n);
	*question = made;
	return 0;
}

/* Has a thread answer it, which has a reference of its own then. */
static int start(sshoal_pool **pool, sshoal_future **future,
		 struct question *question)
{
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.max_threads = 1;
	options.stack_size_bytes = STACK_BYTES;
	int rc = sshoal_pool_new(pool, &options, NULL);
	if (rc == 0)
		rc = sshoal_pool_submit(*pool, answer, question, 0, future);
	/* It is the caller's still. */
	if (rc)
		(void)atomic_fetch_sub(&question->refs, 1);
	return rc;
}

static int await(const struct question *question,
		 const struct canonical_query *query)
{
	struct pollfd wanted = { .fd = question->done_fd, .events = POLLIN };
	int n = sshoal__wait_any(&wanted, 1,
				 sshoal__deadline_in(query->timeout_ms),
				 query->cancel_fd);
	return n < 0 ? n : question->code;
}

static int ask(struct question *question, const struct canonical_query *query)
{
	sshoal_pool *pool = NULL;
	sshoal_future *future = NULL;
	int rc = start(&pool, &future, question);
	if (rc == 0) {
		rc = await(question, query);
		if (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED)
			(void)sshoal__pool_abandon(pool, future);
	}
	sshoal_future_free(future);
	sshoal_pool_free(pool);
	return rc;
}

int sshoal__canonical_ask(char canonical[NI_MAXHOST],
			  const struct canonical_query *query,
			  sshoal_error *error)
{
	if (atomic_load(query->late) >= CANONICAL_LATE)
		return sshoal__error_set(error, SSHOAL_ETIMEOUT,
					 "%.200s: not looked up, since the "
					 "name server does not answer",
					 query->host);
	struct question *question = NULL;
	int rc = new_question(&question, query);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = ask(question, query);
	if (rc == 0)
		memcpy(canonical, question->canonical, NI_MAXHOST);
	let_go(question);
	if (rc == SSHOAL_ETIMEOUT) {
		(void)atomic_fetch_add(query->late, 1);
		return sshoal__error_set(error, rc,
					 "%.200s: the name was not looked up "
					 "in %d s",
					 query->host,
					 (int)(query->timeout_ms / 1000));
	}
	if (rc == 0 || rc == SSHOAL_EDNS)
		atomic_store(query->late, 0);
	if (rc == SSHOAL_EDNS)
		return sshoal__error_set(error, rc, "%.200s: no such name",
					 query->host);
	return rc ? sshoal__error_code(error, rc) : 0;
}
