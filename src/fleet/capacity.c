/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>

#include "fleet/scheduler.h"

/* What the limit on open files allows: each host has a connection, and each
 * look-up a socket to a name server. */

/* Descriptors kept for everything that is not a connection to a host. */
#define DESCRIPTORS_KEPT 24

/* How many look-ups these are enough for. */
#define LOOKUPS_LEAST 8

static size_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return 64;
	size_t count = 0;
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

void sshoal__capacity_fit(struct scheduler *scheduler)
{
	struct rlimit limit;
	uint32_t parallel = scheduler->options->parallel;
	if (parallel > scheduler->run->count)
		parallel = (uint32_t)scheduler->run->count;
	scheduler->parallel = parallel ? parallel : 1;
	scheduler->look_ups = RESOLVER_THREADS;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return;
	size_t used = count_descriptors() + DESCRIPTORS_KEPT;
	size_t fits = limit.rlim_cur > used + 1 ? limit.rlim_cur - used : 1;
	size_t left =
		fits > scheduler->parallel ? fits - scheduler->parallel : 0;
	if (left < RESOLVER_THREADS)
		scheduler->look_ups =
			left < LOOKUPS_LEAST ? LOOKUPS_LEAST : (uint32_t)left;
	if (scheduler->parallel <= fits)
		return;
	scheduler->parallel = (uint32_t)fits;
	char text[120];
	(void)snprintf(text, sizeof text,
		       "the limit on open files (%lu) allows %zu hosts at a "
		       "time",
		       (unsigned long)limit.rlim_cur, fits);
	sshoal__scheduler_note(scheduler, 0, text);
}
