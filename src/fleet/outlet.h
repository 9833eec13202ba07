/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_OUTLET_H
#define SSHOAL_FLEET_OUTLET_H

#include <sshoal/transfer.h>

#include "fleet/events.h"
#include "ssh/channel.h"

struct attempt;

/* What a piece of output or a note is on its way to the scheduler. */
struct event_bytes {
	struct event event;
	unsigned char bytes[];
};

/* What a file is; its strings point into the event. */
struct event_file {
	struct event event;
	sshoal_transfer_file file;
	char strings[];
};

struct event_progress {
	struct event event;
	sshoal_transfer_progress progress;
};

/*
 * What a worker tells the scheduler of its attempt. Output, files and progress
 * wait for room in the event queue, until a limit comes or work is cancelled:
 * 0, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED or SSHOAL_ENOMEM. The rest is told at
 * once, or not at all where memory is short.
 */

/* The attempt has come to one of enum sshoal_phase. */
void sshoal__outlet_enter(struct attempt *attempt, int phase);

void sshoal__outlet_note(struct attempt *attempt, const char *text);

/* Where a command's output goes; the data is the attempt. put() gives
 * SSHOAL_ELIMIT where more came than the run allows. */
struct channel_sink sshoal__outlet_sink_of(struct attempt *attempt);

/* Where that goes while the command is ended: what there is no room for is
 * dropped, and no limit is touched. */
struct channel_sink sshoal__outlet_last_sink_of(struct attempt *attempt);

int sshoal__outlet_file(struct attempt *attempt,
			const sshoal_transfer_file *file);
int sshoal__outlet_progress(struct attempt *attempt,
			    const sshoal_transfer_progress *progress);

#endif
