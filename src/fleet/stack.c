/* SPDX-License-Identifier: MIT */
#include "fleet/stack.h"

#include <stdint.h>
#include <sys/mman.h>

/* Below the frame in use there is nothing that counts; what is given back
 * reads as zeros when it is next needed. */

#define PAGE_BYTES ((uintptr_t)4096)

/* What this very call needs below its frame. */
#define OWN_BYTES ((uintptr_t)512)

/* Workers call this near the top of their stack, and no login goes deeper. */
#define TRIM_BYTES ((uintptr_t)STACK_BYTES / 2)

void sshoal__stack_trim(void)
{
#ifndef SSHOAL_SANITIZE
	char *end = (char *)__builtin_frame_address(0) - OWN_BYTES;
	end -= (uintptr_t)end % PAGE_BYTES;
	(void)madvise(end - TRIM_BYTES, TRIM_BYTES, MADV_DONTNEED);
#endif
}
