/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_VERDICT_H
#define SSHOAL_REPORT_VERDICT_H

#include <stdbool.h>

#include "report/tally.h"

/* The program's exit statuses; a signal's is 128 and its number. */
enum verdict {
	VERDICT_OK = 0,
	VERDICT_FAILED = 1,     /* a command ended badly */
	VERDICT_USAGE = 2,      /* options, files; nothing was contacted */
	VERDICT_UNREACHED = 3,  /* a host could not be reached or was lost */
	VERDICT_UNFINISHED = 4, /* a host had no time */
	VERDICT_LOCAL = 5,      /* something on this machine */
	VERDICT_HELD = 6,       /* a lock or a journal is another's */
	VERDICT_SIGNAL = 128
};

/* What happened beside the hosts' outcomes. */
struct circumstances {
	bool failed_locally; /* memory, or writing what came out */
	bool maximum;        /* -S: the largest exit status instead of 1 */
	int signal;          /* that ended the run; 0: none */
};

/* The class that a status belongs to: VERDICT_OK or what a run of such hosts
 * alone exits with. */
int sshoal__verdict_class(enum sshoal_status status);

/* The exit status of a run: the first that applies in the order of the
 * manual. */
int sshoal__verdict_of(const struct tally *tally,
		       const struct circumstances *circumstances);

#endif
