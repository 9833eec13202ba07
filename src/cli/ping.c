/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

/* ping: connects and logs in, no more. */

int sshoal__cli_ping(struct console *console, const struct options *options,
		     const char *password)
{
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_PING;
	return sshoal__cli_drive(console, options, &job, password);
}
