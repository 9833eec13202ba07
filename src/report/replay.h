/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_REPLAY_H
#define SSHOAL_REPORT_REPLAY_H

#include <stdbool.h>

#include "report/console.h"
#include "report/outcome.h"
#include "report/roll.h"
#include "report/stash.h"

/* How held output is shown. */
struct replay {
	struct console *console;
	const struct stash *stash;
	bool raw; /* control characters too, on a terminal */
};

/* Streams to show. */
#define REPLAY_STDOUT 1u
#define REPLAY_STDERR 2u
#define REPLAY_BOTH (REPLAY_STDOUT | REPLAY_STDERR)

/*
 * Writes what a roll holds to the streams it is of, in order; lines stay whole
 * and the last one is completed. 0, SSHOAL_EIO, SSHOAL_ENOMEM, or SSHOAL_ELOCAL,
 * which it has told.
 */
int sshoal__replay(const struct replay *replay, const struct roll *roll,
		   unsigned int streams);

/* Says that not all of what somebody said could be held. */
void sshoal__replay_cut(struct console *console, const char *whom);

/* Writes bytes that are whole characters, as hosts' bytes are written. */
int sshoal__replay_bytes(const struct replay *replay, int stream,
			 const char *bytes, size_t n);

/* The line above what somebody says: "== WHOM" and, if there is a text,
 * ": TEXT". */
int sshoal__replay_header(const struct replay *replay, const char *whom,
			  const char *text);

/* Tells what has gone wrong with holding output, if there is a text. Returns
 * code. */
int sshoal__replay_fail(struct console *console, int code,
			const sshoal_error *error);

#endif
