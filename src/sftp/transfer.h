/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_TRANSFER_H
#define SSHOAL_SFTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/transfer.h>

#include "sftp/pipeline.h"
#include "work/rate.h"

/*
 * What uploads and downloads have in common: one call that moves many files at
 * a time over one session, counts what became of them and tells it. The
 * session's thread.
 */
struct transfer {
	struct sshoal_sftp *sftp;
	const sshoal_transfer_options *options;
	struct rate *rate; /* NULL: as fast as it goes */
	sshoal_transfer_summary summary;
	sshoal_transfer_progress progress;
	int64_t told_ms;   /* when progress was told last */
	int64_t booked_ms; /* from when on the next contents may be moved */
	bool booked;
	bool was_cancelled; /* a callback returned other than 0 */
	int64_t clean_ms;   /* once it was ended: until when it removes what it
				left */
	struct client_ends ends; /* and what ended the client's waits before */
	uint32_t active;         /* files under way */
	unsigned char *room; /* where contents come in: one answer at a time */
	sshoal_error first;  /* of the first file that failed; code 0: none */
	sshoal_error end;    /* what ended all of it; code 0: nothing */
};

/* Takes a caller's options of any release, checked. 0 or SSHOAL_EINVAL. */
int sshoal__transfer_options_take(sshoal_transfer_options *own,
				  const sshoal_transfer_options *given,
				  sshoal_error *error);

/* A caller's call that moves files, from its options to its end. */
struct transfer_call {
	sshoal_transfer_options options;
	struct rate *rate; /* NULL: as fast as it goes */
};

/* Takes the options and enters the sftp. 0, or a code with its text in error,
 * and nothing else is to be done. */
int sshoal__transfer_enter(struct transfer_call *call, struct sshoal_sftp *sftp,
			   const sshoal_transfer_options *given,
			   sshoal_error *error);

/* Ends it: what it came to is for sftp and caller. Returns the code. */
int sshoal__transfer_leave(struct transfer_call *call, struct sshoal_sftp *sftp,
			   int code, const sshoal_error *what,
			   sshoal_error *error);

/* rate is borrowed. _fini() is due in any case. */
void sshoal__transfer_init(struct transfer *transfer, struct sshoal_sftp *sftp,
			   const sshoal_transfer_options *options,
			   struct rate *rate);
void sshoal__transfer_fini(struct transfer *transfer);

/* Whether another file may be begun: as many as the server lets be open. */
bool sshoal__transfer_has_place(const struct transfer *transfer);

/* Whether n bytes of contents may be moved at this moment; they count as
 * moved then. */
bool sshoal__transfer_may_move(struct transfer *transfer, size_t n);

/* SFTP_CHUNK bytes for contents that come, as a request's room; NULL: no
 * memory, or more than that. Valid until the answer was given. */
unsigned char *sshoal__transfer_room(struct transfer *transfer, size_t n);

/* A file is done with: counts it and tells it. progress.bytes is the caller's
 * to count. */
void sshoal__transfer_tell(struct transfer *transfer,
			   const sshoal_transfer_file *file);

/* Ends all of it with a code; the first one counts. */
void sshoal__transfer_end(struct transfer *transfer, int code,
			  const sshoal_error *error);

/*
 * One turn of the session, if something is under way on it. What ends it is in transfer->end then: a cancel, a
 * limit, or what ended the session itself. From then on turns go on without the
 * caller's cancel and limit for a few seconds, so that what is there can be
 * removed; after that the session is ended. So who turns until nothing is under
 * way comes to an end.
 */
void sshoal__transfer_turn(struct transfer *transfer);

/* What it came to in all: tells the progress once more, writes the caller's
 * summary. 0 or a code with a text. */
int sshoal__transfer_outcome(struct transfer *transfer, sshoal_error *error);

#endif
