/* SPDX-License-Identifier: MIT */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sftp/walk.h"

/*
 * A pattern is matched one name of the path at a time: what matched so far is a
 * list of paths, each of which is read for the next name.
 */

#define PATHS_MOST ((size_t)1000000)

struct paths {
	char **items;
	size_t count;
	size_t room;
};

static void free_paths(struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct paths){ .count = 0 };
}

/* Adds folder and name with what joins them. */
static int add(struct paths *paths, const char *folder, const char *name,
	       size_t n)
{
	size_t length = strlen(folder);
	const char *slash = length && folder[length - 1] != '/' ? "/" : "";
	if (paths->count == PATHS_MOST)
		return SSHOAL_ELIMIT;
	if (paths->count == paths->room) {
		size_t room = paths->room ? paths->room * 2 : 16;
		char **items = reallocarray(paths->items, room, sizeof *items);
		if (!items)
			return SSHOAL_ENOMEM;
		paths->items = items;
		paths->room = room;
	}
	if (asprintf(&paths->items[paths->count], "%s%s%.*s", folder, slash,
		     (int)n, name) < 0)
		return SSHOAL_ENOMEM;
	paths->count++;
	return 0;
}

static bool is_pattern(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr("*?[", text[i]) && text[i])
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int fail(struct get *get, int rc, sshoal_error *error)
{
	struct sshoal_sftp *sftp = get->transfer.sftp;
	return sshoal__error_set(error, rc, "%s",
				 sftp->error.code == rc ?
					 sftp->error.text :
					 sshoal_error_text(rc));
}

/* One answer's names that match. */
static int match_names(struct paths *paths, const char *folder,
		       const char *pattern, const struct wire *body)
{
	struct packet_names names;
	struct packet_name name;
	int rc = sshoal__packet_names(&names, body) ? 0 : SSHOAL_EPROTOCOL;
	while (rc == 0 && sshoal__packet_next_name(&names, &name)) {
		char text[256];
		if (sshoal__landing_check_name(name.name, name.name_size, NULL))
			continue;
		memcpy(text, name.name, name.name_size);
		text[name.name_size] = '\0';
		if (fnmatch(pattern, text, FNM_PERIOD | FNM_NOESCAPE) == 0)
			rc = add(paths, folder, text, name.name_size);
	}
	return rc || !names.wire.failed ? rc : SSHOAL_EPROTOCOL;
}

/* All names of one directory that match; one that cannot be read has none. */
static int match_folder(struct get *get, struct paths *paths,
			const char *folder, const char *pattern)
{
	struct sshoal_sftp *sftp = get->transfer.sftp;
	struct handle handle = { .size = 0 };
	const char *there = *folder ? folder : ".";
	unsigned int left = 1000000;
	sshoal__packet_begin(&sftp->packet, SFTP_OPENDIR);
	sshoal__packet_text(&sftp->packet, there);
	int rc = sshoal__handle_open(&handle, sftp, there);
	if (rc == SSHOAL_ENOENT || rc == SSHOAL_EACCESS || rc == SSHOAL_EREMOTE)
		return 0;
	while (rc == 0 && left-- > 0) {
		struct sftp_answer answer;
		sshoal__handle_begin(&handle, sftp, SFTP_READDIR);
		rc = sshoal__sftp_ask(sftp, &answer, SFTP_NAME, there);
		if (rc == 0)
			rc = match_names(paths, folder, pattern, &answer.body);
		sshoal__sftp_answer_fini(&answer);
	}
	int closed = sshoal__handle_close(&handle, sftp, there);
	return rc == SSHOAL_EEMPTY ? closed : rc;
}

/* One more name of the path. */
static int narrow(struct get *get, struct paths *paths, const char *name,
		  size_t n)
{
	struct paths next = { .count = 0 };
	char *pattern = is_pattern(name, n) ? strndup(name, n) : NULL;
	int rc = is_pattern(name, n) && !pattern ? SSHOAL_ENOMEM : 0;
	for (size_t i = 0; rc == 0 && i < paths->count; i++)
		rc = pattern ? match_folder(get, &next, paths->items[i],
					    pattern) :
			       add(&next, paths->items[i], name, n);
	free(pattern);
	free_paths(paths);
	*paths = next;
	if (paths->count > 1)
		qsort(paths->items, paths->count, sizeof *paths->items,
		      by_bytes);
	return rc;
}

static int expand(struct get *get, struct paths *paths, const char *source)
{
	int rc = add(paths, *source == '/' ? "/" : "", "", 0);
	while (rc == 0 && *source) {
		size_t n = strcspn(source, "/");
		if (n)
			rc = narrow(get, paths, source, n);
		source += n;
		source += *source == '/';
	}
	return rc;
}

/* What a path is, links followed: *there. */
static int look(struct get *get, const char *path, bool *there,
		sshoal_attributes *attributes)
{
	struct sshoal_sftp *sftp = get->transfer.sftp;
	struct sftp_answer answer;
	sshoal__packet_begin(&sftp->packet, SFTP_STAT);
	sshoal__packet_text(&sftp->packet, path);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, path);
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, attributes);
	sshoal__sftp_answer_fini(&answer);
	*there = rc == 0;
	return rc == SSHOAL_ENOENT ? 0 : rc;
}

int sshoal__find(struct get *get, const char *source,
		 int (*found)(struct get *get, char *remote,
			      const sshoal_attributes *attributes,
			      sshoal_error *error),
		 sshoal_error *error)
{
	struct paths paths = { .count = 0 };
	bool patterns = get->plan->globs && is_pattern(source, strlen(source));
	size_t count = 0;
	int rc = patterns ? expand(get, &paths, source) :
			    add(&paths, "", source, strlen(source));
	if (rc)
		(void)fail(get, rc, error);
	for (size_t i = 0; rc == 0 && i < paths.count; i++) {
		sshoal_attributes attributes = { .flags = 0 };
		bool there = false;
		rc = look(get, paths.items[i], &there, &attributes);
		if (rc)
			(void)fail(get, rc, error);
		if (rc || !there)
			continue;
		count++;
		rc = found(get, paths.items[i], &attributes, error);
		paths.items[i] = NULL;
	}
	free_paths(&paths);
	if (rc || count > 0 || get->plan->allow_missing)
		return rc;
	return sshoal__error_set(error, SSHOAL_ENOENT, "%s: %s", source,
				 patterns ? "nothing matches" : "no such file");
}
