/* SPDX-License-Identifier: MIT */
#include <sshoal/journal.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "fleet/journal_event.h"

/*
 * A file of events, a line at a time. Whoever was killed while he wrote has
 * left a line that is not whole, and whoever went on after him has ended it: it
 * harms nobody before a run's start or at the end, and is damage elsewhere.
 */

/* No event is longer, not even one that names a million hosts. */
#define LINE_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define READ_BYTES ((size_t)64 * 1024)

struct sshoal_journal {
	int fd;
	char *path;
	struct buffer buffer; /* what is read, from the next line on */
	size_t looked_at;     /* bytes of it that have no newline */
	size_t taken;         /* those of the line that was given out */
	bool is_over;         /* the file is */
	uint64_t line;
	uint64_t broken_line; /* the last one, if it was no JSON; 0: it was */
	struct journal_room room;
	/* An event that stands behind a broken line: that is told first. */
	sshoal_journal_event kept;
	bool is_kept;
};

int sshoal_journal_open(sshoal_journal **journal, const char *path,
			sshoal_error *error)
{
	if (!journal || !path || !*path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	sshoal_journal *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	/* A byte more than a line, for its newline. */
	made->buffer = (struct buffer)BUFFER_INIT(LINE_BYTES_MAX + READ_BYTES);
	bool is_input = strcmp(path, "-") == 0;
	made->fd = is_input ? STDIN_FILENO :
			      open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int number = errno;
	made->path = strdup(is_input ? "standard input" : path);
	if (made->fd >= 0 && made->path) {
		*journal = made;
		return 0;
	}
	int rc = made->fd >= 0 ?
			 sshoal__error_code(error, SSHOAL_ENOMEM) :
			 sshoal__error_set(error,
					   sshoal__error_from_errno(number),
					   "%s: %s", path, strerror(number));
	sshoal_journal_close(made);
	return rc;
}

static int read_more(sshoal_journal *journal, sshoal_error *error)
{
	size_t used = sshoal__buffer_size(&journal->buffer);
	if (used > LINE_BYTES_MAX) {
		journal->is_over = true;
		journal->taken = used;
		return sshoal__error_set(error, SSHOAL_EFORMAT,
					 "%s:%llu: the line is longer than "
					 "64 MiB: this is no file of sshoal's",
					 journal->path,
					 (unsigned long long)journal->line + 1);
	}
	unsigned char *room =
		sshoal__buffer_reserve(&journal->buffer, READ_BYTES);
	if (!room)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	ssize_t n;
	do
		n = read(journal->fd, room, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return sshoal__error_set(error, SSHOAL_EIO, "%s: %s",
					 journal->path, strerror(errno));
	sshoal__buffer_fill(&journal->buffer, (size_t)n);
	journal->is_over = n == 0;
	return 0;
}

/* The next line, which stays until the next call and has a NUL in the place of
 * its newline; NULL past the last. One without a newline is not whole: it is
 * passed over. */
static int next_line(sshoal_journal *journal, char **line, size_t *size_bytes,
		     sshoal_error *error)
{
	sshoal__buffer_consume(&journal->buffer, journal->taken);
	journal->taken = 0;
	journal->looked_at = 0;
	*line = NULL;
	for (;;) {
		char *bytes = (char *)sshoal__buffer_data(&journal->buffer);
		size_t used = sshoal__buffer_size(&journal->buffer);
		char *newline = used > journal->looked_at ?
					memchr(bytes + journal->looked_at, '\n',
					       used - journal->looked_at) :
					NULL;
		if (newline) {
			*newline = '\0';
			*line = bytes;
			*size_bytes = (size_t)(newline - bytes);
			journal->taken = *size_bytes + 1;
			journal->line++;
			return 0;
		}
		if (journal->is_over)
			return 0;
		journal->looked_at = used;
		int rc = read_more(journal, error);
		if (rc)
			return rc;
	}
}

static int refuse_line(const sshoal_journal *journal, uint64_t line, int code,
		       const char *why, sshoal_error *error)
{
	return sshoal__error_set(error, code, "%s:%llu: %s", journal->path,
				 (unsigned long long)line, why);
}

static int refuse_broken(sshoal_journal *journal, uint64_t line_after,
			 sshoal_error *error)
{
	uint64_t line = journal->broken_line;
	journal->broken_line = line_after;
	return refuse_line(journal, line, SSHOAL_EFORMAT,
			   "no event: only what a crash cuts off, before the "
			   "start of a run, is passed over",
			   error);
}

/* Reads a line. *root is NULL where it is no JSON. */
static int parse(const char *line, size_t size_bytes, json_t **root,
		 sshoal_error *error)
{
	json_error_t fault;
	*root = json_loadb(line, size_bytes,
			   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
	if (!*root && json_error_code(&fault) == json_error_out_of_memory)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	return 0;
}

/* The next line that is JSON; *root is NULL past the last. */
static int next_value(sshoal_journal *journal, json_t **root, char **line,
		      size_t *size_bytes, sshoal_error *error)
{
	*root = NULL;
	for (;;) {
		int rc = next_line(journal, line, size_bytes, error);
		if (rc || !*line)
			return rc;
		if (*size_bytes == 0)
			continue;
		rc = parse(*line, *size_bytes, root, error);
		if (rc || *root)
			return rc;
		if (journal->broken_line)
			return refuse_broken(journal, journal->line, error);
		journal->broken_line = journal->line;
	}
}

int sshoal_journal_next(sshoal_journal *journal, sshoal_journal_event *event,
			sshoal_error *error)
{
	if (!journal || !event)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	if (journal->is_kept) {
		journal->is_kept = false;
		*event = journal->kept;
		return 0;
	}
	sshoal__journal_room_fini(&journal->room);
	json_t *root;
	char *line;
	size_t n = 0;
	int rc = next_value(journal, &root, &line, &n, error);
	if (rc)
		return rc;
	if (!root) {
		*event = (sshoal_journal_event){
			.line = journal->line,
			.cut = (journal->broken_line > 0 &&
				journal->broken_line == journal->line) ||
			       sshoal__buffer_size(&journal->buffer) > 0,
		};
		return sshoal__error_set(error, SSHOAL_ENOENT,
					 "%s: no further event", journal->path);
	}
	sshoal_error why = { .code = 0 };
	sshoal_journal_event made;
	rc = sshoal__journal_event_read(&made, &journal->room, root, &why);
	if (rc)
		return refuse_line(journal, journal->line, rc, why.text, error);
	made.text = line;
	made.text_bytes = n;
	made.line = journal->line;
	if (journal->broken_line && made.kind != SSHOAL_JOURNAL_START) {
		journal->kept = made;
		journal->is_kept = true;
		return refuse_broken(journal, 0, error);
	}
	journal->broken_line = 0;
	*event = made;
	return 0;
}

void sshoal_journal_close(sshoal_journal *journal)
{
	if (!journal)
		return;
	sshoal__journal_room_fini(&journal->room);
	sshoal__buffer_fini(&journal->buffer);
	if (journal->fd > STDIN_FILENO)
		(void)close(journal->fd);
	free(journal->path);
	free(journal);
}
