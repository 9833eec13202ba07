/* SPDX-License-Identifier: MIT */
#include "base/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshoal/error.h>

/* The longest record that is taken. */
#define RECORD_MAX ((size_t)1 << 20)

typedef const char *part_fn(const struct passwd *user);

static const char *name_of(const struct passwd *user)
{
	return user->pw_name && user->pw_name[0] ? user->pw_name : NULL;
}

static const char *home_of(const struct passwd *user)
{
	return user->pw_dir && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

static int look_up(char **out, part_fn *part)
{
	for (size_t size = 1024; size <= RECORD_MAX; size *= 2) {
		char *record = malloc(size);
		if (!record)
			return SSHOAL_ENOMEM;
		struct passwd user;
		struct passwd *found = NULL;
		int rc = getpwuid_r(getuid(), &user, record, size, &found);
		const char *text = found ? part(found) : NULL;
		char *copy = text ? strdup(text) : NULL;
		free(record);
		if (text && !copy)
			return SSHOAL_ENOMEM;
		if (copy) {
			*out = copy;
			return 0;
		}
		if (rc != ERANGE)
			return SSHOAL_ENOENT;
	}
	return SSHOAL_ENOENT;
}

int sshoal__user_name(char **name)
{
	return look_up(name, name_of);
}

int sshoal__user_home(char **home)
{
	return look_up(home, home_of);
}
