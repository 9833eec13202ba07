/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_COPIED_H
#define SSHOAL_REPORT_COPIED_H

#include <stddef.h>

#include "report/console.h"
#include "report/reporter.h"

/* One line on standard output for each host as it ends: what became of the key
 * there. The console must stay. 0 or SSHOAL_ENOMEM. */
int sshoal__copied_new(struct reporter *reporter, struct console *console,
		       size_t label_width);

#endif
