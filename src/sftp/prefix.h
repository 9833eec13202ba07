/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_PREFIX_H
#define SSHOAL_SFTP_PREFIX_H

#include <stddef.h>
#include <stdint.h>

#include "sftp/source.h"

/* The SHA-256 of the first n bytes of a source's file, which has as many. 0 or
 * as sshoal__source_block(). */
int sshoal__prefix_digest(struct source *source, size_t entry, uint64_t n,
			  unsigned char digest[SOURCE_DIGEST],
			  sshoal_error *error);

#endif
