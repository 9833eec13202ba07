/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_REPORTER_H
#define SSHOAL_REPORT_REPORTER_H

#include <stddef.h>

#include <sshoal/transfer.h>

#include "report/outcome.h"
#include "report/tally.h"

/*
 * One way to show a run while it goes on: callbacks and their state. Any
 * callback may be NULL. Each returns 0, SSHOAL_ENOMEM, SSHOAL_EIO when the
 * console has failed, or SSHOAL_ELOCAL when something else that it writes to
 * has, which it has told; the run is ended then.
 */
struct reporter {
	int (*begin)(void *state, const struct host *host);
	int (*output)(void *state, const struct host *host, int stream,
		      const void *bytes, size_t size_bytes);
	/* host is NULL where the whole run is meant. A reporter without this
	 * has its notes on standard error. */
	int (*note)(void *state, const struct host *host, int level,
		    const char *text);
	/* For files that changed, failed or were left out. */
	int (*file)(void *state, const struct host *host,
		    const sshoal_transfer_file *file);
	int (*result)(void *state, const struct outcome *outcome);
	/* Once, after everything else. */
	int (*summary)(void *state, const struct tally *tally,
		       double duration_ms, int exit_status);
	void (*free)(void *state);
	void *state;
};

#endif
