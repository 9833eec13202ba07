/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_STACK_H
#define SSHOAL_FLEET_STACK_H

#include <stddef.h>

/* The stack of a worker. Sanitizers need more of it. */
#ifdef SSHOAL_SANITIZE
#define STACK_BYTES ((size_t)1024 * 1024)
#else
#define STACK_BYTES ((size_t)256 * 1024)
#endif

/*
 * Gives back the pages that a login used and the command will not: a worker
 * often sleeps for long once its command runs, and thousands of them do. Only
 * for workers, whose stacks have STACK_BYTES.
 */
void sshoal__stack_trim(void);

#endif
