/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_SCRIPT_H
#define SSHOAL_FLEET_SCRIPT_H

#include "fleet/attempt.h"
#include "ssh/session.h"

/*
 * Uploads the job's script into a folder of its own, runs it and removes it,
 * whatever became of it. Takes the session over. 0, or as sshoal_sftp_open(),
 * sshoal_file_write() and sshoal__exec_run().
 */
int sshoal__script_run(struct attempt *attempt, struct session *session);

#endif
