/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_CALLS_H
#define SSHOAL_SFTP_CALLS_H

#include "sftp/pipeline.h"

/* What the calls on one path have in common. */

/* Begins a call on a path that is sent as it is: 0, or a code and nothing else
 * is to be done. */
int sshoal__call_enter(struct sshoal_sftp *sftp, const char *path);

/* The same for one that needs an extension. */
int sshoal__call_enter_extended(struct sshoal_sftp *sftp, const char *path,
				enum sftp_extension extension);

/* Sends sftp->packet, waits for "ok", and ends the call. */
int sshoal__call_status(struct sshoal_sftp *sftp, const char *path);

/* Sends sftp->packet, waits for attributes, and ends the call. */
int sshoal__call_attributes(struct sshoal_sftp *sftp, const char *path,
			    sshoal_attributes *attributes);

/* Sends sftp->packet, waits for one name, and ends the call. */
int sshoal__call_name(struct sshoal_sftp *sftp, const char *path, char **name);

/* Reads a file system's numbers. 0 or SSHOAL_EPROTOCOL with a text. */
int sshoal__call_read_statvfs(struct sshoal_sftp *sftp, struct wire *body,
			      const char *path, sshoal_statvfs *statvfs);

#endif
