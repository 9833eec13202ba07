/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_EVENT_LINES_H
#define SSHOAL_REPORT_EVENT_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>

/* No event is longer, not even one that names a million hosts. */
#define EVENT_LINE_MAX ((size_t)64 * 1024 * 1024)

/* A file with one JSON object a line, read from top to bottom. */
struct event_lines {
	int fd;
	const char *name; /* of the file, for texts */
	char *buffer;
	size_t room;
	size_t begin; /* of what is not read yet, in the buffer */
	size_t end;
	bool is_over; /* the file is */
	size_t count;
	size_t bad_count; /* lines that are no object */
	bool is_torn;     /* the last line has no end and is none */
};

void sshoal__event_lines_init(struct event_lines *lines, int fd,
			      const char *name);

/*
 * The next object; *event is NULL past the last one and else the caller's.
 * Lines that are none are counted and left out.
 * 0, SSHOAL_EIO, SSHOAL_EFORMAT (a line is too long) or SSHOAL_ENOMEM.
 */
int sshoal__event_lines_next(struct event_lines *lines, json_t **event,
			     sshoal_error *error);

void sshoal__event_lines_fini(struct event_lines *lines);

#endif
