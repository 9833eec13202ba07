/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_RATE_H
#define SSHOAL_WORK_RATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * So many bytes a second, for all who share it. Who wants to move bytes books
 * them, and moves them at the time it is told. After a rest as much as goes in
 * 100 ms may be moved at once, never more. Any thread.
 */
struct rate;

/* bytes_per_second is more than 0. 0 or SSHOAL_ENOMEM. */
int sshoal__rate_new(struct rate **rate, uint64_t bytes_per_second);

struct rate *sshoal__rate_ref(struct rate *rate);

/*
 * Books bytes: the point of the clock (sshoal__clock_now_ms()) from which on
 * they may be moved, which is when the last of them is due: a large booking at
 * a small rate comes late and then all at once, so it is for the caller to book
 * in small pieces. It may be DEADLINE_NONE. NULL: at once, 0.
 */
int64_t sshoal__rate_book(struct rate *rate, size_t bytes);

/* NULL is ignored. */
void sshoal__rate_free(struct rate *rate);

#endif
