/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_DISPLAY_H
#define SSHOAL_CLI_DISPLAY_H

#include <stdbool.h>

#include "cli/options.h"
#include "report/console.h"
#include "report/lines.h"
#include "report/reporter.h"

/* What comes out, by what only the whole command line shows: fills in what is
 * implied and refuses what goes with nothing. chooses tells whether the way is
 * named by an option other than -b. 0, SSHOAL_EINVAL or SSHOAL_ENOMEM. */
int sshoal__display_check(struct options *options, bool chooses,
			  sshoal_error *error);

/* Makes the reporter of what run and script say: as lines or held. lines is
 * what is known of the hosts. 0 or SSHOAL_ENOMEM. */
int sshoal__display_output(struct reporter *reporter, struct console *console,
			   const struct options *options,
			   const struct lines_options *lines);

#endif
