/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

#include "base/user.h"

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
	char *home = NULL;
	int rc = sshoal__user_home(&home);
	if (rc == 0)
		rc = join(joined, home, rest);
	free(home);
	return rc;
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
