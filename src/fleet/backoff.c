/* SPDX-License-Identifier: MIT */
#include "fleet/backoff.h"

#include <stdlib.h>

#include <sshoal/error.h>
#include <sshoal/result.h>

/* No wait for another try is longer: a day. */
#define DELAY_MOST_MS ((int64_t)86400 * 1000)

static int64_t doubled(int64_t delay_ms, uint32_t times)
{
	if (delay_ms >= DELAY_MOST_MS)
		return DELAY_MOST_MS;
	delay_ms <<= times > 10 ? 10 : times;
	return delay_ms < DELAY_MOST_MS ? delay_ms : DELAY_MOST_MS;
}

int64_t sshoal__backoff_ms(int64_t first_ms, uint32_t times)
{
	int64_t delay_ms = doubled(first_ms, times);
	uint32_t noise = arc4random_uniform(1001);
	return delay_ms / 2 + delay_ms * noise / 1000;
}

bool sshoal__backoff_is_busy(int code, int phase)
{
	return code == SSHOAL_EBUSY ||
	       (code == SSHOAL_ELOCAL && phase == SSHOAL_PHASE_CONNECT);
}

bool sshoal__backoff_is_worth(int code, int phase)
{
	switch (code) {
	case SSHOAL_EBUSY:
	case SSHOAL_EREFUSED:
	case SSHOAL_EUNREACHABLE:
		return true;
	case SSHOAL_ETIMEOUT:
	case SSHOAL_ELOST:
		return phase <= SSHOAL_PHASE_KEX;
	default:
		return false;
	}
}
