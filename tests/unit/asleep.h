/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ASLEEP_H
#define TESTS_UNIT_ASLEEP_H

#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* What the kernel says a thread of this process is doing: 'S' while it waits
 * for something, 0 when it is no more. */
static inline char thread_state(pid_t thread)
{
	char path[64];
	char line[512] = "";
	(void)snprintf(path, sizeof path, "/proc/self/task/%d/stat",
		       (int)thread);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	size_t n = fread(line, 1, sizeof line - 1, file);
	(void)fclose(file);
	const char *name_end = n > 0 ? strrchr(line, ')') : NULL;
	return name_end && name_end[1] == ' ' ? name_end[2] : 0;
}

/* Returns when a thread waits, so that a test can wake it. */
static inline void await_asleep(pid_t thread)
{
	while (thread_state(thread) != 'S')
		(void)sched_yield();
}

/* Returns when a thread has ended. */
static inline void await_gone(pid_t thread)
{
	while (thread_state(thread) != 0)
		(void)sched_yield();
}

/* How many threads this process has, always with the same error. */
static inline size_t count_threads(void)
{
	size_t count = 0;
	DIR *folder = opendir("/proc/self/task");
	if (!folder)
		return 0;
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

/* Returns when there are no more than so many, by count_threads(). */
static inline void await_threads(size_t count)
{
	while (count_threads() > count)
		(void)sched_yield();
}

#endif
