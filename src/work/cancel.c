/* SPDX-License-Identifier: MIT */
#include "work/cancel.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sshoal/error.h>

#include "base/error.h"

/*
 * Whoever finds a descriptor readable finds its level set: the flag is set
 * first. A trigger uses nothing but lock-free atomics and write(2), which a
 * signal handler may use.
 */

struct sshoal_cancel {
	atomic_uint references;
	atomic_uint levels; /* SSHOAL_CANCEL_... as bits */
	int end_fd;
	int abort_fd;
};

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a handler may not take a lock");

/*
 * With EFD_SEMAPHORE a read takes 1 from the counter and not all of it, and a
 * trigger sets it to its maximum: it stays readable whoever reads it.
 */
static int open_level(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
}

int sshoal_cancel_new(sshoal_cancel **cancel)
{
	if (!cancel)
		return SSHOAL_EINVAL;
	sshoal_cancel *made = malloc(sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	*made = (sshoal_cancel){ .end_fd = open_level() };
	atomic_init(&made->references, 1);
	atomic_init(&made->levels, 0);
	made->abort_fd = made->end_fd < 0 ? -1 : open_level();
	if (made->abort_fd < 0) {
		int rc = sshoal__error_from_errno(errno);
		if (made->end_fd >= 0)
			(void)close(made->end_fd);
		free(made);
		return rc == SSHOAL_ENOMEM ? rc : SSHOAL_ELOCAL;
	}
	*cancel = made;
	return 0;
}

/* EAGAIN says that the counter is at its maximum already. */
static void make_readable(int fd)
{
	const uint64_t maximum = UINT64_MAX - 1;
	int saved = errno;
	ssize_t n = write(fd, &maximum, sizeof maximum);
	(void)n;
	errno = saved;
}

int sshoal_cancel_trigger(sshoal_cancel *cancel, int level)
{
	if (!cancel ||
	    (level != SSHOAL_CANCEL_END && level != SSHOAL_CANCEL_ABORT))
		return SSHOAL_EINVAL;
	atomic_fetch_or(&cancel->levels,
			SSHOAL_CANCEL_END | (unsigned int)level);
	make_readable(cancel->end_fd);
	if (level == SSHOAL_CANCEL_ABORT)
		make_readable(cancel->abort_fd);
	return 0;
}

bool sshoal_cancel_is_triggered(const sshoal_cancel *cancel, int level)
{
	if (!cancel ||
	    (level != SSHOAL_CANCEL_END && level != SSHOAL_CANCEL_ABORT))
		return false;
	return (atomic_load(&cancel->levels) & (unsigned int)level) != 0;
}

int sshoal_cancel_fd(const sshoal_cancel *cancel, int level)
{
	if (!cancel)
		return -1;
	if (level == SSHOAL_CANCEL_END)
		return cancel->end_fd;
	return level == SSHOAL_CANCEL_ABORT ? cancel->abort_fd : -1;
}

sshoal_cancel *sshoal__cancel_ref(sshoal_cancel *cancel)
{
	if (cancel)
		atomic_fetch_add(&cancel->references, 1);
	return cancel;
}

void sshoal_cancel_free(sshoal_cancel *cancel)
{
	if (!cancel || atomic_fetch_sub(&cancel->references, 1) > 1)
		return;
	(void)close(cancel->abort_fd);
	(void)close(cancel->end_fd);
	free(cancel);
}
