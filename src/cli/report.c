/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#include "cli/chain.h"
#include "cli/journals.h"
#include "report/page.h"
#include "report/recording.h"
#include "report/verdict.h"

/* report: a run that is over, as a page to look at. */

/* The file that is asked for, or the last journal; for free(3). */
static int name_file(char **path, const struct options *options,
		     sshoal_error *error)
{
	const struct text_list *words = &options->words.words;
	if (words->count == 0)
		return sshoal__journals_last(path, error);
	*path = strdup(words->items[0]);
	if (*path)
		return 0;
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

/* The run that is meant: of reruns the one that they go on with. A pipe is read
 * once, and a file without the start of a run has only what it has. */
static char *name_run(const char *path, const char *run)
{
	sshoal_error error;
	char *origin = NULL;
	if (strcmp(path, "-") != 0 &&
	    sshoal__chain_origin(&origin, path, run, &error) == 0)
		return origin;
	return run ? strdup(run) : NULL;
}

static int read_and_write(struct console *console, const char *path,
			  const char *run, sshoal_error *error)
{
	struct recording recording;
	int rc = sshoal__recording_read(&recording, path, run, error);
	if (rc)
		return rc;
	if (strcmp(path, "-") == 0)
		path = "standard input";
	if (recording.bad_line_count > 0)
		sshoal__console_say(console,
				    "%s: %zu lines are no events and are left "
				    "out",
				    path, recording.bad_line_count);
	rc = sshoal__page_write(console, &recording, path);
	if (rc == SSHOAL_ENOMEM)
		*error = (sshoal_error){ rc, "out of memory" };
	sshoal__recording_fini(&recording);
	return rc;
}

int sshoal__cli_report(struct console *console, const struct options *options)
{
	if (sshoal__console_is_terminal(console, SSHOAL_STDOUT)) {
		sshoal__console_say(console,
				    "report: the page is for a browser and not "
				    "for a terminal: write sshoal report ... "
				    "> FILE.html");
		return VERDICT_USAGE;
	}
	sshoal_error error = { .code = 0 };
	char *path = NULL;
	char *run = NULL;
	int rc = name_file(&path, options, &error);
	if (rc == 0) {
		run = name_run(path, options->words.run);
		rc = read_and_write(console, path, run, &error);
	}
	free(run);
	free(path);
	if (rc == SSHOAL_EIO && !error.code)
		return VERDICT_LOCAL;
	return rc ? sshoal__cli_fail(console, rc, error.text) : VERDICT_OK;
}
