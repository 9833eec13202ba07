/* SPDX-License-Identifier: MIT */
#include "trust/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "trust/append.h"

/*
 * A file is replaced as a whole by rename(), under the lock that those who
 * append take: they look, once they have it, whether the file is still the one
 * that the path names. ssh(1) takes no lock: if it adds a line in the meantime
 * all is done again with it.
 */

#define LOCK_MS 10000
#define ATTEMPTS 16
#define CHUNK_SIZE ((size_t)64 * 1024)

static int fail(const char *path, int number, sshoal_error *error)
{
	int code = sshoal__error_from_errno(number);
	return sshoal__error_set(error,
				 code == SSHOAL_ENOENT ? SSHOAL_EIO : code,
				 "%s: %s", path, strerror(number));
}

static int read_all(struct buffer *bytes, const char *path, int fd,
		    sshoal_error *error)
{
	off_t at = 0;
	for (;;) {
		unsigned char *room = sshoal__buffer_reserve(bytes, CHUNK_SIZE);
		if (!room &&
		    sshoal__buffer_size(bytes) + CHUNK_SIZE > REWRITE_MAX)
			return sshoal__error_set(error, SSHOAL_EIO,
						 "%s: larger than 256 MiB",
						 path);
		if (!room)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		ssize_t n = pread(fd, room, CHUNK_SIZE, at);
		if (n < 0 && errno == ESPIPE)
			n = read(fd, room, CHUNK_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(path, errno, error);
		if (n == 0)
			return 0;
		sshoal__buffer_fill(bytes, (size_t)n);
		at += n;
	}
}

int sshoal__rewrite_read(struct buffer *bytes, const char *path,
			 sshoal_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail(path, errno, error);
	int rc = read_all(bytes, path, fd, error);
	(void)close(fd);
	return rc;
}

/* 0 or an errno. */
static int write_all(int fd, const unsigned char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno;
		bytes += written;
		n -= (size_t)written;
	}
	return fsync(fd) == 0 ? 0 : errno;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Gives a new file what the old one had, and its bytes. 0 or an errno. */
static int fill_new(int fd, const struct stat *seen, const struct buffer *bytes)
{
	if (fchmod(fd, seen->st_mode & 07777) != 0)
		return errno;
	/* Only root may give a file away; others have their own. */
	if (fchown(fd, seen->st_uid, seen->st_gid) != 0 && errno != EPERM)
		return errno;
	return write_all(fd, sshoal__buffer_data(bytes),
			 sshoal__buffer_size(bytes));
}

/* Puts the new file in the old one's place, if that is as it was seen. 0, 1
 * when it is not, or a negative errno. */
static int take_place(const char *path, const char *temporary,
		      const struct append *file, const struct stat *seen)
{
	struct stat present;
	if (fstat(file->fd, &present) != 0)
		return -errno;
	if (!is_same(&present, seen))
		return 1;
	return rename(temporary, path) == 0 ? 0 : -errno;
}

static int exchange(const char *path, char *temporary,
		    const struct append *file, const struct stat *seen,
		    const struct buffer *bytes)
{
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int rc = -fill_new(fd, seen, bytes);
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0)
		rc = take_place(path, temporary, file, seen);
	if (rc)
		(void)unlink(temporary);
	return rc;
}

/* Replaces a file that is open and locked, which symbolic links may lead to. 0,
 * 1 to be done again, or an error. */
