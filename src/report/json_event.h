/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JSON_EVENT_H
#define SSHOAL_REPORT_JSON_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/console.h"
#include "report/outcome.h"

#define JSON_EVENT_VERSION 1

/* Room for a run's name, with its NUL. */
#define JSON_RUN_SIZE 33

/* Where events go that are not for standard output. Both return 0, or what is
 * wrong. */
struct json_sink {
	/* Takes a line with its newline. */
	int (*put)(void *data, const char *line, size_t size_bytes);
	int (*end)(void *data); /* that was the last one */
	/* Whether a result is to be one. */
	bool (*wants)(void *data, const struct outcome *outcome);
	void *data;
};

/* Events of one run, one JSON object a line on standard output, or in the
 * sink. */
struct json_events {
	struct console *console;
	const struct json_sink *sink; /* NULL: the console */
	uint64_t sequence;            /* of the event before */
	char run[JSON_RUN_SIZE];
};

/* Makes a name for a run that no other has. 0, or SSHOAL_ELOCAL: the system has
 * no random bytes. */
int sshoal__json_run_make(char run[JSON_RUN_SIZE]);

/* Likewise. */
int sshoal__json_events_init(struct json_events *events,
			     struct console *console);

/* A new event with the members that all have; host may be NULL. NULL when
 * memory is refused. */
json_t *sshoal__json_event(struct json_events *events, const char *name,
			   const struct host *host);

/* The event of how a host ended. moves_files and copies_id: the job does, so
 * that what came of it is known. Likewise. */
json_t *sshoal__json_result(struct json_events *events,
			    const struct outcome *outcome, bool moves_files,
			    bool copies_id);

/* Frees an event and returns its text, for free(3). NULL when memory is
 * refused, or was to the event. */
char *sshoal__json_line(json_t *event);

/* Writes an event and frees it. NULL is one that memory was refused to. 0,
 * SSHOAL_ENOMEM, SSHOAL_EIO or what the sink returned. */
int sshoal__json_emit(struct json_events *events, json_t *event);

/* The time of an event that is written by hand. */
void sshoal__json_time(char *text, size_t size);

#endif
