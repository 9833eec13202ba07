/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SCARCITY_H
#define TESTS_UNIT_SCARCITY_H

#include <limits.h>

#define NO_SCARCITY INT_MAX

/*
 * How many more allocations and threads the system grants to the objects of a
 * test: the linker sends their calls of malloc(), calloc(),
 * reallocarray() and pthread_create() to scarcity.c.
 */
void scarcity_of_memory(int left);
void scarcity_of_threads(int left);

#endif
