/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_DESCRIPTORS_H
#define TESTS_UNIT_DESCRIPTORS_H

#include <fcntl.h>
#include <stddef.h>
#include <sys/resource.h>

/* Lets the program open so many descriptors beside those it has, which may be
 * anywhere. To be undone by setrlimit(2) with what was before. */
static inline int descriptors_limit(rlim_t more, struct rlimit *before)
{
	rlim_t end = 0;
	while (more > 0)
		if (fcntl((int)end++, F_GETFD) < 0)
			more--;
	if (getrlimit(RLIMIT_NOFILE, before) != 0)
		return -1;
	struct rlimit few = { .rlim_cur = end, .rlim_max = before->rlim_max };
	return setrlimit(RLIMIT_NOFILE, &few);
}

#endif
