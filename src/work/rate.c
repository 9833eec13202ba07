/* SPDX-License-Identifier: MIT */
#include "work/rate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sshoal/error.h>

#include "base/clock.h"

/*
 * A bucket that holds what may be moved in BURST_S and is full at first.
 * Booking takes from it, below nothing if need be: what is owed then is paid by
 * waiting. So in any time no more is moved than that time and BURST_S allow.
 * Floating point has room for every rate and never rounds the small ones away.
 */

#define BURST_S 0.1

struct rate {
	atomic_uint references;
	double bytes_per_second;
	pthread_mutex_t lock; /* protects all below */
	double bytes;         /* in the bucket; negative: owed */
	int64_t at_us;        /* when that was so */
};

int sshoal__rate_new(struct rate **rate, uint64_t bytes_per_second)
{
	struct rate *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	atomic_init(&made->references, 1);
	(void)pthread_mutex_init(&made->lock, NULL);
	made->bytes_per_second = (double)bytes_per_second;
	made->bytes = made->bytes_per_second * BURST_S;
	made->at_us = sshoal__clock_now_us();
	*rate = made;
	return 0;
}

struct rate *sshoal__rate_ref(struct rate *rate)
{
	if (rate)
		atomic_fetch_add(&rate->references, 1);
	return rate;
}

static void fill(struct rate *rate, int64_t now_us)
{
	double passed_s = (double)(now_us - rate->at_us) / 1e6;
	rate->at_us = now_us;
	double most = rate->bytes_per_second * BURST_S;
	double bytes = rate->bytes + passed_s * rate->bytes_per_second;
	rate->bytes = bytes < most ? bytes : most;
}

/* Rounded up, so that no booking comes early. */
static int64_t after(int64_t now_us, double wait_us)
{
	/* What lasts longer than the clock never comes. */
	if (wait_us >= (double)(INT64_MAX / 2))
		return DEADLINE_NONE;
	return (now_us + (int64_t)wait_us) / 1000 + 1;
}

int64_t sshoal__rate_book(struct rate *rate, size_t bytes)
{
	if (!rate)
		return 0;
	(void)pthread_mutex_lock(&rate->lock);
	int64_t now_us = sshoal__clock_now_us();
	fill(rate, now_us);
	rate->bytes -= (double)bytes;
	double owed = -rate->bytes;
	(void)pthread_mutex_unlock(&rate->lock);
	if (owed <= 0)
		return now_us / 1000;
	return after(now_us, owed / rate->bytes_per_second * 1e6);
}

void sshoal__rate_free(struct rate *rate)
{
	if (!rate || atomic_fetch_sub(&rate->references, 1) > 1)
		return;
	(void)pthread_mutex_destroy(&rate->lock);
	free(rate);
}
