/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CANCEL_H
#define SSHOAL_CANCEL_H

#include <stdbool.h>

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One flag for many waiters, with two levels and a descriptor for each. */
typedef struct sshoal_cancel sshoal_cancel;

/** Ends work in order; the ending itself (signals, clean-up) goes on. */
#define SSHOAL_CANCEL_END 1
/** Stops everything at once, the ending too. Includes SSHOAL_CANCEL_END. */
#define SSHOAL_CANCEL_ABORT 2

/**
 * Makes a flag that is not set.
 * @return 0, SSHOAL_ENOMEM, or SSHOAL_ELOCAL when no descriptor is left.
 */
SSHOAL_API int sshoal_cancel_new(sshoal_cancel **cancel);

/**
 * Sets one level, for good, and wakes whoever waits on it. Async-signal-safe;
 * any thread, any number of times.
 * @param level SSHOAL_CANCEL_END or SSHOAL_CANCEL_ABORT
 * @return 0, or SSHOAL_EINVAL for NULL or another level.
 */
SSHOAL_API int sshoal_cancel_trigger(sshoal_cancel *cancel, int level);

/** Whether a level is set; false for NULL. Any thread, async-signal-safe. */
SSHOAL_API bool sshoal_cancel_is_triggered(const sshoal_cancel *cancel,
					   int level);

/**
 * A descriptor that is readable from the moment the level is set, for poll(2).
 * It belongs to the flag: neither read it nor close it.
 * @return the descriptor, -1 for NULL or an unknown level.
 */
SSHOAL_API int sshoal_cancel_fd(const sshoal_cancel *cancel, int level);

/** Gives up the caller's reference; objects that were given the flag keep
 * theirs. NULL is ignored. */
SSHOAL_API void sshoal_cancel_free(sshoal_cancel *cancel);

#ifdef __cplusplus
}
#endif
#endif
