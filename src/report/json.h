/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JSON_H
#define SSHOAL_REPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "report/console.h"
#include "report/reporter.h"

struct json_options {
	size_t host_count;   /* indexes are below it */
	const char *job;     /* "run", "ping" and the like */
	const char *command; /* what is run; NULL for none */
	bool moves_files;    /* results say how many files there are */
	bool copies_id;      /* results say what became of a key */
};

/*
 * Everything as events, one JSON object a line, on standard output. The
 * console and the options' strings must stay.
 * 0, SSHOAL_ENOMEM, or SSHOAL_ELOCAL: the system has no random bytes.
 */
int sshoal__json_new(struct reporter *reporter, struct console *console,
		     const struct json_options *options);

/* What the events of one of these call their run; stays as long as it. */
const char *sshoal__json_run(const struct reporter *reporter);

#endif
