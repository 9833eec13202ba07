/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_POOL_H
#define SSHOAL_WORK_POOL_H

#include <stdint.h>

#include <sshoal/pool.h>

/*
 * Gives up a piece of work that is being done and will perhaps never return.
 * Its thread is detached and does not count any longer: work that waits gets
 * another in its place at once, sshoal_pool_join() and sshoal_pool_free() do
 * not wait for it. When the work does return, its future is finished as any
 * other and the thread ends itself, also after the pool was freed.
 *
 * Returns 0, SSHOAL_ENOENT when no thread does this work (it has not begun, or
 * has ended), SSHOAL_EINVAL, or SSHOAL_ELOCAL: it was abandoned, but no thread
 * is left for the work that waits, and the system refused another; the next
 * submit or join tries again.
 */
int sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future);

/* How many threads the pool has, abandoned ones not counted. */
uint32_t sshoal__pool_threads(sshoal_pool *pool);

/* How often the system refused the pool a thread. */
uint32_t sshoal__pool_refused(sshoal_pool *pool);

#endif
