/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_PUT_H
#define SSHOAL_SFTP_PUT_H

#include <stdbool.h>

#include <sshoal/transfer.h>

#include "sftp/manifest.h"
#include "sftp/pipeline.h"
#include "sftp/source.h"
#include "work/rate.h"

/* One host's part of an upload. Everything is borrowed; manifest, source and
 * rate may be shared with other threads. */
struct put_plan {
	const struct manifest *manifest;
	struct source *source;
	struct rate *rate;                      /* NULL: as fast as it goes */
	const char *destination;                /* as sshoal_job's */
	const sshoal_transfer_options *options; /* whole */
};

/*
 * Uploads everything. options->summary is written in any case. As
 * sshoal_sftp_put(). When it is ended by a cancel or the run's limit, it still
 * removes what it left, for which it has a few seconds.
 */
int sshoal__put(struct sshoal_sftp *sftp, const struct put_plan *plan,
		sshoal_error *error);

#endif
