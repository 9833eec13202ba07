/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_BACKOFF_H
#define SSHOAL_FLEET_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* How often a server that is busy is asked again, and when first. */
#define BACKOFF_BUSY_TRIES 5
#define BACKOFF_BUSY_MS 250

/* How long until the next try after so many: doubled with each, and a random
 * part of 50 to 150 % of that, so that many do not come back at the same
 * moment. */
int64_t sshoal__backoff_ms(int64_t first_ms, uint32_t times);

/* Whether a failure in a phase says that the server is too busy, or that this
 * machine has no descriptor or port left at this moment. */
bool sshoal__backoff_is_busy(int code, int phase);

/* Whether it is one that may go away: what options.retries is for. */
bool sshoal__backoff_is_worth(int code, int phase);

#endif
