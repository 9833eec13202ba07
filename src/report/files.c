/* SPDX-License-Identifier: MIT */
#include "report/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/amount.h"
#include "report/report.h"

/* Says of each host what became of its files. */

struct files {
	struct console *console;
	struct reporter lines; /* for what a command says */
	size_t label_width;
	int verbosity; /* enum verbosity */
};

static int on_output(void *state, const struct host *host, int stream,
		     const void *bytes, size_t size_bytes)
{
	struct files *files = state;
	return files->lines.output(files->lines.state, host, stream, bytes,
				   size_bytes);
}

/* One line, whatever a name holds. */
static int print(struct console *console, int stream, char *line, int n)
{
	if (n < 0)
		return SSHOAL_ENOMEM;
	for (char *p = strchr(line, '\n'); p; p = strchr(p, '\n'))
		*p = ' ';
	(void)sshoal__console_write_visible(console, stream, line, (size_t)n);
	free(line);
	return sshoal__console_print(console, stream, "\n");
}

static bool begins_with(const char *text, const char *path)
{
	return *path && strncmp(text, path, strlen(path)) == 0;
}

static int on_file(void *state, const struct host *host,
		   const sshoal_transfer_file *file)
{
	struct files *files = state;
	const char *text = file->text;
	int least = file->code     ? VERBOSITY_QUIET :
		    file->left_out ? VERBOSITY_NORMAL :
				     VERBOSITY_DETAILS;
	if (files->verbosity < least)
		return 0;
	if (!file->code && !file->left_out)
		text = "changed";
	bool is_named = begins_with(text, file->remote) ||
			begins_with(text, file->local);
	char *line = NULL;
	int n = asprintf(&line, "%s: %s%s%s", host->label,
			 is_named ? "" : file->remote, is_named ? "" : ": ",
			 text);
	return print(files->console, SSHOAL_STDERR, line, n);
}

static int print_ok(const struct files *files, const struct outcome *outcome,
		    int padding)
{
	char amount[AMOUNT_SIZE];
	char *line = NULL;
	int n = asprintf(&line,
			 "%s: %*s%" PRIu64 " file%s, %" PRIu64
			 " changed, %s in %.1f s",
			 outcome->host.label, padding, "", outcome->files,
			 outcome->files == 1 ? "" : "s", outcome->changed,
			 sshoal__amount_of(amount, outcome->bytes),
			 outcome->duration_ms / 1000);
	return print(files->console, SSHOAL_STDOUT, line, n);
}

static int print_failure(const struct files *files,
			 const struct outcome *outcome, int padding)
{
	char *text = sshoal__outcome_text(outcome, true);
	if (!text)
		return SSHOAL_ENOMEM;
	char *line = NULL;
	int n = asprintf(&line, "%s: %*s%s", outcome->host.label, padding, "",
			 text);
	free(text);
	return print(files->console, SSHOAL_STDOUT, line, n);
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct files *files = state;
	int lines_rc = files->lines.result(files->lines.state, outcome);
	size_t width = strlen(outcome->host.label);
	bool is_padded =
		sshoal__console_is_terminal(files->console, SSHOAL_STDOUT) &&
		width < files->label_width;
	int padding = is_padded ? (int)(files->label_width - width) : 0;
	int rc = outcome->status == SSHOAL_STATUS_OK ?
			 print_ok(files, outcome, padding) :
			 print_failure(files, outcome, padding);
	return lines_rc ? lines_rc : rc;
}

static void free_files(void *state)
{
	struct files *files = state;
	files->lines.free(files->lines.state);
	free(files);
}

int sshoal__files_new(struct reporter *reporter, struct console *console,
		      const struct lines_options *options, int verbosity)
{
	struct files *files = calloc(1, sizeof *files);
	if (!files)
		return SSHOAL_ENOMEM;
	int rc = sshoal__lines_new(&files->lines, console, options);
	if (rc) {
		free(files);
		return rc;
	}
	files->console = console;
	files->label_width = options->label_width;
	files->verbosity = verbosity;
	*reporter = (struct reporter){
		.output = on_output,
		.file = on_file,
		.result = on_result,
		.free = free_files,
		.state = files,
	};
	return 0;
}
