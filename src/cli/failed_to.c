/* SPDX-License-Identifier: MIT */
#include "cli/failed_to.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/refusal.h"

/* What is there may be read by somebody at any time, so it is whole at any
 * time. */

/* An expression has at most 550 bytes. */
#define LINE_SIZE 600

/* How long the reader of a pipe may take nothing. */
#define READER_MS 10000

static int fail(const struct failed_to *file, int number, sshoal_error *error)
{
	(void)sshoal__refuse(error, "--failed-to %s: %s", file->path,
			     strerror(number));
	error->code = SSHOAL_ELOCAL;
	return SSHOAL_ELOCAL;
}

int sshoal__failed_to_open(struct failed_to *file, const char *path,
			   sshoal_error *error)
{
	struct stat status;
	const char *slash = strrchr(path, '/');
	*file = (struct failed_to){ .path = path, .fd = -1 };
	file->name = slash ? slash + 1 : path;
	bool is_there = lstat(path, &status) == 0;
	if (!*file->name || (is_there && S_ISDIR(status.st_mode)))
		return fail(file, EISDIR, error);
	/* A link may be /dev/stdout, and that is not to be replaced. */
	if (is_there && !S_ISREG(status.st_mode)) {
		file->fd = open(path,
				O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
		return file->fd < 0 ? fail(file, errno, error) : 0;
	}
	file->folder_path = slash ? strndup(path, (size_t)(file->name - path)) :
				    strdup(".");
	if (!file->folder_path)
		return fail(file, ENOMEM, error);
	int rc = sshoal__log_folder_open(&file->folder, file->folder_path,
					 false, error);
	if (rc) {
		free(file->folder_path);
		file->folder_path = NULL;
	}
	return rc;
}

static int write_line(const struct failed_to *file, const char *expression,
		      sshoal_error *error)
{
	char line[LINE_SIZE + 1];
	(void)snprintf(line, sizeof line, "%s\n", expression);
	const char *at = line;
	size_t left = strlen(line);
	while (left > 0) {
		struct pollfd wanted = { .fd = file->fd, .events = POLLOUT };
		ssize_t done = write(file->fd, at, left);
		if (done > 0) {
			at += done;
			left -= (size_t)done;
		} else if (done < 0 && errno != EAGAIN && errno != EINTR) {
			return fail(file, errno, error);
		} else if (poll(&wanted, 1, READER_MS) == 0) {
			return fail(file, ETIMEDOUT, error);
		}
	}
	return 0;
}

static int append_line(struct failed_to *file, struct log_file *lines,
		       const struct log_name *name, const char *expression,
		       sshoal_error *error)
{
	int rc = sshoal__log_append(&file->folder, lines, name, expression,
				    strlen(expression), error);
	return rc ? rc :
		    sshoal__log_append(&file->folder, lines, name, "\n", 1,
				       error);
}

int sshoal__failed_to_write(struct failed_to *file, const struct tally *tally,
			    const sshoal_hosts *hosts, sshoal_error *error)
{
	const struct log_name name = { .label = file->name, .suffix = "" };
	struct log_file lines = { .bytes = NULL };
	int rc = 0;
	for (size_t i = 0; i < tally->failure_count && rc == 0; i++) {
		char expression[LINE_SIZE];
		size_t index = tally->failures[i].host.index;
		(void)sshoal_target_expression(
			sshoal_hosts_target(hosts, index), expression,
			sizeof expression);
		rc = file->fd >= 0 ? write_line(file, expression, error) :
				     append_line(file, &lines, &name,
						 expression, error);
	}
	if (file->fd >= 0)
		return rc;
	if (rc == 0)
		rc = sshoal__log_finish(&file->folder, &lines, &name, error);
	if (rc)
		sshoal__log_discard(&file->folder, &lines, &name);
	return rc;
}

void sshoal__failed_to_close(struct failed_to *file)
{
	if (file->folder_path)
		sshoal__log_folder_close(&file->folder);
	else if (file->path && file->fd >= 0)
		(void)close(file->fd);
	free(file->folder_path);
}
