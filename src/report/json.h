/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JSON_H
#define SSHOAL_REPORT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "report/console.h"
#include "report/json_event.h"
#include "report/reporter.h"

struct json_options {
	size_t host_count;   /* indexes are below it */
	const char *job;     /* "run", "ping" and the like */
	const char *command; /* what is run; NULL for none */
	const char *run;     /* the run's name; NULL: a new one */
	bool moves_files;    /* results say how many files there are */
	bool copies_id;      /* results say what became of a key */
	/* NULL: standard output. Where it is not, there are no events of
	 * output. */
	const struct json_sink *sink;
	json_t *start; /* more members of the start; NULL: none */
};

/*
 * Everything as events, one JSON object a line, on standard output. The
 * console and what the options point to must stay; start is the reporter's.
 * 0, SSHOAL_ENOMEM, or SSHOAL_ELOCAL: the system has no random bytes.
 */
int sshoal__json_new(struct reporter *reporter, struct console *console,
		     const struct json_options *options);

/* What the events of one of these call their run; stays as long as it. */
const char *sshoal__json_run(const struct reporter *reporter);

#endif
