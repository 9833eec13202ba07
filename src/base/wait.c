/* SPDX-License-Identifier: MIT */
#include "base/wait.h"

#include <assert.h>
#include <errno.h>

#include "base/clock.h"
#include "base/error.h"

/* Every wait of the library ends here, so every wait has a limit and can be
 * cancelled. */

static int wait_once(struct pollfd *all, size_t count, int64_t deadline_ms)
{
	for (;;) {
		int n = poll(all, (nfds_t)count,
			     sshoal__deadline_left_ms(deadline_ms));
		if (n > 0)
			return n;
		if (n < 0 && errno != EINTR)
			return sshoal__error_from_errno(errno);
		if (n == 0 && sshoal__deadline_left_ms(deadline_ms) == 0)
			return SSHOAL_ETIMEOUT;
	}
}

int sshoal__wait_any(struct pollfd *fds, size_t count, int64_t deadline_ms,
		     int cancel_fd)
{
	assert(count <= WAIT_MAX);
	struct pollfd all[WAIT_MAX + 1];
	for (size_t i = 0; i < count; i++) {
		all[i] = fds[i];
		all[i].revents = 0;
		fds[i].revents = 0;
	}
	all[count] = (struct pollfd){ .fd = cancel_fd, .events = POLLIN };
	int n = wait_once(all, count + 1, deadline_ms);
	if (n < 0)
		return n;
	if (all[count].revents)
		return SSHOAL_ECANCELLED;
	for (size_t i = 0; i < count; i++)
		fds[i].revents = all[i].revents;
	return n;
}

int sshoal__wait_many(struct pollfd *fds, size_t count, int64_t deadline_ms)
{
	for (size_t i = 0; i < count; i++)
		fds[i].revents = 0;
	return wait_once(fds, count, deadline_ms);
}
