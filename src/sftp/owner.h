/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_OWNER_H
#define SSHOAL_SFTP_OWNER_H

#include <sshoal/transfer.h>

#include "sftp/pipeline.h"

/*
 * options->owner, "USER" or "USER:GROUP", becomes uid and gid: numbers at once,
 * names by one of the calls below. Each does nothing where there is no name.
 */

/* 0, or SSHOAL_EINVAL for what is neither a number nor a name. */
int sshoal__owner_take(sshoal_transfer_options *options, sshoal_error *error);

/* As this machine knows them. 0, SSHOAL_EINVAL (it knows none), SSHOAL_ENOMEM.
 */
int sshoal__owner_here(sshoal_transfer_options *options, sshoal_error *error);

/* As the host knows them, by commands on it. Not inside of an answer. 0;
 * SSHOAL_EREMOTE (it knows none), SSHOAL_EUNSUPPORTED (no command can be run);
 * what ended the session. */
int sshoal__owner_there(struct sshoal_sftp *sftp,
			sshoal_transfer_options *options, sshoal_error *error);

#endif
