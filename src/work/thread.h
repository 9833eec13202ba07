/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_THREAD_H
#define SSHOAL_WORK_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Makes a thread of the library: signals are blocked in it, except those of a
 * fault. attributes may be NULL. Returns 0 or pthread_create()'s error number.
 */
int sshoal__thread_start(pthread_t *thread, const pthread_attr_t *attributes,
			 void *(*fn)(void *), void *argument);

/* Waits for a thread's end, so long at most. False: it goes on. */
bool sshoal__thread_join(pthread_t thread, int64_t timeout_ms);

#endif
