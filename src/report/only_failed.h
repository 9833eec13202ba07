/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_ONLY_FAILED_H
#define SSHOAL_REPORT_ONLY_FAILED_H

#include <stddef.h>

#include "report/console.h"
#include "report/reporter.h"

/*
 * Has a reporter tell of hosts that are not ok alone: their output is held
 * until they have ended. The reporter is replaced by one that owns it; it stays
 * as it is after a failure. 0 or SSHOAL_ENOMEM.
 */
int sshoal__only_failed_new(struct reporter *reporter, struct console *console,
			    size_t host_count);

#endif
