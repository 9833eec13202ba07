/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SEMAPHORE_H
#define SSHOAL_SEMAPHORE_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A number of permits that threads take and give back, as Python's
 * BoundedSemaphore. Every call may be made from any thread at any time, except
 * sshoal_semaphore_free(); a permit may be given back by another thread than
 * the one that took it.
 */
typedef struct sshoal_semaphore sshoal_semaphore;

/**
 * Makes a semaphore with all its permits there.
 * @param permits how many there are; with 0 nobody ever gets one
 * @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_semaphore_new(sshoal_semaphore **semaphore,
				    size_t permits);

/**
 * Takes one permit, waiting where none is left.
 * @param timeout_ms 0 does not wait, -1 for ever
 * @return 0, SSHOAL_ETIMEOUT when the time is over, or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_semaphore_acquire(sshoal_semaphore *semaphore,
					int64_t timeout_ms);

/**
 * Gives one permit back and wakes one thread that waits for it.
 * @return 0, or SSHOAL_EINVAL when all permits are there already.
 */
SSHOAL_API int sshoal_semaphore_release(sshoal_semaphore *semaphore);

/** Frees the semaphore, which nobody may be using. NULL is ignored. */
SSHOAL_API void sshoal_semaphore_free(sshoal_semaphore *semaphore);

#ifdef __cplusplus
}
#endif
#endif
