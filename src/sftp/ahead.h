/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_AHEAD_H
#define SSHOAL_SFTP_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sftp/handle.h"
#include "sftp/pipeline.h"

/*
 * What is read ahead of a caller who reads a file in order: contents in a row
 * that are here or on their way. The sftp's thread.
 */
struct chunk;

struct ahead {
	struct chunk *first;
	struct chunk *last;
	uint64_t end;   /* where what was asked for ends */
	uint64_t place; /* where the last read ended */
	uint64_t run;   /* how much was read in order */
	size_t window;  /* how much is read ahead; 0: nothing */
};

/* A read begins at an offset: whether it follows those before decides how much
 * is read ahead from here on. What is of no use is forgotten. */
void sshoal__ahead_begin(struct ahead *ahead, uint64_t offset);

/* Asks for what is behind an offset as far as the window goes and the
 * connection takes it. */
void sshoal__ahead_feed(struct ahead *ahead, struct sshoal_sftp *sftp,
			const struct handle *handle, uint64_t offset);

/* Whether all that is up to an offset was asked for. */
bool sshoal__ahead_covers(const struct ahead *ahead, uint64_t offset);

/*
 * Moves what is at an offset into a buffer: how many bytes. *wait: what comes
 * next is on its way. *ended: the file ends there. With neither and fewer bytes
 * than there is room for, the rest must be asked for.
 */
size_t sshoal__ahead_take(struct ahead *ahead, uint64_t offset,
			  unsigned char *buffer, size_t size, bool *wait,
			  bool *ended);

/* A read of n bytes has ended at an offset. */
void sshoal__ahead_end(struct ahead *ahead, uint64_t offset, size_t n);

/* Forgets everything. What is on its way frees itself when it comes. */
void sshoal__ahead_forget(struct ahead *ahead);

#endif
