/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_GATHER_H
#define SSHOAL_REPORT_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "report/console.h"
#include "report/mask.h"
#include "report/reporter.h"

struct gather_options {
	size_t host_count;    /* indexes are below it */
	bool raw;             /* control characters too, on a terminal */
	bool diff;            /* what differs from the largest group, no more */
	struct mask *mask;    /* owned by the reporter, unless it could not be
			      made; NULL: none */
	struct reporter live; /* likewise; told of everything as it comes; all
				 zero: none */
};

/*
 * Gathers what hosts say, and at the end shows those together that said the
 * same and ended alike. The console must stay. 0 or SSHOAL_ENOMEM.
 */
int sshoal__gather_new(struct reporter *reporter, struct console *console,
		       const struct gather_options *options);

#endif
