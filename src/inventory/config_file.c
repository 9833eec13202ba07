/* SPDX-License-Identifier: MIT */
#include "inventory/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/path.h"
#include "inventory/config_match.h"
#include "inventory/config_words.h"

/* Files are read as a whole and included ones at once, whatever host they are
 * for: a config never changes once it is loaded. */

#define SIZE_MAX_BYTES ((size_t)1 << 20)
#define CHUNK_SIZE ((size_t)16 << 10)
#define DEPTH_MAX 16
#define FILES_MAX 1024

/* A file includes others, at most DEPTH_MAX deep. */
static int read_file(struct config_file **file, struct config_reader *reader,
		     const char *path, bool is_checked, uint32_t depth);

static int system_error(const struct config_reader *reader, const char *path,
			int number)
{
	return sshoal__error_set(reader->error,
				 sshoal__error_from_errno(number), "%s: %s",
				 path, strerror(number));
}

static int no_memory(const struct config_reader *reader)
{
	return sshoal__error_code(reader->error, SSHOAL_ENOMEM);
}

/* Whether nobody but the caller and root can have written a file. */
static bool is_ours(const struct stat *status)
{
	return (status->st_uid == 0 || status->st_uid == getuid()) &&
	       (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int check_open(const struct config_reader *reader, const char *path,
		      int fd, bool is_checked)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return system_error(reader, path, errno);
	if (S_ISDIR(status.st_mode))
		return system_error(reader, path, EISDIR);
	if (is_checked && !is_ours(&status))
		return sshoal__error_set(
			reader->error, SSHOAL_EACCESS,
			"%s: belongs to somebody else, or others can write to "
			"it: chmod go-w %s",
			path, path);
	return 0;
}

static int read_bytes(const struct config_reader *reader, const char *path,
		      int fd, struct buffer *bytes)
{
	for (;;) {
		unsigned char *room = sshoal__buffer_reserve(bytes, CHUNK_SIZE);
		if (!room && sshoal__buffer_size(bytes) > SIZE_MAX_BYTES)
			return sshoal__error_set(reader->error, SSHOAL_ELIMIT,
						 "%s: larger than 1 MiB", path);
		if (!room)
			return no_memory(reader);
		ssize_t n = read(fd, room, CHUNK_SIZE - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return system_error(reader, path, errno);
		if (n == 0) {
			*room = '\0';
			return 0;
		}
		sshoal__buffer_fill(bytes, (size_t)n);
	}
}

static int open_and_read(const struct config_reader *reader, const char *path,
			 bool is_checked, struct buffer *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return system_error(reader, path, errno);
	int rc = check_open(reader, path, fd, is_checked);
	if (rc == 0)
		rc = read_bytes(reader, path, fd, bytes);
	(void)close(fd);
	return rc;
}

/* The pattern of an Include as a path; to be freed. */
static int include_path(char **path, const struct config_reader *reader,
			const struct config_line *line, const char *pattern)
{
	if (*pattern == '~' && !reader->is_user)
		return sshoal__config_line_wrong(
			line, reader->error,
			"Include: %s means nothing in the system's file",
			pattern);
	if (*pattern == '/' || (*pattern == '~' && pattern[1] != '/')) {
		*path = strdup(pattern);
		return *path ? 0 : no_memory(reader);
	}
	char *joined = NULL;
	int n = asprintf(&joined, "%s%s",
			 *pattern == '~' ? "" :
			 reader->is_user ? "~/.ssh/" :
					   "/etc/ssh/",
			 pattern);
	if (n < 0)
		return no_memory(reader);
	int rc = sshoal__path_expand(path, joined);
	free(joined);
	if (rc == SSHOAL_ENOMEM)
		return no_memory(reader);
	return rc ? sshoal__config_line_wrong(
			    line, reader->error,
			    "Include: you have no home folder") :
		    0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* NOLINTBEGIN(misc-no-recursion): the depth is counted and has a maximum. */

/* Reads what a pattern matches, which may be nothing. */
static int include_pattern(struct config_file ***last,
			   struct config_reader *reader,
			   const struct config_line *line, const char *pattern,
			   uint32_t depth)
{
	char *path = NULL;
	int rc = include_path(&path, reader, line, pattern);
	if (rc)
		return rc;
	glob_t found;
	int status = glob(path, GLOB_NOSORT | GLOB_TILDE, NULL, &found);
	free(path);
	if (status == GLOB_NOMATCH)
		return 0;
	if (status == GLOB_NOSPACE)
		return no_memory(reader);
	if (status)
		return sshoal__config_line_wrong(line, reader->error,
						 "Include: %s cannot be read",
						 pattern);
	qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv,
	      compare_paths);
	for (size_t i = 0; i < found.gl_pathc && rc == 0; i++) {
		rc = read_file(*last, reader, found.gl_pathv[i], true,
			       depth + 1);
		if (rc == 0)
			*last = &(**last)->next;
	}
	globfree(&found);
	return rc;
}

static int include(struct config_line *line, struct config_reader *reader,
		   uint32_t depth)
{
	struct config_file **last = &line->files;
	if (depth >= DEPTH_MAX)
		return sshoal__place_error(
			reader->error, SSHOAL_ELIMIT, line->place,
			"Include: more than %d files deep", DEPTH_MAX);
	for (size_t i = 0; i < line->count; i++) {
		int rc = include_pattern(&last, reader, line, line->values[i],
					 depth);
		if (rc)
			return rc;
	}
	return 0;
}

/* Whether what a line says may take time to find out. */
static bool is_slow(const struct config_line *line)
{
	const struct config_condition *condition = line->conditions;
	for (; condition; condition = condition->next)
		if (condition->criterion == CONFIG_MATCH_EXEC)
			return true;
	return line->keyword->id == CONFIG_CANONICALIZE_HOSTNAME ||
	       line->keyword->id == CONFIG_CANONICALIZE_PERMITTED_CNAMES;
}

/* Adds a line to those of a file. */
static int keep_line(struct config_line **kept, struct config_line ***last,
		     struct config_reader *reader,
		     const struct config_line *parsed)
{
	struct config_line *line =
		sshoal__store_get(reader->store, sizeof *line);
	if (!line)
		return no_memory(reader);
	*line = *parsed;
	**last = line;
	*last = &line->next;
	if (!line->keyword && !reader->unknown)
		reader->unknown = line;
	if (line->keyword && line->keyword->id == CONFIG_IGNORE_UNKNOWN)
		reader->has_ignore = true;
	if (line->keyword && is_slow(line))
		reader->is_slow = true;
	*kept = line;
	return 0;
}

static int parse_line(struct config_line ***last, struct config_reader *reader,
		      struct place place, char *text, uint32_t depth)
{
	struct config_line parsed = { .place = place };
	int rc = sshoal__config_line_parse(&parsed, text, reader->store,
					   reader->error);
	if (rc <= 0)
		return rc;
	struct config_line *line = NULL;
	rc = keep_line(&line, last, reader, &parsed);
	if (rc || !line->keyword)
		return rc;
	return line->keyword->kind == CONFIG_KIND_INCLUDE ?
		       include(line, reader, depth) :
		       0;
}

static int parse(struct config_file *file, struct config_reader *reader,
		 char *text, size_t n, uint32_t depth)
{
	struct config_line **last = &file->lines;
	struct place place = { .file = file->path };
	const char *end = text + n;
	for (char *at = text; at < end;) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		char *next = newline ? newline + 1 : text + n;
		place.line++;
		if (newline)
			*newline = '\0';
		if (strlen(at) != (size_t)(next - at) - (newline ? 1 : 0))
			return sshoal__place_error(reader->error,
						   SSHOAL_EFORMAT, place,
						   "a NUL byte");
		int rc = parse_line(&last, reader, place, at, depth);
		if (rc < 0)
			return rc;
		at = next;
	}
	return 0;
}

static int read_file(struct config_file **file, struct config_reader *reader,
		     const char *path, bool is_checked, uint32_t depth)
{
	if (reader->file_count++ == FILES_MAX)
		return sshoal__error_set(reader->error, SSHOAL_ELIMIT,
					 "%s: more than %d files in all", path,
					 FILES_MAX);
	struct config_file *made =
		sshoal__store_get(reader->store, sizeof *made);
	if (!made)
		return no_memory(reader);
	made->path = sshoal__store_text(reader->store, path, strlen(path));
	if (!made->path)
		return no_memory(reader);
	struct buffer bytes = BUFFER_INIT(SIZE_MAX_BYTES + 2 * CHUNK_SIZE);
	int rc = open_and_read(reader, path, is_checked, &bytes);
	size_t n = sshoal__buffer_size(&bytes);
	if (rc == 0 && n > SIZE_MAX_BYTES)
		rc = sshoal__error_set(reader->error, SSHOAL_ELIMIT,
				       "%s: larger than 1 MiB", path);
	if (rc == 0 && n > 0)
		rc = parse(made, reader, (char *)sshoal__buffer_data(&bytes), n,
			   depth);
	sshoal__buffer_fini(&bytes);
	if (rc == 0)
		*file = made;
	return rc;
}

/* NOLINTEND(misc-no-recursion) */

int sshoal__config_file_read(struct config_file **file,
			     struct config_reader *reader, const char *path,
			     bool is_checked)
{
	return read_file(file, reader, path, is_checked, 0);
}

/* What messages call an option of the command line. */
static const char *name_given(const struct config_reader *reader,
			      const char *word)
{
	char *name = NULL;
	if (asprintf(&name, "-o %s", word) < 0)
		return NULL;
	const char *kept =
		sshoal__store_text(reader->store, name, strlen(name));
	free(name);
	return kept;
}

static int parse_given(struct config_line ***last, struct config_reader *reader,
		       const char *word)
{
	struct config_line parsed = {
		.place = { .file = name_given(reader, word) },
		.is_given = true,
	};
	char *text = strdup(word);
	if (!text || !parsed.place.file) {
		free(text);
		return no_memory(reader);
	}
	int rc = sshoal__config_line_parse(&parsed, text, reader->store,
					   reader->error);
	free(text);
	if (rc == 0)
		return sshoal__config_line_wrong(&parsed, reader->error,
						 "write Key=Value");
	if (rc < 0)
		return rc;
	if (parsed.keyword && (parsed.keyword->kind == CONFIG_KIND_HOST ||
			       parsed.keyword->kind == CONFIG_KIND_MATCH ||
			       parsed.keyword->kind == CONFIG_KIND_INCLUDE))
		return sshoal__config_line_wrong(
			&parsed, reader->error,
			"%s stands in files only: write it there, and name "
			"the file with -F",
			parsed.keyword->name);
	struct config_line *line;
	return keep_line(&line, last, reader, &parsed);
}

int sshoal__config_file_given(struct config_file **file,
			      struct config_reader *reader,
			      const char *const *words, size_t count)
{
	struct config_file *made =
		sshoal__store_get(reader->store, sizeof *made);
	if (!made)
		return no_memory(reader);
	made->path = "-o";
	struct config_line **last = &made->lines;
	for (size_t i = 0; i < count; i++) {
		int rc = parse_given(&last, reader, words[i]);
		if (rc)
			return rc;
	}
	*file = made;
	return 0;
}
