/* SPDX-License-Identifier: MIT */
#include "ssh/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

/* One attempt for each address, several of them open at a time; the first to
 * be connected wins and the others are closed. */

#define NEXT_AFTER_MS 250

_Static_assert(ADDRESSES_MAX <= WAIT_MAX, "all attempts fit into one wait");

struct race {
	const struct addresses *addresses;
	const struct address *from; /* NULL: any */
	struct pollfd attempts[ADDRESSES_MAX];
	size_t begun;    /* how many attempts were begun */
	size_t open;     /* how many of them are under way */
	size_t winner;   /* addresses->count while there is none */
	int64_t next_ms; /* when the next attempt is due */
	int last_errno;
	int bind_errno; /* why the address to connect from cannot be had */
	size_t last_failed;
	uint16_t port;
};

static void set_options(int fd)
{
	/* A peer that vanished is found after about two minutes, whatever the
	 * system's own settings are. */
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 60 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 15 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 120000 },
	};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
				 &options[i].value, sizeof options[i].value);
}

static void fail_attempt(struct race *race, size_t i, int number)
{
	if (race->attempts[i].fd >= 0) {
		(void)close(race->attempts[i].fd);
		race->attempts[i].fd = -1;
		race->open--;
	}
	if (i + 1 == race->begun)
		race->next_ms = 0;
	/* What a host answered says more than what is short here. */
	if (race->last_errno &&
	    (number == EADDRNOTAVAIL || number == race->bind_errno))
		return;
	race->last_errno = number;
	race->last_failed = i;
}

static int bind_to(const struct address *from, int fd, sa_family_t family)
{
	if (from->any.sa_family == family)
		return bind(fd, &from->any, from->size);
	errno = EAFNOSUPPORT;
	return -1;
}

static void begin_next(struct race *race)
{
	size_t i = race->begun++;
	race->next_ms = sshoal__deadline_in(NEXT_AFTER_MS);
	struct address to = race->addresses->list[i];
	if (to.any.sa_family == AF_INET6)
		to.v6.sin6_port = htons(race->port);
	else
		to.v4.sin_port = htons(race->port);
	struct pollfd *attempt = &race->attempts[i];
	*attempt = (struct pollfd){ .fd = -1, .events = POLLOUT };
	int fd = socket(to.any.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		fail_attempt(race, i, errno);
		return;
	}
	attempt->fd = fd;
	race->open++;
	set_options(fd);
	if (race->from && bind_to(race->from, fd, to.any.sa_family) != 0) {
		race->bind_errno = errno;
		fail_attempt(race, i, errno);
		return;
	}
	if (connect(fd, &to.any, to.size) == 0)
		race->winner = i;
	else if (errno != EINPROGRESS && errno != EINTR)
		fail_attempt(race, i, errno);
}

static void look_at(struct race *race)
{
	for (size_t i = 0; i < race->begun; i++) {
		struct pollfd *attempt = &race->attempts[i];
		if (attempt->fd < 0 || !attempt->revents)
			continue;
		int number = 0;
		socklen_t size = sizeof number;
		if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &number,
			       &size) < 0)
			number = errno;
		if (number == 0) {
			race->winner = i;
			return;
		}
		fail_attempt(race, i, number);
	}
}

static int give_reason(const struct race *race, sshoal_error *error)
{
	int number = race->last_errno;
	if (race->bind_errno && number == race->bind_errno)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "BindAddress: %s", strerror(number));
	switch (number) {
	case ECONNREFUSED:
		return sshoal__error_set(error, SSHOAL_EREFUSED,
					 "port %u: connection refused",
					 race->port);
	case ETIMEDOUT:
		return sshoal__error_set(error, SSHOAL_ETIMEOUT,
					 "port %u: no answer to the connection "
					 "request",
					 race->port);
	case ECONNRESET:
	case ECONNABORTED:
		return sshoal__error_set(error, SSHOAL_EBUSY,
					 "port %u: the server reset the "
					 "connection at once",
					 race->port);
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRNOTAVAIL:
	case EAGAIN:
		return sshoal__error_set(error, SSHOAL_ELOCAL, "socket: %s",
					 strerror(number));
	default:
		return sshoal__error_set(error, SSHOAL_EUNREACHABLE,
					 "port %u: %s", race->port,
					 strerror(number));
	}
}

static int wait_more(struct race *race, int64_t deadline_ms, int cancel_fd,
		     sshoal_error *error)
{
	int64_t next_ms = race->begun < race->addresses->count ? race->next_ms :
								 DEADLINE_NONE;
	int64_t until_ms = sshoal__deadline_min(next_ms, deadline_ms);
	int n = sshoal__wait_any(race->attempts, race->begun, until_ms,
				 cancel_fd);
	if (n > 0) {
		look_at(race);
		return 0;
	}
	if (n == SSHOAL_ETIMEOUT && until_ms < deadline_ms)
		return 0;
	if (n == SSHOAL_ETIMEOUT)
		return sshoal__error_set(error, n,
					 "port %u: no answer to the connection "
					 "request",
					 race->port);
	return sshoal__error_code(error, n);
}

static int run_race(struct race *race, int64_t deadline_ms, int cancel_fd,
		    sshoal_error *error)
{
	size_t count = race->addresses->count;
	while (race->winner == count) {
		if (race->begun < count &&
		    sshoal__clock_now_ms() >= race->next_ms) {
			begin_next(race);
			continue;
		}
		if (race->open == 0)
			return give_reason(race, error);
		int rc = wait_more(race, deadline_ms, cancel_fd, error);
		if (rc)
			return rc;
	}
	return 0;
}

int sshoal__connect(int *fd, char tried[ADDRESS_TEXT_MAX],
		    const struct addresses *addresses,
		    const struct address *from, uint16_t port,
		    int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	struct race race = {
		.addresses = addresses,
		.from = from,
		.winner = addresses->count,
		.port = port,
	};
	int rc = run_race(&race, deadline_ms, cancel_fd, error);
	size_t shown = rc == 0       ? race.winner :
		       race.open > 0 ? race.begun - 1 :
				       race.last_failed;
	sshoal__address_text(tried, &addresses->list[shown]);
	for (size_t i = 0; i < race.begun; i++)
		if (race.attempts[i].fd >= 0 && (rc || i != race.winner))
			(void)close(race.attempts[i].fd);
	if (rc == 0)
		*fd = race.attempts[race.winner].fd;
	return rc;
}
