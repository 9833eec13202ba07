/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_GATE_H
#define SSHOAL_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A gate that threads pass while it is open and wait at while it is shut, as
 * Python's threading.Event. Every call may be made from any thread at any
 * time, except sshoal_gate_free(); none of them from a signal handler.
 */
typedef struct sshoal_gate sshoal_gate;

/**
 * Makes a gate, which is shut at first.
 * @return 0, SSHOAL_EINVAL, SSHOAL_ENOMEM, or SSHOAL_ELOCAL when no descriptor
 *         is left.
 */
SSHOAL_API int sshoal_gate_new(sshoal_gate **gate);

/**
 * Opens the gate and wakes everyone who waits at it: all of them pass, also
 * when it is shut again at once. A gate that is open stays open.
 * @return 0, or SSHOAL_EINVAL for NULL.
 */
SSHOAL_API int sshoal_gate_open(sshoal_gate *gate);

/**
 * Shuts the gate: who comes from now on waits. A gate that is shut stays shut.
 * @return 0, or SSHOAL_EINVAL for NULL.
 */
SSHOAL_API int sshoal_gate_shut(sshoal_gate *gate);

/** Whether the gate is open at this moment; false for NULL. */
SSHOAL_API bool sshoal_gate_is_open(const sshoal_gate *gate);

/**
 * Waits until the gate is open; returns at once where it is.
 * @param timeout_ms in milliseconds; 0 does not wait, -1 for ever
 * @return 0, SSHOAL_ETIMEOUT when the time is over, or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_gate_wait(sshoal_gate *gate, int64_t timeout_ms);

/** Gives up the caller's reference, with nobody waiting at the gate; fleets
 * that were given it keep theirs. NULL is ignored. */
SSHOAL_API void sshoal_gate_free(sshoal_gate *gate);

#ifdef __cplusplus
}
#endif
#endif
