/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "fleet/job.h"
#include "ssh/line.h"

/* What is read and looked at once for all hosts. */

/* A script is kept in memory, and longer ones are no scripts. */
#define SCRIPT_MOST_BYTES ((size_t)64 * 1024 * 1024)

/* How long a pipe that a script comes from may take: a day. */
#define PIPE_MS ((int64_t)86400 * 1000)

#define INTERPRETER_MOST_BYTES ((size_t)1024)

static int prepare_rate(struct job *job, sshoal_error *error)
{
	uint64_t rate = job->transfer.bytes_per_second;
	int rc = rate ? sshoal__rate_new(&job->rate, rate) : 0;
	return rc ? sshoal__error_code(error, rc) : 0;
}

static int prepare_put(struct job *job, sshoal_error *error)
{
	const struct manifest_options options = {
		.recursive = job->transfer.recursive != 0,
		.follow_links = job->transfer.follow_links != 0,
	};
	int rc = sshoal__manifest_new(&job->manifest,
				      (const char *const *)job->sources,
				      job->source_count, &options, error);
	if (rc)
		return rc;
	rc = sshoal__source_new(&job->source, job->manifest, 0);
	return rc ? sshoal__error_code(error, rc) : prepare_rate(job, error);
}

/* Each host has a directory of its own that is named after its label; no two
 * have the same. */
static int check_labels(const struct roster *roster, sshoal_error *error)
{
	for (size_t i = 0; i < roster->count; i++) {
		const char *label =
			sshoal_target_label(roster->entries[i].target);
		if (!*label || strchr(label, '/') || strcmp(label, ".") == 0 ||
		    strcmp(label, "..") == 0)
			return sshoal__error_set(error, SSHOAL_EINVAL,
						 "\"%.200s\": no directory can "
						 "have this host's name",
						 label);
	}
	return 0;
}

/* The last name of a path, without slashes behind it; *n is its length. */
static const char *last_name(const char *path, size_t *n)
{
	const char *end = path + strlen(path);
	while (end > path && end[-1] == '/')
		end--;
	const char *name = end;
	while (name > path && name[-1] != '/')
		name--;
	*n = (size_t)(end - name);
	return name;
}

/* Whether two sources would be one file here. What patterns match is known on
 * the host alone. */
static bool are_one(const char *a, const char *b)
{
	size_t a_size;
	size_t b_size;
	const char *a_name = last_name(a, &a_size);
	const char *b_name = last_name(b, &b_size);
	return a_size == b_size && memcmp(a_name, b_name, a_size) == 0 &&
	       strcspn(a_name, "*?[") >= a_size;
}

static int check_sources(const struct job *job, sshoal_error *error)
{
	if (job->whole_paths)
		return 0;
	for (size_t i = 1; i < job->source_count; i++)
		for (size_t k = 0; k < i; k++)
			if (are_one(job->sources[k], job->sources[i]))
				return sshoal__error_set(
					error, SSHOAL_EINVAL,
					"%.200s and %.200s: both would have "
					"the same name here",
					job->sources[k], job->sources[i]);
	return 0;
}

static int prepare_get(struct job *job, const struct roster *roster,
		       sshoal_error *error)
{
	int rc = check_labels(roster, error);
	if (rc == 0)
		rc = check_sources(job, error);
	return rc ? rc : prepare_rate(job, error);
}

/* Its name there is the one it has here, for usage messages, where that is
 * harmless to every shell. */
static const char *name_script(const char *path)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_+.-";
	size_t n;
	const char *name = last_name(path, &n);
	bool is_harmless = n > 0 && n <= 100 && *name != '.' &&
			   name[strspn(name, harmless)] == '\0';
	return is_harmless ? name : "script";
}

/* The words after "#!", each quoted. The system there would have passed all but
 * the first as one word, which nobody means. */
static int quote_first_line(struct buffer *line, const char *words, size_t n)
{
	int rc = 0;
	size_t at = 0;
	while (rc == 0 && at < n) {
		char word[INTERPRETER_MOST_BYTES];
		size_t size = 0;
		while (at < n && (words[at] == ' ' || words[at] == '\t'))
			at++;
		while (at < n && words[at] != ' ' && words[at] != '\t')
			word[size++] = words[at++];
		word[size] = '\0';
		if (size > 0 && sshoal__buffer_size(line) > 0)
			rc = sshoal__buffer_append(line, " ", 1);
		if (size > 0 && rc == 0)
			rc = sshoal__line_put_quoted(line, word);
	}
	return rc;
}

/* What runs the script: its first line's words, else a shell. */
static int find_interpreter(struct job *job)
{
	struct buffer line = BUFFER_INIT(8 * INTERPRETER_MOST_BYTES);
	const struct buffer *script = &job->script.contents;
	const char *text = (const char *)sshoal__buffer_data(script);
	size_t size = sshoal__buffer_size(script);
	const char *end = size > 2 ? memchr(text, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - text) : size;
	int rc = 0;
	if (n > 2 && text[n - 1] == '\r')
		n--;
	if (n > 2 && memcmp(text, "#!", 2) == 0 && !memchr(text, '\0', n) &&
	    n < INTERPRETER_MOST_BYTES)
		rc = quote_first_line(&line, text + 2, n - 2);
	if (rc == 0 && sshoal__buffer_size(&line) == 0)
		rc = sshoal__buffer_append(&line, "/bin/sh", 7);
	if (rc == 0)
		rc = sshoal__buffer_append(&line, "", 1);
	if (rc) {
		sshoal__buffer_fini(&line);
		return rc;
	}
	job->interpreter = (char *)line.bytes;
	return 0;
}

static int prepare_script(struct job *job, int cancel_fd, sshoal_error *error)
{
	const char *path = job->sources[0];
	int rc =
		sshoal__private_file_read(&job->script, path, SCRIPT_MOST_BYTES,
					  PIPE_MS, cancel_fd, error);
	if (rc)
		return rc;
	job->script_name = name_script(path);
	if (!job->interpreter)
		rc = find_interpreter(job);
	if (rc)
		return sshoal__error_code(error, rc);
	return sshoal__surroundings_open(&job->surroundings, error);
}

int sshoal__job_prepare(struct job *job, const struct roster *roster,
			int cancel_fd, sshoal_error *error)
{
	switch ((enum sshoal_job_kind)job->kind) {
	case SSHOAL_JOB_PING:
	case SSHOAL_JOB_SCAN:
	case SSHOAL_JOB_COPY_ID:
		return 0;
	case SSHOAL_JOB_COMMAND:
		return sshoal__surroundings_open(&job->surroundings, error);
	case SSHOAL_JOB_SCRIPT:
		return prepare_script(job, cancel_fd, error);
	case SSHOAL_JOB_PUT:
		return prepare_put(job, error);
	case SSHOAL_JOB_GET:
		return prepare_get(job, roster, error);
	}
	return SSHOAL_EINVAL;
}
