/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_BY_HOST_H
#define SSHOAL_REPORT_BY_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "report/console.h"
#include "report/reporter.h"

struct by_host_options {
	size_t host_count; /* indexes are below it */
	bool raw;          /* control characters too, on a terminal */
	bool sorted;       /* in list order, and not as hosts end */
};

/* Each host's whole output under its name, as it ends. The console must stay.
 * 0 or SSHOAL_ENOMEM. */
int sshoal__by_host_new(struct reporter *reporter, struct console *console,
			const struct by_host_options *options);

#endif
