/* SPDX-License-Identifier: MIT */
#include "cli/journals.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/home.h"
#include "cli/refusal.h"

/* Where runs leave their journals: $XDG_STATE_HOME/sshoal, which is
 * ~/.local/state/sshoal unless set. */

static char *name_folder(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	char *folder = NULL;
	if (!state || *state != '/')
		return sshoal__cli_home("/.local/state/sshoal");
	return asprintf(&folder, "%s/sshoal", state) < 0 ? NULL : folder;
}

/* Whether a file is a later one than *when, which becomes its time. */
static bool is_later(const char *path, struct timespec *when)
{
	struct stat status;
	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	const struct timespec *changed = &status.st_mtim;
	if (changed->tv_sec < when->tv_sec ||
	    (changed->tv_sec == when->tv_sec &&
	     changed->tv_nsec <= when->tv_nsec))
		return false;
	*when = *changed;
	return true;
}

static char *find_last(const char *folder)
{
	DIR *directory = opendir(folder);
	struct timespec when = { .tv_sec = 0 };
	char *last = NULL;
	if (!directory)
		return NULL;
	for (const struct dirent *entry = readdir(directory); entry;
	     entry = readdir(directory)) {
		char *path = NULL;
		if (entry->d_name[0] == '.' ||
		    asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			continue;
		if (is_later(path, &when)) {
			free(last);
			last = path;
		} else {
			free(path);
		}
	}
	(void)closedir(directory);
	return last;
}

int sshoal__journals_last(char **path, sshoal_error *error)
{
	char *folder = name_folder();
	if (!folder)
		return sshoal__refuse(error, "you have no home folder: name "
					     "the journal");
	char *last = find_last(folder);
	int rc = 0;
	if (last)
		*path = last;
	else
		rc = sshoal__refuse(error,
				    "%.300s: there is no journal; name a file "
				    "with what --json wrote: sshoal report "
				    "FILE",
				    folder);
	free(folder);
	return rc;
}
