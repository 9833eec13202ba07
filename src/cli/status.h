/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_STATUS_H
#define SSHOAL_CLI_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/fleet.h>

/*
 * Says on standard error how a run stands, whenever a signal asks: who is
 * running, in which phase, for how long, and who is left.
 */
struct status;

/* Begins to listen. Hosts and fleet are borrowed. wipes: there is a line that is
 * drawn over and over, to be wiped. 0, SSHOAL_ENOMEM, SSHOAL_ELOCAL. */
int sshoal__status_new(struct status **status, const sshoal_hosts *hosts,
		       const sshoal_fleet *fleet, bool wipes);

/* A host's turn has come, and it has its result. NULL is ignored. */
void sshoal__status_begin(struct status *status, size_t index);
void sshoal__status_end(struct status *status, size_t index);

/* Listens no more. NULL is ignored. */
void sshoal__status_free(struct status *status);

#endif
