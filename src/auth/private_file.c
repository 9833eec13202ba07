/* SPDX-License-Identifier: MIT */
#include "auth/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/path.h"
#include "base/wait.h"

/* What a path names is decided after it was opened, on the descriptor: the
 * file that is checked is the file that is read. */

#define CHUNK_SIZE ((size_t)4096)

static int open_file(int *fd, const char *path, sshoal_error *error)
{
	/* O_NONBLOCK: a FIFO without a writer opens at once. */
	int opened = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (opened >= 0) {
		*fd = opened;
		return 0;
	}
	int number = errno;
	if (number == ENXIO)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%s: a socket or a device, not a file",
					 path);
	return sshoal__error_set(error, sshoal__error_from_errno(number),
				 "%s: cannot be opened: %s", path,
				 strerror(number));
}

static int check_kind(const struct stat *status, const char *path,
		      size_t max_bytes, bool takes_pipe, sshoal_error *error)
{
	if (S_ISFIFO(status->st_mode) && takes_pipe)
		return 0;
	const char *kind = S_ISDIR(status->st_mode)  ? "a folder" :
			   S_ISFIFO(status->st_mode) ? "a pipe" :
						       "a device";
	if (!S_ISREG(status->st_mode))
		return sshoal__error_set(
			error, SSHOAL_EFORMAT,
			"%s: %s, where a regular file%s is needed", path, kind,
			takes_pipe ? " or a pipe" : "");
	if (status->st_size > (off_t)max_bytes)
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%s: too large: over %zu bytes", path,
					 max_bytes);
	return 0;
}

/* How long a read may wait. */
struct patience {
	int64_t deadline_ms;
	int cancel_fd;
};

/* One read, when there is something to read. *n is 0 at the end. */
static int read_some(struct buffer *contents, int fd, size_t room_size,
		     const struct patience *patience, size_t *n)
{
	unsigned char *room = sshoal__buffer_reserve(contents, room_size);
	if (!room)
		return SSHOAL_ENOMEM;
	for (;;) {
		/* A pipe nobody has opened for writing says end of file to
		 * read(), but nothing to poll(). */
		struct pollfd waited = { .fd = fd, .events = POLLIN };
		int rc = sshoal__wait_any(&waited, 1, patience->deadline_ms,
					  patience->cancel_fd);
		if (rc < 0)
			return rc;
		ssize_t got = read(fd, room, room_size);
		if (got >= 0) {
			sshoal__buffer_fill(contents, (size_t)got);
			*n = (size_t)got;
			return 0;
		}
		if (errno != EINTR && errno != EAGAIN)
			return sshoal__error_from_errno(errno);
	}
}

static int read_all(struct buffer *contents, int fd, const char *path,
		    const struct patience *patience, sshoal_error *error)
{
	size_t n = 1;
	while (n > 0) {
		size_t left = contents->max - sshoal__buffer_size(contents);
		if (left == 0)
			return sshoal__error_set(
				error, SSHOAL_EFORMAT,
				"%s: too large: over %zu bytes", path,
				contents->max - 1);
		int rc = read_some(contents, fd,
				   left < CHUNK_SIZE ? left : CHUNK_SIZE,
				   patience, &n);
		if (rc == SSHOAL_ETIMEOUT)
			return sshoal__error_set(
				error, SSHOAL_EIO,
				"%s: the pipe was not closed in time", path);
		if (rc)
			return sshoal__error_set(error, rc,
						 "%s: cannot be read: %s", path,
						 sshoal_error_text(rc));
	}
	return 0;
}

static int read_opened(struct private_file *file, int fd, size_t max_bytes,
		       const struct patience *patience, sshoal_error *error)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return sshoal__error_set(error, SSHOAL_EIO,
					 "%s: cannot be examined: %s",
					 file->path, strerror(errno));
	int rc = check_kind(&status, file->path, max_bytes,
			    patience->deadline_ms != DEADLINE_NONE, error);
	if (rc)
		return rc;
	bool is_regular = S_ISREG(status.st_mode);
	file->mode = status.st_mode & 07777;
	file->is_exposed = is_regular && status.st_uid == getuid() &&
			   (status.st_mode & 077) != 0;
	return read_all(&file->contents, fd, file->path, patience, error);
}

int sshoal__private_file_read(struct private_file *file, const char *path,
			      size_t max_bytes, int64_t pipe_timeout_ms,
			      int cancel_fd, sshoal_error *error)
{
	const struct patience patience = {
		.deadline_ms = pipe_timeout_ms > 0 ?
				       sshoal__deadline_in(pipe_timeout_ms) :
				       DEADLINE_NONE,
		.cancel_fd = cancel_fd,
	};
	/* One byte more than allowed shows that there is more. */
	struct private_file opened = {
		.contents = BUFFER_INIT(max_bytes + 1),
	};
	opened.contents.wipe = true;
	int rc = sshoal__path_expand(&opened.path, path);
	if (rc == SSHOAL_ENOENT)
		return sshoal__error_set(
			error, rc, "%s: your home folder is not known", path);
	if (rc)
		return sshoal__error_code(error, rc);
	int fd = -1;
	rc = open_file(&fd, opened.path, error);
	if (rc == 0) {
		rc = read_opened(&opened, fd, max_bytes, &patience, error);
		(void)close(fd);
	}
	if (rc) {
		sshoal__private_file_fini(&opened);
		return rc;
	}
	*file = opened;
	return 0;
}

int sshoal__private_file_check(const struct private_file *file,
			       sshoal_error *error)
{
	if (!file->is_exposed)
		return 0;
	return sshoal__error_set(error, SSHOAL_EACCESS,
				 "%s: others may open it (mode %04o): run "
				 "chmod 600 %s",
				 file->path, file->mode, file->path);
}

void sshoal__private_file_fini(struct private_file *file)
{
	sshoal__buffer_fini(&file->contents);
	free(file->path);
	file->path = NULL;
}
