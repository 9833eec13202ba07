/* SPDX-License-Identifier: MIT */
#include "report/gathered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sshoal/inventory.h>

#include "report/difference.h"

/* How groups look in the end. */

/* Writes the names of a group's hosts shortly, and how many they are, for
 * free(3). */
static int write_names(char **text, const struct group *group)
{
	const char **names = calloc(group->count, sizeof *names);
	char *folded = NULL;
	sshoal_error error = { .code = 0 };
	if (!names)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < group->count; i++)
		names[i] = group->members[i].label;
	int rc = sshoal_names_fold(&folded, names, group->count, &error);
	free(names);
	if (rc)
		return SSHOAL_ENOMEM;
	int n = asprintf(text, "%s (%zu)", folded, group->count);
	free(folded);
	return n < 0 ? SSHOAL_ENOMEM : 0;
}

/* Whether who sees one of the streams sees the other one, too. */
static bool are_together(const struct console *console)
{
	struct stat out;
	struct stat err;
	return fstat(console->streams[0].fd, &out) == 0 &&
	       fstat(console->streams[1].fd, &err) == 0 &&
	       out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

/* Says whose standard error follows, where the header is somewhere else. */
static void head_error(const struct replay *replay, const char *names)
{
	if (!are_together(replay->console))
		sshoal__console_say(replay->console,
				    "standard error of %s:", names);
}

static int print_whole(const struct replay *replay, const struct group *group,
		       const char *names)
{
	const struct roll *roll = &group->roll;
	int rc = 0;
	if (roll->sizes[0] > 0)
		rc = sshoal__replay(replay, roll, REPLAY_STDOUT);
	if (roll->sizes[1] > 0)
		head_error(replay, names);
	int err_rc = 0;
	if (roll->sizes[1] > 0)
		err_rc = sshoal__replay(replay, roll, REPLAY_STDERR);
	if (roll->is_cut)
		sshoal__replay_cut(replay->console, names);
	return rc ? rc : err_rc;
}

static int print_group(const struct replay *replay, const struct group *group)
{
	char *names = NULL;
	int rc = write_names(&names, group);
	if (rc)
		return rc;
	(void)sshoal__replay_header(replay, names, group->text);
	rc = print_whole(replay, group, names);
	free(names);
	return rc;
}

int sshoal__gathered_print(const struct replay *replay,
			   const struct groups *groups)
{
	int rc = 0;
	for (size_t i = 0; i < groups->count; i++) {
		int one = print_group(replay, groups->items[i]);
		if (rc == 0)
			rc = one;
	}
	return rc;
}

/* The largest group whose command has an exit status, or of all. */
static size_t majority_of(const struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->items[i]->exit_status >= 0)
			return i;
	return 0;
}

/* One stream of a group beside that of the largest one. */
static int print_stream(const struct replay *replay,
			struct difference *difference, int stream,
			const struct group *group, const char *names)
{
	bool is_error = stream == SSHOAL_STDERR;
	const struct roll *roll = &group->roll;
	bool shown;
	if (is_error)
		head_error(replay, names);
	int rc = sshoal__difference_print(difference, &shown, stream, roll);
	if (shown || rc)
		return rc;
	(void)sshoal__console_print(replay->console, stream,
				    "(too different to compare)\n");
	return sshoal__replay(replay, roll,
			      is_error ? REPLAY_STDERR : REPLAY_STDOUT);
}

static int print_difference(const struct replay *replay,
			    struct difference *difference,
			    const struct group *group,
			    const struct group *majority)
{
	char *names = NULL;
	int rc = write_names(&names, group);
	if (rc)
		return rc;
	rc = sshoal__replay_header(replay, names, group->text);
	for (int i = 0; i < 2; i++) {
		int stream = i ? SSHOAL_STDERR : SSHOAL_STDOUT;
		if (memcmp(group->said[i], majority->said[i], DIGEST_BYTES) ==
		    0)
			continue;
		int one =
			print_stream(replay, difference, stream, group, names);
		if (rc == 0)
			rc = one;
	}
	if (group->roll.is_cut)
		sshoal__replay_cut(replay->console, names);
	free(names);
	return rc;
}

int sshoal__gathered_diff(const struct replay *replay,
			  const struct groups *groups, struct mask *mask)
{
	struct difference *difference = NULL;
	if (groups->count == 0)
		return 0;
	size_t largest = majority_of(groups);
	const struct group *majority = groups->items[largest];
	int rc = print_group(replay, majority);
	int made = sshoal__difference_new(&difference, replay, &majority->roll,
					  mask);
	if (made)
		return made;
	for (size_t i = 0; i < groups->count; i++) {
		if (i == largest)
			continue;
		int one = print_difference(replay, difference, groups->items[i],
					   majority);
		if (rc == 0)
			rc = one;
	}
	sshoal__difference_free(difference);
	return rc;
}
