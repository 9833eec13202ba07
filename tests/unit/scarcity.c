/* SPDX-License-Identifier: MIT */
#include "scarcity.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The names are those that ld --wrap asks for. */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*fn)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*fn)(void *), void *argument);

static atomic_int memory_left = NO_SCARCITY;
static atomic_int threads_left = NO_SCARCITY;

void scarcity_of_memory(int left)
{
	memory_left = left;
}

void scarcity_of_threads(int left)
{
	threads_left = left;
}

static bool is_granted(atomic_int *left)
{
	if (*left == NO_SCARCITY)
		return true;
	if (*left == 0)
		return false;
	--*left;
	return true;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_granted(&memory_left) ? __real_calloc(count, size) : NULL;
}

void *__wrap_malloc(size_t size)
{
	return is_granted(&memory_left) ? __real_malloc(size) : NULL;
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return is_granted(&memory_left) ?
		       __real_reallocarray(old, count, size) :
		       NULL;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*fn)(void *), void *argument)
{
	if (!is_granted(&threads_left))
		return EAGAIN;
	return __real_pthread_create(thread, attributes, fn, argument);
}
