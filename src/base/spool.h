/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_SPOOL_H
#define SSHOAL_BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "base/buffer.h"

/*
 * Bytes on their way from one who does not wait to one who takes its time:
 * the first ones in memory, the rest in an unlinked temporary file in $TMPDIR
 * (else the system's folder for such files), which is made when it is needed.
 * First in, first out. One thread.
 */
struct spool {
	struct buffer head;  /* comes out first */
	uint64_t file_start; /* what of the file comes out next */
	uint64_t file_end;
	int fd; /* -1: no file was needed */
};

/* How much is held in memory. */
#define SPOOL_MEMORY ((size_t)1024 * 1024)

#define SPOOL_INIT \
	{ \
		.head = BUFFER_INIT(SPOOL_MEMORY), .fd = -1 \
	}

static inline uint64_t sshoal__spool_size(const struct spool *spool)
{
	return sshoal__buffer_size(&spool->head) + spool->file_end -
	       spool->file_start;
}

/* Adds bytes at the end. 0, SSHOAL_ENOMEM, SSHOAL_EIO or SSHOAL_ELOCAL (the
 * file: the text says which and why); nothing is added then. */
int sshoal__spool_put(struct spool *spool, const void *bytes, size_t n,
		      sshoal_error *error);

/* Takes up to n bytes out at the start. *taken tells how many, 0 when it is
 * empty. 0 or SSHOAL_EIO. */
int sshoal__spool_take(struct spool *spool, void *bytes, size_t n,
		       size_t *taken, sshoal_error *error);

/* Copies up to n bytes that lie offset bytes behind the start, as far as they
 * are there; they stay. Codes as above. */
int sshoal__spool_peek(const struct spool *spool, uint64_t offset, void *bytes,
		       size_t n, size_t *copied, sshoal_error *error);

/* Forgets what it holds. */
void sshoal__spool_fini(struct spool *spool);

#endif