static int replace(const struct append *file, const struct stat *seen,
		   const struct buffer *bytes, sshoal_error *error)
{
	char *link = realpath(file->path, NULL);
	if (!link)
		return fail(file->path, errno, error);
	char *temporary = NULL;
	if (asprintf(&temporary, "%s.XXXXXX", link) < 0) {
		free(link);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	int rc = exchange(link, temporary, file, seen, bytes);
	free(temporary);
	free(link);
	return rc < 0 ? fail(file->path, -rc, error) : rc;
}

static int read_open(struct buffer *bytes, const struct append *file,
		     struct stat *seen, sshoal_error *error)
{
	sshoal__buffer_consume(bytes, sshoal__buffer_size(bytes));
	if (fstat(file->fd, seen) != 0)
		return fail(file->path, errno, error);
	/* A device has no lines, and a pipe's would be gone. */
	if (!S_ISREG(seen->st_mode))
		return 0;
	return read_all(bytes, file->path, file->fd, error);
}

/* Appends what is new at the end of after, which begins as before does. */
static int append(struct append *file, const struct buffer *before,
		  const struct buffer *after, sshoal_error *error)
{
	size_t old = sshoal__buffer_size(before);
	size_t n = sshoal__buffer_size(after);
	const unsigned char *bytes = sshoal__buffer_data(after);
	/* A newline that the last line lacked is written by the append. */
	if (old < n && old > 0 && bytes[old] == '\n' && bytes[old - 1] != '\n')
		old++;
	while (old < n) {
		const unsigned char *newline =
			memchr(bytes + old, '\n', n - old);
		size_t size =
			newline ? (size_t)(newline - bytes) + 1 - old : n - old;
		char *line = malloc(size + 1);
		size_t lines = 0;
		if (!line)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		memcpy(line + 1, bytes + old, size);
		int rc = sshoal__append_line(file, line + 1, size, &lines,
					     error);
		free(line);
		if (rc)
			return rc;
		old += size;
	}
	return 0;
}

/* 0, 1 to be done again, or an error. */
static int change_once(struct append *file, struct changes *changes,
		       struct buffer *after, sshoal_error *error)
{
	struct buffer before = BUFFER_INIT(REWRITE_MAX);
	struct stat seen;
	int rc = read_open(&before, file, &seen, error);
	if (rc == 0) {
		sshoal__buffer_consume(after, sshoal__buffer_size(after));
		rc = sshoal__changes_apply(
			changes, (const char *)sshoal__buffer_data(&before),
			sshoal__buffer_size(&before), after);
		if (rc)
			(void)sshoal__error_code(error, rc);
	}
	if (rc == 0)
		rc = sshoal__changes_only_add(changes) ||
				     !S_ISREG(seen.st_mode) ?
			     append(file, &before, after, error) :
			     replace(file, &seen, after, error);
	sshoal__buffer_fini(&before);
	return rc;
}

int sshoal__rewrite_change(const char *path, struct changes *changes,
			   struct buffer *bytes, sshoal_error *error)
{
	struct append file;
	if (access(path, F_OK) != 0 && errno == ENOENT &&
	    !sshoal__changes_only_add(changes))
		return 0;
	int rc = sshoal__append_open(&file, path, sshoal__deadline_in(LOCK_MS),
				     -1, error);
	if (rc)
		return rc;
	size_t attempts = 0;
	do
		rc = change_once(&file, changes, bytes, error);
	while (rc > 0 && ++attempts < ATTEMPTS);
	sshoal__append_close(&file);
	return rc > 0 ? sshoal__error_set(error, SSHOAL_EIO,
					  "%s: changed again and again", path) :
			rc;
}

int sshoal__rewrite_replace(const char *path, const struct buffer *bytes,
			    sshoal_error *error)
{
	struct append file;
	struct stat seen;
	int rc = sshoal__append_open(&file, path, sshoal__deadline_in(LOCK_MS),
				     -1, error);
	if (rc)
		return rc;
	size_t attempts = 0;
	do {
		if (fstat(file.fd, &seen) != 0)
			rc = fail(path, errno, error);
		else if (!S_ISREG(seen.st_mode))
			rc = sshoal__error_set(error, SSHOAL_EIO,
					       "%s: not a regular file", path);
		else
			rc = replace(&file, &seen, bytes, error);
	} while (rc > 0 && ++attempts < ATTEMPTS);
	sshoal__append_close(&file);
	return rc > 0 ? sshoal__error_set(error, SSHOAL_EIO,
					  "%s: changed again and again", path) :
			rc;
}
