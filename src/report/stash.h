/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_STASH_H
#define SSHOAL_REPORT_STASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

/* How much is held in memory, of all hosts together and of each. */
#define STASH_MEMORY ((size_t)16 * 1024 * 1024)
#define STASH_HOST_MEMORY ((size_t)8 * 1024 * 1024)

/*
 * Where output is held: in memory as far as it may be, which its holders count
 * here, and else in one unlinked temporary file in $TMPDIR (else the system's
 * folder for such files) that is made when it is needed.
 */
struct stash {
	size_t memory;      /* bytes that are held in memory */
	size_t memory_most; /* STASH_MEMORY, or less for a test */
	uint64_t end;       /* of the file */
	uint64_t live;      /* bytes of the file that somebody needs */
	int fd;             /* -1: no file was needed */
	bool has_failed;    /* nothing more is taken */
};

#define STASH_INIT \
	{ \
		.memory_most = STASH_MEMORY, .fd = -1 \
	}

/* Writes bytes into the file and says where they are. 0, or SSHOAL_ELOCAL: the
 * text says which file, why and what to do, once; later failures have none. */
int sshoal__stash_write(struct stash *stash, const void *bytes, size_t n,
			uint64_t *at, sshoal_error *error);

/* Reads n bytes back. 0 or SSHOAL_ELOCAL. */
int sshoal__stash_read(const struct stash *stash, uint64_t at, void *bytes,
		       size_t n, sshoal_error *error);

/* Gives the file system back what nobody needs. */
void sshoal__stash_release(struct stash *stash, uint64_t at, uint64_t n);

void sshoal__stash_fini(struct stash *stash);

#endif
