/* SPDX-License-Identifier: MIT */
#include "report/event_lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A run that was killed leaves a last line that is not whole; whatever else is
 * no object is passed over, since the others are worth having. */

#define READ_BYTES ((size_t)64 * 1024)

static int fail(sshoal_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(sshoal_error *error, int code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	error->code = code;
	return code;
}

void sshoal__event_lines_init(struct event_lines *lines, int fd,
			      const char *name)
{
	*lines = (struct event_lines){ .fd = fd, .name = name };
}

/* Makes room for another read behind what is there. */
static int make_room(struct event_lines *lines, sshoal_error *error)
{
	size_t used = lines->end - lines->begin;
	if (lines->begin > 0) {
		memmove(lines->buffer, lines->buffer + lines->begin, used);
		lines->begin = 0;
		lines->end = used;
	}
	if (lines->room - used >= READ_BYTES)
		return 0;
	if (used > EVENT_LINE_MAX)
		return fail(error, SSHOAL_EFORMAT,
			    "%.300s: line %zu is longer than 64 MiB: this is "
			    "no file of sshoal's",
			    lines->name, lines->count + 1);
	size_t room = 2 * lines->room + READ_BYTES;
	char *buffer = realloc(lines->buffer, room);
	if (!buffer)
		return fail(error, SSHOAL_ENOMEM, "out of memory");
	lines->buffer = buffer;
	lines->room = room;
	return 0;
}

static int read_more(struct event_lines *lines, sshoal_error *error)
{
	int rc = make_room(lines, error);
	if (rc)
		return rc;
	ssize_t n;
	do
		n = read(lines->fd, lines->buffer + lines->end, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(error, SSHOAL_EIO, "%.300s: %s", lines->name,
			    strerror(errno));
	lines->is_over = n == 0;
	lines->end += (size_t)n;
	return 0;
}

/* The next line, *size_bytes long, without its newline; NULL past the last. It
 * stays until the next call. */
static int next_line(struct event_lines *lines, const char **line,
		     size_t *size_bytes, sshoal_error *error)
{
	size_t looked_at = 0;
	for (;;) {
		size_t used = lines->end - lines->begin;
		const char *start = used ? lines->buffer + lines->begin : NULL;
		const char *newline = used > looked_at ?
					      memchr(start + looked_at, '\n',
						     used - looked_at) :
					      NULL;
		if (newline || (lines->is_over && used > 0)) {
			*line = start;
			*size_bytes =
				newline ? (size_t)(newline - start) : used;
			lines->begin += *size_bytes + (newline != NULL);
			lines->is_torn = !newline;
			lines->count++;
			return 0;
		}
		*line = NULL;
		if (lines->is_over)
			return 0;
		looked_at = used;
		int rc = read_more(lines, error);
		if (rc)
			return rc;
	}
}

int sshoal__event_lines_next(struct event_lines *lines, json_t **event,
			     sshoal_error *error)
{
	*event = NULL;
	for (;;) {
		const char *line = NULL;
		size_t n = 0;
		int rc = next_line(lines, &line, &n, error);
		if (rc || !line)
			return rc;
		if (n == 0)
			continue;
		json_error_t reason;
		*event = json_loadb(line, n, JSON_ALLOW_NUL, &reason);
		if (json_is_object(*event)) {
			lines->is_torn = false;
			return 0;
		}
		if (!*event &&
		    json_error_code(&reason) == json_error_out_of_memory)
			return fail(error, SSHOAL_ENOMEM, "out of memory");
		json_decref(*event);
		*event = NULL;
		if (!lines->is_torn)
			lines->bad_count++;
	}
}

void sshoal__event_lines_fini(struct event_lines *lines)
{
	free(lines->buffer);
	*lines = (struct event_lines){ .fd = -1 };
}
