/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_STEP_H
#define SSHOAL_SFTP_STEP_H

#include <stdint.h>

#include "sftp/pipeline.h"

/*
 * One request of a file that is being moved, with what its answer is for. It is
 * made for one request and freed after its answer.
 */
struct step {
	struct sftp_request request;
	/* Given the answer; the step is freed when it returns. */
	void (*done)(struct step *step, const struct sftp_reply *reply);
	void *owner;
	uint64_t offset; /* of contents */
	size_t size;
	int kind; /* the owner's */
};

/* NULL: no memory. */
struct step *sshoal__step_new(void *owner,
			      void (*done)(struct step *step,
					   const struct sftp_reply *reply));

/* Sends sftp->packet as that step's request, which is freed when this fails: 0,
 * or as sshoal__sftp_send(). A step of NULL is SSHOAL_ENOMEM. */
int sshoal__step_send(struct sshoal_sftp *sftp, struct step *step,
		      const struct sftp_loan *loan);

#endif
