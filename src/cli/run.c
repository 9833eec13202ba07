/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stdlib.h>

#include "cli/words.h"

/* run: a command on every host. */

int sshoal__cli_run(struct console *console, const struct options *options,
		    const char *password)
{
	const struct text_list *words = &options->words.words;
	char *line = sshoal__words_join(words->items, words->count,
					options->words.quote != 0);
	if (!line)
		return sshoal__cli_fail(console, SSHOAL_ENOMEM,
					sshoal_error_text(SSHOAL_ENOMEM));
	if (!*line) {
		free(line);
		return sshoal__cli_fail(console, SSHOAL_EINVAL,
					"run: the command is empty; write "
					"what to run after --");
	}
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_COMMAND;
	job.command = line;
	int status =
		sshoal__cli_drive_surrounded(console, options, &job, password);
	free(line);
	return status;
}
