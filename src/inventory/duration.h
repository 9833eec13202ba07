/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_DURATION_H
#define SSHOAL_INVENTORY_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a time: a number, decimals allowed, with ms, s, m or h after it or
 * nothing for seconds; at most 10,000 hours. Less than a millisecond is
 * rounded up, so that only 0 is 0. False when text is no time. */
bool sshoal__duration_parse(int64_t *ms, const char *text);

#endif
