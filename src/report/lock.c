/* SPDX-License-Identifier: MIT */
#include "report/lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* flock(2), since its locks are an open file's and not a process's: nothing
 * else that opens and closes the same file gives them back. */

int sshoal__lock_try(int fd)
{
	while (flock(fd, LOCK_EX | LOCK_NB) != 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

/* A line of /proc/locks, such as
 * "1: FLOCK  ADVISORY  WRITE 1234 fd:01:393334 0 EOF"; one that waits has "->"
 * after the number. */
static pid_t holder_in(const char *line, const struct stat *status)
{
	int pid = 0;
	unsigned int high = 0;
	unsigned int low = 0;
	unsigned long inode = 0;
	const char *lock = strstr(line, ": FLOCK ");
	if (!lock || sscanf(lock, ": FLOCK %*31s %*31s %10d %8x:%8x:%20lu",
			    &pid, &high, &low, &inode) != 4)
		return 0;
	if (inode != status->st_ino || makedev(high, low) != status->st_dev ||
	    pid <= 0)
		return 0;
	return (pid_t)pid;
}

pid_t sshoal__lock_holder(int fd)
{
	struct stat status;
	char line[256];
	pid_t pid = 0;
	FILE *locks =
		fstat(fd, &status) == 0 ? fopen("/proc/locks", "re") : NULL;
	if (!locks)
		return 0;
	while (pid == 0 && fgets(line, sizeof line, locks))
		pid = holder_in(line, &status);
	(void)fclose(locks);
	return pid;
}
