/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_REPORT_H
#define SSHOAL_REPORT_REPORT_H

#include <stdbool.h>

#include <sshoal/fleet.h>

#include "report/console.h"
#include "report/progress.h"
#include "report/reporter.h"
#include "report/tally.h"

/* How much a person wants to be told. */
enum verbosity {
	VERBOSITY_SILENT = -2,   /* -qq: no summary */
	VERBOSITY_QUIET = -1,    /* -q: no notes, a summary where one is due */
	VERBOSITY_NORMAL = 0,    /* warnings and the summary */
	VERBOSITY_DETAILS = 1,   /* -v */
	VERBOSITY_EVERYTHING = 2 /* -vv */
};

/* A run on its way to the person: a reporter for the hosts, the tally, and our
 * own words on standard error. */
struct report {
	struct console *console;   /* borrowed */
	struct reporter reporter;  /* all zero: only the summary */
	struct reporter journal;   /* is told first; all zero: there is none */
	struct progress *progress; /* owned; NULL: none is shown */
	struct tally tally;
	/* Takes results in the place of telling them; NULL: they are told. */
	sshoal_result_cb *hold;
	void *hold_data;
	int verbosity;       /* enum verbosity */
	bool failed_locally; /* something could not be told or written */
};

/* For sshoal_fleet_run(), with the report as data. */
extern const sshoal_fleet_callbacks sshoal__report_callbacks;

/* Counts and tells how a host ended. 0, or what went wrong with telling it. */
int sshoal__report_tell(struct report *report, const struct outcome *outcome);

/* Prints the summary, after the last callback. */
void sshoal__report_finish(struct report *report, double duration_ms,
			   int exit_status);

/* Frees what the report owns: reporters, progress and tally. */
void sshoal__report_fini(struct report *report);

#endif
