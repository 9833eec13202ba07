/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_LOGS_H
#define SSHOAL_REPORT_LOGS_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/inventory.h>

#include "report/console.h"
#include "report/reporter.h"

struct logs_options {
	const char *path;          /* the folder */
	const sshoal_hosts *hosts; /* for their number and labels */
	const char *run;           /* what events call it; NULL: nothing yet */
	bool compress;
	bool moves_files; /* as in struct json_options */
	bool copies_id;
};

/*
 * Puts a reporter around the one that is there, which may be all zero: it
 * writes what each host says and how it ended into files of a folder. Files
 * have their names before the other is told of a host's end. The console, the
 * hosts and the path must stay.
 * 0, SSHOAL_EINVAL (a label is no file name), SSHOAL_ELOCAL (the folder; the
 * text says what and where) or SSHOAL_ENOMEM; the one that is there is
 * unchanged then.
 */
int sshoal__logs_new(struct reporter *reporter, struct console *console,
		     const struct logs_options *options, sshoal_error *error);

#endif
