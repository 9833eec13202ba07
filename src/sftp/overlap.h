/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_OVERLAP_H
#define SSHOAL_SFTP_OVERLAP_H

#include <stdint.h>

#include "sftp/pipeline.h"

/*
 * The SHA-256 of the first n bytes of a file there, made by a command on the
 * host, so that they need not be moved. Not to be called inside of an answer.
 * 0; SSHOAL_EUNSUPPORTED where no command can be run or it says something else;
 * what ended the session.
 */
int sshoal__overlap_digest(struct sshoal_sftp *sftp, const char *path,
			   uint64_t n, unsigned char digest[32],
			   sshoal_error *error);

#endif
