/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_FILES_H
#define SSHOAL_REPORT_FILES_H

#include "report/console.h"
#include "report/lines.h"
#include "report/reporter.h"

/*
 * One line on standard output for each host as its transfer ends; files that
 * failed or were left out on standard error, and with a verbosity over 0 those
 * that changed. What a command says comes as lines do. The console must stay.
 * 0 or SSHOAL_ENOMEM.
 */
int sshoal__files_new(struct reporter *reporter, struct console *console,
		      const struct lines_options *options, int verbosity);

#endif
