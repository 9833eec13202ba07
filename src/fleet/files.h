/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_FILES_H
#define SSHOAL_FLEET_FILES_H

#include "fleet/attempt.h"
#include "ssh/session.h"

/*
 * A worker's upload or download, as the job says, and the command after it.
 * Takes the session over. 0, or as sshoal_sftp_put() and sshoal__exec_run().
 */
int sshoal__files_move(struct attempt *attempt, struct session *session);

#endif
