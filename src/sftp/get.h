/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_GET_H
#define SSHOAL_SFTP_GET_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/transfer.h>

#include "sftp/pipeline.h"
#include "work/rate.h"

/* One host's part of a download. Everything is borrowed. */
struct get_plan {
	const char *const *sources; /* there */
	size_t source_count;
	const char *destination; /* a directory here, made where it is missing
				    once something comes; with may_rename also
				    the name of a file or tree */
	struct rate *rate;       /* NULL: as fast as it goes */
	const sshoal_transfer_options *options; /* whole */
	bool may_rename;    /* one source: what destination says may be its new
			       name, as sshoal_sftp_get() has it */
	bool globs;         /* * ? [ ] in sources match names there */
	bool whole_paths;   /* with all directories of a source's path */
	bool allow_missing; /* a source that is not there is no failure */
};

/* Downloads everything. options->summary is written in any case. As
 * sshoal_sftp_get(). */
int sshoal__get(struct sshoal_sftp *sftp, const struct get_plan *plan,
		sshoal_error *error);

#endif
