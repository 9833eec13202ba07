/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_DRIVE_H
#define SSHOAL_CLI_DRIVE_H

#include <stdbool.h>

#include "cli/commands.h"
#include "report/report.h"

/* What a step may look at. It is valid during the call. */
struct drive_view {
	struct console *console;
	struct report *report;
	const sshoal_hosts *hosts;
	const sshoal_hosts *part; /* NULL: no part was named */
	sshoal_fleet *fleet;      /* of the hosts, in their order */
	sshoal_cancel *cancel;
};

/*
 * What a command does around the run of its job: all results of the run are
 * given to hold(), and settle() tells what became of each host.
 */
struct drive_step {
	const char *part; /* an expression for some of the hosts; may be NULL */
	bool contacts_none; /* there is no run */
	/* Before anything is contacted. 0, or what is wrong with the command
	 * line and files. */
	int (*prepare)(const struct drive_view *view, void *data,
		       sshoal_error *error);
	sshoal_result_cb *hold;
	/* After the run, unless it could not be. 0, or what could not be told;
	 * with a text in error where that is not known yet. */
	int (*settle)(const struct drive_view *view, void *data,
		      sshoal_error *error);
	void *data; /* of the three */
};

/* As sshoal__cli_drive(). */
int sshoal__cli_drive_step(struct console *console,
			   const struct options *options, const sshoal_job *job,
			   const char *password, const struct drive_step *step);

#endif
