/* SPDX-License-Identifier: MIT */
#include "cli/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/lock.h"

/* The system has no way to wait for such a lock and for a time at once: it is
 * tried again and again, ten times a second. */

#define TRY_MS 100

static int64_t now_ms(void)
{
	struct timespec now = { .tv_sec = 0 };
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void rest(int64_t ms)
{
	const struct timespec time = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};
	(void)nanosleep(&time, NULL);
}

static int fail(const char *path, int number, sshoal_error *error)
{
	bool is_ours = number == ENOSPC || number == EDQUOT ||
		       number == EMFILE || number == ENFILE ||
		       number == ENOLCK || number == EIO;
	*error = (sshoal_error){
		.code = is_ours ? SSHOAL_ELOCAL : SSHOAL_EINVAL,
	};
	(void)snprintf(error->text, sizeof error->text, "--lock %.300s: %s",
		       path, strerror(number));
	return error->code;
}

static int refuse_held(int fd, const char *path, sshoal_error *error)
{
	char who[40] = "another process";
	pid_t pid = sshoal__lock_holder(fd);
	if (pid)
		(void)snprintf(who, sizeof who, "process %ld", (long)pid);
	*error = (sshoal_error){ .code = SSHOAL_EBUSY };
	(void)snprintf(error->text, sizeof error->text,
		       "--lock %.300s: %s has it; nothing was contacted", path,
		       who);
	return SSHOAL_EBUSY;
}

/* Whether the path leads to the open file: who locks one that was removed is
 * not alone. */
static bool is_there(int fd, const char *path)
{
	struct stat opened;
	struct stat there;
	return fstat(fd, &opened) == 0 && stat(path, &there) == 0 &&
	       opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

/* One try. *fd is open also where another process has the lock. 0 or an
 * errno. */
static int try_once(int *fd, const char *path)
{
	if (*fd < 0)
		*fd = open(path,
			   O_RDONLY | O_CREAT | O_CLOEXEC | O_NOCTTY |
				   O_NONBLOCK,
			   0666);
	if (*fd < 0)
		return errno;
	int number = sshoal__lock_try(*fd);
	if (number || is_there(*fd, path))
		return number;
	(void)close(*fd);
	*fd = -1;
	return EWOULDBLOCK;
}

int sshoal__lock_file_take(int *fd, const char *path, int64_t wait_ms,
			   sshoal_error *error)
{
	int64_t until_ms = now_ms() + (wait_ms > 0 ? wait_ms : 0);
	int opened = -1;
	for (;;) {
		int number = try_once(&opened, path);
		if (number == 0) {
			*fd = opened;
			return 0;
		}
		int64_t left_ms = until_ms - now_ms();
		if (number == EWOULDBLOCK && left_ms > 0) {
			rest(left_ms < TRY_MS ? left_ms : TRY_MS);
			continue;
		}
		int rc = number == EWOULDBLOCK ?
				 refuse_held(opened, path, error) :
				 fail(path, number, error);
		if (opened >= 0)
			(void)close(opened);
		return rc;
	}
}
