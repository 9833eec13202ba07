/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/journals.h"
#include "cli/refusal.h"
#include "report/page.h"
#include "report/recording.h"
#include "report/verdict.h"

/* report: a run that is over, as a page to look at. */

/* The file that is asked for, or the last journal; path is for free(3). */
static int open_file(int *fd, char **path, const struct options *options,
		     sshoal_error *error)
{
	const struct text_list *words = &options->words.words;
	const char *word = words->count > 0 ? words->items[0] : NULL;
	int rc = 0;
	if (word && strcmp(word, "-") == 0) {
		*fd = STDIN_FILENO;
		*path = strdup("standard input");
	} else if (word) {
		*path = strdup(word);
	} else {
		rc = sshoal__journals_last(path, error);
	}
	if (rc)
		return rc;
	if (!*path) {
		*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
		return SSHOAL_ENOMEM;
	}
	if (*fd >= 0)
		return 0;
	*fd = open(*path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd >= 0)
		return 0;
	return sshoal__refuse(error, "%.400s: %s", *path, strerror(errno));
}

static int read_and_write(struct console *console,
			  const struct options *options, int fd,
			  const char *path, sshoal_error *error)
{
	struct recording recording;
	int rc = sshoal__recording_read(&recording, fd, path,
					options->words.run, error);
	if (rc)
		return rc;
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
	int fd = -1;
	int rc = open_file(&fd, &path, options, &error);
	if (rc == 0)
		rc = read_and_write(console, options, fd, path, &error);
	if (fd > STDIN_FILENO)
		(void)close(fd);
	free(path);
	if (rc == SSHOAL_EIO && !error.code)
		return VERDICT_LOCAL;
	return rc ? sshoal__cli_fail(console, rc, error.text) : VERDICT_OK;
}
