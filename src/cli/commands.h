/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_COMMANDS_H
#define SSHOAL_CLI_COMMANDS_H

#include <sshoal/fleet.h>

#include "cli/options.h"
#include "report/console.h"

/* The program's commands. Each says what is wrong on the console and returns
 * the exit status. password is $SSHOAL_PASSWORD's, or NULL. */

int sshoal__cli_run(struct console *console, const struct options *options,
		    const char *password);

int sshoal__cli_script(struct console *console, const struct options *options,
		       const char *password);

/* put and get. */
int sshoal__cli_files(struct console *console, const struct options *options,
		      const char *password);

int sshoal__cli_ping(struct console *console, const struct options *options,
		     const char *password);

int sshoal__cli_hosts(struct console *console, const struct options *options);

int sshoal__cli_trust(struct console *console, const struct options *options);

int sshoal__cli_copy_id(struct console *console, const struct options *options,
			const char *password);

int sshoal__cli_rerun(struct console *console, const struct options *options,
		      const char *password);

int sshoal__cli_keygen(struct console *console, const struct options *options);

int sshoal__cli_report(struct console *console, const struct options *options);

int sshoal__cli_completion(struct console *console,
			   const struct options *options);

int sshoal__cli_help(struct console *console, int topic);

int sshoal__cli_version(struct console *console);

/* What those above share: does a job on the hosts that the options name. */
int sshoal__cli_drive(struct console *console, const struct options *options,
		      const sshoal_job *job, const char *password);

/* The same for a job that runs a command or a script: in what the options say,
 * which it puts into the job. */
int sshoal__cli_drive_surrounded(struct console *console,
				 const struct options *options, sshoal_job *job,
				 const char *password);

/* Says what failed; returns the exit status for it. */
int sshoal__cli_fail(struct console *console, int code, const char *text);

#endif
