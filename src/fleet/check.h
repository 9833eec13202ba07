/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_CHECK_H
#define SSHOAL_FLEET_CHECK_H

#include "fleet/connection.h"

/*
 * Runs the fleet's check, if it has one, after a job that went well: again
 * every CHECK_EVERY_MS until it passes, on the job's connection as long as that
 * is there. rc: of the job. Returns it, 0 where the check passed, else why it
 * did not: the attempt is marked as check_failed, but for a cancel and the
 * run's deadline.
 */
int sshoal__check_after(struct connection *connection, int rc);

/* Whether a job that is one command needs a connection for the check. */
bool sshoal__check_is_wanted(const struct attempt *attempt);

#endif
