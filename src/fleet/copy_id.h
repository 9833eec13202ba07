/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_COPY_ID_H
#define SSHOAL_FLEET_COPY_ID_H

#include "fleet/attempt.h"

struct run;

/* Whether the key that is installed can be proven, so that another may be
 * removed; the agent has been asked. 0 or SSHOAL_EINVAL. */
int sshoal__copy_id_check(const struct run *run, sshoal_error *error);

/*
 * Installs the job's key, proves it and removes the old one. The session is
 * over afterwards. 0, also where the script there ended with another status
 * than 0; SSHOAL_EAUTH where the key was installed and is refused; what a
 * login and a command fail with.
 */
int sshoal__copy_id_run(struct attempt *attempt, struct session *session);

#endif
