/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_TREE_H
#define SSHOAL_SFTP_TREE_H

#include <stdint.h>

#include "sftp/pipeline.h"

/* sshoal_sftp_mkdir_all() inside of another call: 0, or a code with its text in
 * sftp->error. */
int sshoal__tree_make(struct sshoal_sftp *sftp, const char *path,
		      uint32_t mode);

#endif
