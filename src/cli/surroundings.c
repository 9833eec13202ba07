/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What a job's members point to: as long as it is driven. */
struct surroundings {
	const char **env; /* ended by NULL; NULL: none */
	int stdin_fd;
};

/* A terminal there is as large as the one here, if there is one. */

static void set_size(sshoal_job *job)
{
	struct winsize size = { .ws_col = 0 };
	for (int fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--) {
		if (ioctl(fd, TIOCGWINSZ, &size) != 0)
			continue;
		job->columns = size.ws_col;
		job->rows = size.ws_row;
		return;
	}
}

static int init(struct surroundings *own, sshoal_job *job,
		const struct surrounding_options *options)
{
	const struct text_list *variables = &options->variables;
	*own = (struct surroundings){ .stdin_fd = STDIN_FILENO };
	if (variables->count > 0) {
		own->env = calloc(variables->count + 1, sizeof *own->env);
		if (!own->env)
			return SSHOAL_ENOMEM;
		memcpy(own->env, variables->items,
		       variables->count * sizeof *own->env);
	}
	job->env = own->env;
	job->cwd = options->folder;
	job->sudo_user = options->sudo_user;
	if (options->input && strcmp(options->input, "-") == 0)
		job->stdin_fd = &own->stdin_fd;
	else
		job->stdin_path = options->input;
	job->pty = options->terminal;
	if (job->pty)
		set_size(job);
	return 0;
}

int sshoal__cli_drive_surrounded(struct console *console,
				 const struct options *options, sshoal_job *job,
				 const char *password)
{
	struct surroundings own;
	int rc = init(&own, job, &options->surroundings);
	int status = rc ? sshoal__cli_fail(console, rc, sshoal_error_text(rc)) :
			  sshoal__cli_drive(console, options, job, password);
	free(own.env);
	return status;
}
