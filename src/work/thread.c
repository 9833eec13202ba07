/* SPDX-License-Identifier: MIT */
#include "work/thread.h"

#include <signal.h>
#include <time.h>

/* A program's handlers run on its own threads. A fault's signal concerns the
 * thread it happens in and cannot wait. */

int sshoal__thread_start(pthread_t *thread, const pthread_attr_t *attributes,
			 void *(*fn)(void *), void *argument)
{
	sigset_t blocked, before;
	(void)sigfillset(&blocked);
	(void)sigdelset(&blocked, SIGSEGV);
	(void)sigdelset(&blocked, SIGBUS);
	(void)sigdelset(&blocked, SIGFPE);
	(void)sigdelset(&blocked, SIGILL);
	(void)sigdelset(&blocked, SIGTRAP);
	(void)sigdelset(&blocked, SIGSYS);
	(void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
	int number = pthread_create(thread, attributes, fn, argument);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return number;
}

/* The thread sanitizer of gcc 12 and clang 14 knows of no join by the monotonic
 * clock, and would see races between a thread and who joined it. */
#ifdef SSHOAL_SANITIZE
#define JOIN_CLOCK CLOCK_REALTIME
#define JOIN(thread, until) pthread_timedjoin_np(thread, NULL, until)
#else
#define JOIN_CLOCK CLOCK_MONOTONIC
#define JOIN(thread, until) \
	pthread_clockjoin_np(thread, NULL, JOIN_CLOCK, until)
#endif

bool sshoal__thread_join(pthread_t thread, int64_t timeout_ms)
{
	struct timespec until;
	(void)clock_gettime(JOIN_CLOCK, &until);
	until.tv_sec += (time_t)(timeout_ms / 1000);
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return JOIN(thread, &until) == 0;
}
