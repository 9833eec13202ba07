/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <errno.h>
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
	atomic_int number;     /* the first signal, 0 for none */
	atomic_llong first_ms; /* when the first came */
} received;

_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2 &&
		       ATOMIC_LLONG_LOCK_FREE == 2,
	       "a handler may not take a lock");

/* timeout(1) and shells send one signal to us and once more to our group: what
 * comes again within this time is the same. */
#define SAME_SIGNAL_MS 50

static const int handled[] = { SIGINT, SIGTERM, SIGHUP };

#define HANDLED_COUNT (sizeof handled / sizeof *handled)

static long long now_ms(void)
{
	struct timespec now = { .tv_sec = 0 };
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Async-signal-safe. */
static void on_signal(int number)
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

void sshoal__signals_start(sshoal_cancel *cancel)
{
	struct sigaction action = { .sa_handler = on_signal };
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < HANDLED_COUNT; i++)
		(void)sigaddset(&action.sa_mask, handled[i]);
	atomic_store(&received.cancel, cancel);
	for (size_t i = 0; i < HANDLED_COUNT; i++) {
		struct sigaction before;
		if (sigaction(handled[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaction(handled[i], &action, NULL);
	}
}

int sshoal__signals_number(void)
{
	return atomic_load(&received.number);
}

void sshoal__signals_stop(void)
{
	atomic_store(&received.cancel, NULL);
}
