/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_HANDLE_H
#define SSHOAL_SFTP_HANDLE_H

#include <stddef.h>

#include "sftp/pipeline.h"

/* What a server calls a file or directory that is open. */
struct handle {
	unsigned char bytes[SFTP_HANDLE_MAX];
	size_t size; /* 0: nothing is open */
};

/* Sends sftp->packet and waits for a handle. 0 or a code, with its text in
 * sftp->error. */
int sshoal__handle_open(struct handle *handle, struct sshoal_sftp *sftp,
			const char *path);

/* Closes it and waits for the answer; one that is not open is ignored. */
int sshoal__handle_close(struct handle *handle, struct sshoal_sftp *sftp,
			 const char *path);

/* Begins a request about it in sftp->packet. */
void sshoal__handle_begin(const struct handle *handle, struct sshoal_sftp *sftp,
			  enum sftp_type type);

#endif
