/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ENDING_H
#define SSHOAL_FLEET_ENDING_H

#include "fleet/attempt.h"

/* How an attempt's command is ended; its members point at each other. */
struct attempt_ending {
	struct exec_ending exec;
	struct client_adoption as;
	struct channel_sink sink;
};

/* Fills it in, for the attempt's plan and run. */
void sshoal__ending_init(struct attempt_ending *ending,
			 struct attempt *attempt);

/* How a session of the attempt's becomes a client. */
struct client_adoption sshoal__ending_adoption(const struct attempt *attempt);

/* Says in the attempt's error what became of a command that was ended. */
void sshoal__ending_tell(struct attempt *attempt);

#endif
