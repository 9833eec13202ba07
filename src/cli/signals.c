/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * The program's only writable static: what a handler can reach. Lock-free
 * atomics, because any thread may run the handler, and several at a time.
 */
static struct {
	_Atomic(sshoal_cancel *) cancel;
	_Atomic(sshoal_cancel *) drain;
	atomic_int number;     /* the first signal, 0 for none */
	atomic_llong first_ms; /* when the first came */
	sem_t questions;       /* how many were not answered yet */
} received;

_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2 &&
		       ATOMIC_LLONG_LOCK_FREE == 2,
	       "a handler may not take a lock");

/* timeout(1) and shells send one signal to us and once more to our group: what
 * comes again within this time is the same. */
#define SAME_SIGNAL_MS 50

static void on_interrupt(int number);
static void on_drain(int number);
static void on_question(int number);

static const struct {
	int number;
	void (*handler)(int number);
} handled[] = {
	{ SIGINT, on_interrupt }, { SIGTERM, on_interrupt },
	{ SIGHUP, on_interrupt }, { SIGQUIT, on_drain },
	{ SIGUSR1, on_question },
#ifdef SIGINFO
	{ SIGINFO, on_question },
#endif
};

#define HANDLED_COUNT (sizeof handled / sizeof *handled)

static long long now_ms(void)
{
	struct timespec now = { .tv_sec = 0 };
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Async-signal-safe. */
static void on_interrupt(int number)
{
	int saved = errno;
	int none = 0;
	sshoal_cancel *cancel = atomic_load(&received.cancel);
	if (atomic_compare_exchange_strong(&received.number, &none, number)) {
		atomic_store(&received.first_ms, now_ms());
		(void)sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_END);
	} else if (none != number ||
		   now_ms() - atomic_load(&received.first_ms) >
			   SAME_SIGNAL_MS) {
		(void)sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_ABORT);
		const struct sigaction kill = { .sa_handler = SIG_DFL };
		(void)sigaction(number, &kill, NULL);
	}
	errno = saved;
}

/* Async-signal-safe, like the next. */
static void on_drain(int number)
{
	int saved = errno;
	(void)number;
	(void)sshoal_cancel_trigger(atomic_load(&received.drain),
				    SSHOAL_CANCEL_END);
	errno = saved;
}

static void on_question(int number)
{
	int saved = errno;
	(void)number;
	(void)sem_post(&received.questions);
	errno = saved;
}

void sshoal__signals_start(sshoal_cancel *cancel, sshoal_cancel *drain)
{
	struct sigaction action = { .sa_flags = 0 };
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < HANDLED_COUNT; i++)
		(void)sigaddset(&action.sa_mask, handled[i].number);
	(void)sem_init(&received.questions, 0, 0);
	atomic_store(&received.cancel, cancel);
	atomic_store(&received.drain, drain);
	for (size_t i = 0; i < HANDLED_COUNT; i++) {
		struct sigaction before;
		if (!drain && handled[i].handler != on_interrupt)
			continue;
		action.sa_handler = handled[i].handler;
		/* Nothing but an interrupt is to end a call that waits. */
		action.sa_flags =
			handled[i].handler == on_interrupt ? 0 : SA_RESTART;
		if (sigaction(handled[i].number, NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaction(handled[i].number, &action, NULL);
	}
}

void sshoal__signals_await_question(void)
{
	while (sem_wait(&received.questions) != 0)
		if (errno != EINTR)
			return;
}

void sshoal__signals_question(void)
{
	(void)sem_post(&received.questions);
}

int sshoal__signals_number(void)
{
	return atomic_load(&received.number);
}

void sshoal__signals_stop(void)
{
	atomic_store(&received.cancel, NULL);
	atomic_store(&received.drain, NULL);
}
