/* SPDX-License-Identifier: MIT */
#include "cli/journals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/refusal.h"
#include "report/lock.h"

/*
 * Where runs leave their journals: $XDG_STATE_HOME/sshoal, which is
 * ~/.local/state/sshoal unless set. Whoever has no home leaves none. Files of
 * other names are nobody's business here.
 */

/* How many are kept. */
#define KEPT 20

/* A journal's name, with a digit for each "0" and one of 0-9 and a-f for each
 * "x": when, and the beginning of the run's name. */
#define NAME_FORM "00000000T000000Z-xxxxxxxx.ndjson"

struct entry {
	char name[sizeof NAME_FORM];
	struct timespec changed;
	bool is_empty; /* its run did not come to begin */
};

struct entries {
	struct entry *items;
	size_t count;
	size_t room;
};

/* The folder, for free(3); NULL where there is none. */
static char *name_folder(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	struct stat status;
	char *folder = NULL;
	int n = -1;
	if (state && *state == '/')
		n = asprintf(&folder, "%s/sshoal", state);
	/* Accounts without a home have one that is not there. */
	else if (home && *home == '/' && stat(home, &status) == 0 &&
		 S_ISDIR(status.st_mode))
		n = asprintf(&folder, "%s/.local/state/sshoal", home);
	return n < 0 ? NULL : folder;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool has_form(const char *name)
{
	static const char form[] = NAME_FORM;
	size_t i = 0;
	for (; form[i] && name[i]; i++) {
		if (form[i] == '0' && is_digit(name[i]))
			continue;
		if (form[i] == 'x' &&
		    (is_digit(name[i]) || (name[i] >= 'a' && name[i] <= 'f')))
			continue;
		if (form[i] != name[i] || form[i] == '0' || form[i] == 'x')
			return false;
	}
	return form[i] == name[i];
}

/* 0 or SSHOAL_ENOMEM. */
static int add_entry(struct entries *entries, int folder, const char *name)
{
	struct stat status;
	if (!has_form(name) ||
	    fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(status.st_mode))
		return 0;
	if (entries->count == entries->room) {
		size_t room = 2 * entries->room + 2 * KEPT;
		struct entry *items =
			reallocarray(entries->items, room, sizeof *items);
		if (!items)
			return SSHOAL_ENOMEM;
		entries->items = items;
		entries->room = room;
	}
	struct entry *entry = &entries->items[entries->count++];
	memcpy(entry->name, name, sizeof entry->name);
	entry->changed = status.st_mtim;
	entry->is_empty = status.st_size == 0;
	return 0;
}

/* Those that were written last come first; of one time, by name. */
static int by_age(const void *a, const void *b)
{
	const struct entry *left = a;
	const struct entry *right = b;
	if (left->changed.tv_sec != right->changed.tv_sec)
		return left->changed.tv_sec < right->changed.tv_sec ? 1 : -1;
	if (left->changed.tv_nsec != right->changed.tv_nsec)
		return left->changed.tv_nsec < right->changed.tv_nsec ? 1 : -1;
	return strcmp(right->name, left->name);
}

/* All journals of the folder, which may not be there. 0 or SSHOAL_ENOMEM. */
static int list(struct entries *entries, const char *path)
{
	DIR *folder = opendir(path);
	int rc = 0;
	if (!folder)
		return errno == ENOMEM ? SSHOAL_ENOMEM : 0;
	for (const struct dirent *entry = readdir(folder); entry && rc == 0;
	     entry = readdir(folder))
		rc = add_entry(entries, dirfd(folder), entry->d_name);
	(void)closedir(folder);
	if (entries->count > 1)
		qsort(entries->items, entries->count, sizeof *entries->items,
		      by_age);
	return rc;
}

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

int sshoal__journals_last(char **path, sshoal_error *error)
{
	struct entries entries = { .count = 0 };
	char *folder = name_folder();
	char *last = NULL;
	if (!folder)
		return sshoal__refuse(error, "there is no home folder, and no "
					     "journal in it: name its file");
	int rc = list(&entries, folder);
	size_t i = 0;
	while (i < entries.count && entries.items[i].is_empty)
		i++;
	if (rc == 0 && i < entries.count &&
	    asprintf(&last, "%s/%s", folder, entries.items[i].name) < 0)
		rc = SSHOAL_ENOMEM;
	if (rc)
		rc = refuse_memory(error);
	else if (i == entries.count)
		rc = sshoal__refuse(error,
				    "%.300s: there is no journal: name its "
				    "file",
				    folder);
	else
		*path = last;
	free(entries.items);
	free(folder);
	return rc;
}

/* --- a new one --- */

/* Removes a journal unless somebody uses it. */
static void remove_old(int folder, const char *name)
{
	int fd = openat(folder, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (sshoal__lock_try(fd) == 0)
		(void)unlinkat(folder, name, 0);
	(void)close(fd);
}

/* Makes room for one more. What cannot be removed stays. */
static void prune(const char *path)
{
	struct entries entries = { .count = 0 };
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0 && list(&entries, path) == 0)
		for (size_t i = KEPT - 1; i < entries.count; i++)
			remove_old(folder, entries.items[i].name);
	free(entries.items);
	if (folder >= 0)
		(void)close(folder);
}

/* Each folder of an absolute path that is not there. */
static void make_folders(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
	(void)mkdir(path, 0700);
}

static void write_name(char name[sizeof NAME_FORM], const char *run)
{
	struct timespec now = { .tv_sec = 0 };
	struct tm tm = { .tm_sec = 0 };
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	size_t n = strftime(name, sizeof NAME_FORM, "%Y%m%dT%H%M%SZ", &tm);
	(void)snprintf(name + n, sizeof NAME_FORM - n, "-%.8s.ndjson", run);
}

int sshoal__journals_new(struct journal_file **file, const char *run,
			 sshoal_error *error)
{
	char *folder = name_folder();
	char *path = NULL;
	char name[sizeof NAME_FORM];
	*file = NULL;
	if (!folder)
		return 0;
	write_name(name, run);
	int rc = asprintf(&path, "%s/%s", folder, name) < 0 ?
			 refuse_memory(error) :
			 0;
	if (rc == 0) {
		make_folders(folder);
		prune(folder);
		rc = sshoal__journal_file_open(
			file,
			&(struct journal_file_options){ .path = path,
							.is_new = true },
			error);
		free(path);
	}
	free(folder);
	return rc;
}
