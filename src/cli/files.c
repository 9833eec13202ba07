/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

/* put and get: the last word is where everything before it goes. */

int sshoal__cli_files(struct console *console, const struct options *options,
		      const char *password)
{
	const struct text_list *words = &options->words.words;
	const struct file_options *files = &options->files;
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = options->command == CLI_COMMAND_PUT ? SSHOAL_JOB_PUT :
							 SSHOAL_JOB_GET;
	job.sources = words->items;
	job.source_count = words->count - 1;
	job.destination = words->items[words->count - 1];
	job.transfer = &files->transfer;
	job.then_command = files->then_command;
	job.whole_paths = files->whole_paths;
	job.allow_missing = files->allow_missing;
	return sshoal__cli_drive(console, options, &job, password);
}
