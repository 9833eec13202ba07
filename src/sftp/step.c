/* SPDX-License-Identifier: MIT */
#include "sftp/step.h"

#include <stddef.h>
#include <stdlib.h>

static void on_answer(struct sftp_request *request,
		      const struct sftp_reply *reply)
{
	struct step *step = (struct step *)((char *)request -
					    offsetof(struct step, request));
	step->done(step, reply);
	free(step);
}

struct step *sshoal__step_new(void *owner,
			      void (*done)(struct step *step,
					   const struct sftp_reply *reply))
{
	struct step *made = malloc(sizeof *made);
	if (!made)
		return NULL;
	*made = (struct step){
		.request = { .answered = on_answer },
		.done = done,
		.owner = owner,
	};
	return made;
}

int sshoal__step_send(struct sshoal_sftp *sftp, struct step *step,
		      const struct sftp_loan *loan)
{
	if (!step) {
		if (loan && loan->release)
			loan->release(loan->data);
		return SSHOAL_ENOMEM;
	}
	int rc = sshoal__sftp_send(sftp, &sftp->packet, &step->request, loan);
	if (rc)
		free(step);
	return rc;
}
