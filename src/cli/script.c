/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

/* script: a file from here, run on every host. */

int sshoal__cli_script(struct console *console, const struct options *options,
		       const char *password)
{
	const struct text_list *words = &options->words.words;
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_SCRIPT;
	job.sources = words->items;
	job.source_count = 1;
	job.arguments = words->items + 1;
	job.argument_count = words->count - 1;
	job.interpreter = options->files.interpreter;
	return sshoal__cli_drive_surrounded(console, options, &job, password);
}
