/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_MANIFEST_WALK_H
#define SSHOAL_SFTP_MANIFEST_WALK_H

#include <stdbool.h>

#include "sftp/manifest.h"

/* Fills a manifest that has its sources and their bases, and no entries. As
 * sshoal__manifest_new(); after a failure it is only good to be freed. */
int sshoal__manifest_walk(struct manifest *manifest, bool recursive,
			  sshoal_error *error);

#endif
