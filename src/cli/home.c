/* SPDX-License-Identifier: MIT */
#include "cli/home.h"

#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* $HOME, or what the system has for the user. */

char *sshoal__cli_home(const char *behind)
{
	const char *home = getenv("HOME");
	if (!home || !*home) {
		const struct passwd *user = getpwuid(getuid());
		home = user ? user->pw_dir : NULL;
	}
	char *path = NULL;
	if (!home || asprintf(&path, "%s%s", home, behind) < 0)
		return NULL;
	return path;
}
