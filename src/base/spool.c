/* SPDX-License-Identifier: MIT */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* Once the file holds something, all that comes goes behind it. When it has
 * been taken out, its room is given back to the file system. */

static const char *folder(void)
{
	const char *named = getenv("TMPDIR");
	return named && *named ? named : P_tmpdir;
}

/* A file without a name; where the file system has none, one whose name is
 * taken away at once. */
static int make_file(int *made, sshoal_error *error)
{
	int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		char name[4096];
		int n = snprintf(name, sizeof name, "%s/sshoal.XXXXXX",
				 folder());
		if (n < 0 || (size_t)n >= sizeof name)
			return sshoal__error_set(error, SSHOAL_EIO,
						 "TMPDIR: the name is too "
						 "long");
		fd = mkostemp(name, O_CLOEXEC);
		if (fd < 0)
			return sshoal__error_set(
				error, sshoal__error_from_errno(errno),
				"a temporary file in %.200s: %s", folder(),
				strerror(errno));
		(void)unlink(name);
	}
	*made = fd;
	return 0;
}

static int write_all(int fd, const char *bytes, size_t n, uint64_t at,
		     sshoal_error *error)
{
	while (n > 0) {
		ssize_t written = pwrite(fd, bytes, n, (off_t)at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return sshoal__error_set(
				error, SSHOAL_EIO,
				"a temporary file in %.200s: %s", folder(),
				strerror(written < 0 ? errno : ENOSPC));
		bytes += written;
		n -= (size_t)written;
		at += (uint64_t)written;
	}
	return 0;
}

int sshoal__spool_put(struct spool *spool, const void *bytes, size_t n,
		      sshoal_error *error)
{
	size_t held = sshoal__buffer_size(&spool->head);
	if (spool->file_end == 0 && n <= SPOOL_MEMORY - held) {
		int rc = sshoal__buffer_append(&spool->head, bytes, n);
		return rc ? sshoal__error_code(error, rc) : 0;
	}
	int rc = 0;
	if (spool->fd < 0)
		rc = make_file(&spool->fd, error);
	if (rc == 0)
		rc = write_all(spool->fd, bytes, n, spool->file_end, error);
	if (rc == 0)
		spool->file_end += n;
	return rc;
}

/* Reads what there is of the file from a place in it on. */
static int read_at(const struct spool *spool, uint64_t at, void *bytes,
		   size_t n, size_t *taken, sshoal_error *error)
{
	uint64_t left = spool->file_end - at;
	if (n > left)
		n = (size_t)left;
	ssize_t got;
	do
		got = pread(spool->fd, bytes, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return sshoal__error_set(
			error, SSHOAL_EIO, "a temporary file: %s",
			got < 0 ? strerror(errno) : "it has become shorter");
	*taken = (size_t)got;
	return 0;
}

static int read_file(struct spool *spool, char *bytes, size_t n, size_t *taken,
		     sshoal_error *error)
{
	int rc = read_at(spool, spool->file_start, bytes, n, taken, error);
	if (rc)
		return rc;
	spool->file_start += *taken;
	if (spool->file_start < spool->file_end)
		return 0;
	spool->file_start = spool->file_end = 0;
	/* Only room is at stake. */
	if (ftruncate(spool->fd, 0) != 0)
		return 0;
	return 0;
}

int sshoal__spool_take(struct spool *spool, void *bytes, size_t n,
		       size_t *taken, sshoal_error *error)
{
	size_t held = sshoal__buffer_size(&spool->head);
	if (held == 0 && spool->file_end > 0 && n > 0)
		return read_file(spool, bytes, n, taken, error);
	if (n > held)
		n = held;
	if (n > 0)
		memcpy(bytes, sshoal__buffer_data(&spool->head), n);
	sshoal__buffer_consume(&spool->head, n);
	if (n == held)
		sshoal__buffer_fini(&spool->head);
	*taken = n;
	return 0;
}

int sshoal__spool_peek(const struct spool *spool, uint64_t offset, void *bytes,
		       size_t n, size_t *copied, sshoal_error *error)
{
	size_t held = sshoal__buffer_size(&spool->head);
	*copied = 0;
	if (n == 0 || offset >= sshoal__spool_size(spool))
		return 0;
	if (offset >= held)
		return read_at(spool, spool->file_start + (offset - held),
			       bytes, n, copied, error);
	if (n > held - offset)
		n = held - (size_t)offset;
	memcpy(bytes, sshoal__buffer_data(&spool->head) + offset, n);
	*copied = n;
	return 0;
}

void sshoal__spool_fini(struct spool *spool)
{
	sshoal__buffer_fini(&spool->head);
	if (spool->fd >= 0)
		(void)close(spool->fd);
	spool->fd = -1;
	spool->file_start = spool->file_end = 0;
}
