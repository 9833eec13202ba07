/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_CAUTION_H
#define SSHOAL_CLI_CAUTION_H

#include <sshoal/cancel.h>
#include <sshoal/fleet.h>
#include <sshoal/inventory.h>

#include "cli/options.h"
#include "report/console.h"

/* --confirm: asks where there are more hosts than it says. A rerun asks on a
 * terminal where hosts may have run the command before. 0,
 * SSHOAL_EINVAL (no, or no terminal), or what sshoal__prompt_yes() returned. */
int sshoal__caution_ask(const struct caution_options *options,
			const sshoal_hosts *hosts, sshoal_cancel *cancel,
			sshoal_error *error);

/* --dry-run: prints the hosts, their batches and what would be done with them.
 * Returns the exit status. */
int sshoal__caution_show(struct console *console, const sshoal_hosts *hosts,
			 const sshoal_job *job,
			 const sshoal_fleet_options *fleet);

#endif
