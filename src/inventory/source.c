/* SPDX-License-Identifier: MIT */
#include "inventory/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

/* A source is read from front to back and never again, so that pipes will do.
 * What it is gets asked of the descriptor it is read from. */

#define SOURCE_MAX ((size_t)256 << 20)
#define CHUNK_SIZE ((size_t)64 << 10)

static int system_error(sshoal_error *error, const char *path, const char *what,
			int number)
{
	return sshoal__error_set(error, sshoal__error_from_errno(number),
				 "%s: %s: %s", path, what, strerror(number));
}

static int open_source(int *fd, const char *path, sshoal_error *error)
{
	if (strcmp(path, "-") == 0) {
		*fd = STDIN_FILENO;
		return 0;
	}
	int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (opened < 0)
		return system_error(error, path, "cannot be opened", errno);
	*fd = opened;
	return 0;
}

/* For a pipe that another of its users made non-blocking. */
static bool wait_readable(int fd)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };
	return sshoal__wait_any(&entry, 1, DEADLINE_NONE, -1) > 0;
}

static int read_all(struct hosts_source *source, int fd, sshoal_error *error)
{
	for (;;) {
		unsigned char *room =
			sshoal__buffer_reserve(&source->bytes, CHUNK_SIZE);
		if (!room && sshoal__buffer_size(&source->bytes) >
				     SOURCE_MAX - CHUNK_SIZE)
			return sshoal__error_set(
				error, SSHOAL_EFORMAT,
				"%s: larger than 256 MiB: no hosts file is",
				source->path);
		if (!room)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		ssize_t n = read(fd, room, CHUNK_SIZE - 1);
		if (n < 0 &&
		    (errno == EINTR || (errno == EAGAIN && wait_readable(fd))))
			continue;
		if (n < 0)
			return system_error(error, source->path,
					    "cannot be read", errno);
		if (n == 0) {
			*room = '\0';
			return 0;
		}
		sshoal__buffer_fill(&source->bytes, (size_t)n);
	}
}

/* How large a regular file is, so that it is read into one piece. */
static size_t size_hint(const struct stat *status)
{
	if (!S_ISREG(status->st_mode) || status->st_size < 0 ||
	    (size_t)status->st_size > SOURCE_MAX - 2 * CHUNK_SIZE)
		return CHUNK_SIZE;
	return (size_t)status->st_size + 2 * CHUNK_SIZE;
}

static int read_open(struct hosts_source *source, int fd, sshoal_error *error)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return system_error(error, source->path, "cannot be read",
				    errno);
	if (S_ISDIR(status.st_mode))
		return sshoal__error_set(
			error, SSHOAL_EIO,
			"%s: a folder, where a hosts file is needed",
			source->path);
	source->is_exposed = S_ISREG(status.st_mode) &&
			     (status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP));
	if (!sshoal__buffer_reserve(&source->bytes, size_hint(&status)))
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	return read_all(source, fd, error);
}

/* The part of a path before its last slash; NULL when memory refuses. Standard
 * input and what is under /dev has no folder of its own. */
static char *folder_in_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash || strncmp(path, "/dev/", 5) == 0)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int find_folder(struct hosts_source *source, sshoal_error *error)
{
	char *folder = folder_in_path(source->path);
	if (!folder)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (folder[0] == '/') {
		source->folder = folder;
		return 0;
	}
	char *here = getcwd(NULL, 0);
	int number = errno;
	int rc = 0;
	if (!here)
		rc = system_error(error, source->path,
				  "the current folder cannot be told", number);
	else if (strcmp(folder, ".") == 0)
		source->folder = strdup(here);
	else if (asprintf(&source->folder, "%s/%s", here, folder) < 0)
		source->folder = NULL;
	free(here);
	free(folder);
	if (rc == 0 && !source->folder)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	return rc;
}

static struct hosts_source *new_source(const char *path)
{
	struct hosts_source *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->bytes = (struct buffer)BUFFER_INIT(SOURCE_MAX);
	made->bytes.wipe = true;
	made->path = strdup(path);
	if (made->path)
		return made;
	free(made);
	return NULL;
}

int sshoal__hosts_source_read(struct hosts_source **source, const char *path,
			      sshoal_error *error)
{
	struct hosts_source *made = new_source(path);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int fd = -1;
	int rc = open_source(&fd, path, error);
	if (rc == 0)
		rc = read_open(made, fd, error);
	if (fd >= 0 && strcmp(path, "-") != 0)
		(void)close(fd);
	if (rc == 0)
		rc = find_folder(made, error);
	if (rc) {
		sshoal__hosts_source_free(made);
		return rc;
	}
	*source = made;
	return 0;
}

void sshoal__hosts_source_free(struct hosts_source *source)
{
	if (!source)
		return;
	sshoal__buffer_fini(&source->bytes);
	free(source->folder);
	free(source->path);
	free(source);
}
