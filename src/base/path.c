/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* The longest record of the user database that is taken. */
#define RECORD_MAX ((size_t)1 << 20)

static int join(char **joined, const char *home, const char *rest)
{
	size_t home_size = strlen(home);
	size_t rest_size = strlen(rest);
	char *path = malloc(home_size + rest_size + 1);
	if (!path)
		return SSHOAL_ENOMEM;
	memcpy(path, home, home_size);
	memcpy(path + home_size, rest, rest_size + 1);
	*joined = path;
	return 0;
}

static int join_to_user_home(char **joined, const char *rest)
{
	for (size_t size = 1024; size <= RECORD_MAX; size *= 2) {
		char *record = malloc(size);
		if (!record)
			return SSHOAL_ENOMEM;
		struct passwd user;
		struct passwd *found = NULL;
		int rc = getpwuid_r(getuid(), &user, record, size, &found);
		int joined_rc = SSHOAL_ENOENT;
		if (found && found->pw_dir && found->pw_dir[0] == '/')
			joined_rc = join(joined, found->pw_dir, rest);
		free(record);
		if (rc != ERANGE)
			return joined_rc;
	}
	return SSHOAL_ENOENT;
}

int sshoal__path_expand(char **expanded, const char *path)
{
	if (path[0] != '~' || path[1] != '/')
		return join(expanded, "", path);
	const char *home = getenv("HOME");
	if (home && home[0] == '/')
		return join(expanded, home, path + 1);
	return join_to_user_home(expanded, path + 1);
}
