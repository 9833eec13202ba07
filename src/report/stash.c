/* SPDX-License-Identifier: MIT */
#include "report/stash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file only grows at its end. What is released becomes a hole in it, and
 * once nothing is needed it begins anew. */

static const char *folder(void)
{
	const char *named = getenv("TMPDIR");
	return named && *named ? named : P_tmpdir;
}

/* Says why the file cannot take more. */
static int fail(struct stash *stash, int number, sshoal_error *error)
{
	stash->has_failed = true;
	error->code = SSHOAL_ELOCAL;
	(void)snprintf(error->text, sizeof error->text,
		       "cannot hold more output in a temporary file in "
		       "%.200s: %s; name a folder with room in TMPDIR",
		       folder(), strerror(number));
	return SSHOAL_ELOCAL;
}

/* A file without a name; where the file system has none, one whose name is
 * taken away at once. */
static int make_file(struct stash *stash, sshoal_error *error)
{
	int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		char name[4096];
		int n = snprintf(name, sizeof name, "%s/sshoal.XXXXXX",
				 folder());
		if (n < 0 || (size_t)n >= sizeof name)
			return fail(stash, ENAMETOOLONG, error);
		fd = mkostemp(name, O_CLOEXEC);
		if (fd < 0)
			return fail(stash, errno, error);
		(void)unlink(name);
	}
	stash->fd = fd;
	return 0;
}

int sshoal__stash_write(struct stash *stash, const void *bytes, size_t n,
			uint64_t *at, sshoal_error *error)
{
	const char *p = bytes;
	uint64_t end = stash->end;
	if (stash->has_failed)
		return SSHOAL_ELOCAL;
	if (stash->fd < 0) {
		int rc = make_file(stash, error);
		if (rc)
			return rc;
	}
	while (n > 0) {
		ssize_t written = pwrite(stash->fd, p, n, (off_t)end);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return fail(stash, written < 0 ? errno : ENOSPC, error);
		p += written;
		n -= (size_t)written;
		end += (uint64_t)written;
	}
	*at = stash->end;
	stash->live += end - stash->end;
	stash->end = end;
	return 0;
}

int sshoal__stash_read(const struct stash *stash, uint64_t at, void *bytes,
		       size_t n, sshoal_error *error)
{
	char *p = bytes;
	while (n > 0) {
		ssize_t got = pread(stash->fd, p, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error->code = SSHOAL_ELOCAL;
			(void)snprintf(error->text, sizeof error->text,
				       "held output in a temporary file: %s",
				       got < 0 ? strerror(errno) :
						 "it has become shorter");
			return SSHOAL_ELOCAL;
		}
		p += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return 0;
}

void sshoal__stash_release(struct stash *stash, uint64_t at, uint64_t n)
{
	int rc;
	stash->live -= n;
	if (stash->live > 0) {
		rc = fallocate(stash->fd,
			       FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       (off_t)at, (off_t)n);
	} else {
		stash->end = 0;
		rc = ftruncate(stash->fd, 0);
	}
	/* Only room is at stake: some file systems have no holes. */
	(void)rc;
}

void sshoal__stash_fini(struct stash *stash)
{
	if (stash->fd >= 0)
		(void)close(stash->fd);
	*stash = (struct stash)STASH_INIT;
}
