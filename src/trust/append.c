/* SPDX-License-Identifier: MIT */
#include "trust/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/path.h"
#include "base/wait.h"

/*
 * Adds lines to a file that other processes add to as well. Whatever is there
 * stays there: one write with O_APPEND for a line, and what a failed write left
 * is cut off.
 */

#define RETRY_MS 5

static int fail(const struct append *file, int number, sshoal_error *error)
{
	int code = sshoal__error_from_errno(number);
	return sshoal__error_set(error,
				 code == SSHOAL_ENOENT ? SSHOAL_EIO : code,
				 "%s: %s", file->path, strerror(number));
}

/* Makes ~/.ssh when that is the folder of the path. 0 or SSHOAL_ENOMEM. */
static int make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = NULL;
	int rc = sshoal__path_expand(&folder, "~/.ssh");
	if (rc)
		return rc == SSHOAL_ENOMEM ? rc : 0;
	if (slash && strlen(folder) == (size_t)(slash - path) &&
	    memcmp(folder, path, strlen(folder)) == 0)
		(void)mkdir(folder, 0700);
	free(folder);
	return 0;
}

static int open_path(struct append *file, sshoal_error *error)
{
	const int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
	file->fd = open(file->path, flags, 0600);
	if (file->fd < 0 && errno == ENOENT) {
		int rc = make_folder(file->path);
		if (rc)
			return sshoal__error_code(error, rc);
		file->fd = open(file->path, flags, 0600);
	}
	return file->fd < 0 ? fail(file, errno, error) : 0;
}

static int lock(const struct append *file, int64_t deadline_ms, int cancel_fd,
		sshoal_error *error)
{
	while (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail(file, errno, error);
		if (sshoal__deadline_left_ms(deadline_ms) == 0)
			return sshoal__error_set(error, SSHOAL_EIO,
						 "%s: locked by another "
						 "process",
						 file->path);
		int rc = sshoal__wait_any(
			NULL, 0, sshoal__deadline_in(RETRY_MS), cancel_fd);
		if (rc != SSHOAL_ETIMEOUT)
			return sshoal__error_code(error, rc);
	}
	return 0;
}

/* Locks what is open. 0 when it is still what the path names, 1 when it is
 * not. */
static int lock_same(const struct append *file, int64_t deadline_ms,
		     int cancel_fd, sshoal_error *error)
{
	struct stat opened;
	struct stat named;
	if (fstat(file->fd, &opened) != 0)
		return fail(file, errno, error);
	if (!S_ISREG(opened.st_mode))
		return 0;
	int rc = lock(file, deadline_ms, cancel_fd, error);
	if (rc)
		return rc;
	if (stat(file->path, &named) != 0)
		return errno == ENOENT ? 1 : fail(file, errno, error);
	return named.st_dev != opened.st_dev || named.st_ino != opened.st_ino;
}

int sshoal__append_open(struct append *file, const char *path,
			int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	struct append opened = { .fd = -1, .path = path };
	for (;;) {
		int rc = open_path(&opened, error);
		if (rc)
			return rc;
		rc = lock_same(&opened, deadline_ms, cancel_fd, error);
		if (rc == 0) {
			*file = opened;
			return 0;
		}
		(void)close(opened.fd);
		if (rc < 0)
			return rc;
		if (sshoal__deadline_left_ms(deadline_ms) == 0)
			return sshoal__error_set(error, SSHOAL_EIO,
						 "%s: replaced again and again",
						 path);
	}
}

/* Whether a file's last line has no newline. 0, 1 or a negative errno. */
static int lacks_newline(const struct append *file)
{
	char last = '\n';
	if (file->size > 0 && pread(file->fd, &last, 1, file->size - 1) != 1)
		return -EIO;
	return last != '\n';
}

int sshoal__append_line(struct append *file, char *text, size_t n,
			size_t *lines, sshoal_error *error)
{
	struct stat status;
	if (fstat(file->fd, &status) != 0)
		return fail(file, errno, error);
	file->size = S_ISREG(status.st_mode) ? status.st_size : 0;
	int repair = lacks_newline(file);
	if (repair < 0)
		return fail(file, -repair, error);
	if (repair) {
		*--text = '\n';
		n++;
	}
	ssize_t written;
	do {
		written = write(file->fd, text, n);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return fail(file, errno, error);
	file->added = (size_t)written;
	if (file->added != n) {
		sshoal__append_undo(file);
		return sshoal__error_set(error, SSHOAL_EIO,
					 "%s: could not be written in full",
					 file->path);
	}
	*lines = repair ? 2 : 1;
	return 0;
}

void sshoal__append_undo(struct append *file)
{
	struct stat status;
	if (fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size == file->size + (off_t)file->added)
		(void)!ftruncate(file->fd, file->size);
}

void sshoal__append_close(struct append *file)
{
	(void)close(file->fd);
	file->fd = -1;
}
