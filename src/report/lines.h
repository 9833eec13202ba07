/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_LINES_H
#define SSHOAL_REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "report/console.h"
#include "report/reporter.h"

struct lines_options {
	size_t host_count;  /* indexes are below it */
	size_t label_width; /* of the longest label, for a terminal */
	bool no_label;      /* bytes as they are */
	bool raw;           /* control characters too, on a terminal */
};

/*
 * Output as lines, each after its host's label, never mixed. The console must
 * stay. 0 or SSHOAL_ENOMEM.
 */
int sshoal__lines_new(struct reporter *reporter, struct console *console,
		      const struct lines_options *options);

#endif
