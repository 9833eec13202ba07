/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_JOURNAL_H
#define SSHOAL_REPORT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/cancel.h>
#include <sshoal/inventory.h>

#include "report/console.h"
#include "report/journal_file.h"
#include "report/reporter.h"

/* What a run does, so that it can be done again. Strings are borrowed until the
 * journal is made. */
struct journal_start {
	const char *job;     /* "run", "put" and the like */
	const char *command; /* what is run; NULL for none */
	const char *origin;  /* the run that this one goes on with, or NULL */
	const char *const *words; /* what was written beside options */
	size_t word_count;
	const char *const *options; /* each in one word */
	size_t option_count;
	const sshoal_hosts *hosts;
	const char *run;  /* its name; NULL: a new one */
	size_t at_once;   /* how many hosts are in flight at most */
	bool moves_files; /* as in struct json_options */
	bool copies_id;
};

struct journal_cancels {
	sshoal_cancel *cancel; /* of the run: no disk is waited for any more */
	sshoal_cancel *drain;  /* is set when no further hosts may be begun */
};

/* A run's events, but for output, on their way to a file. */
struct journal;

/*
 * reporter receives what is to be called for the run. The file becomes the
 * journal's; console, cancels and job and command must stay. The first
 * failure is told on the console.
 * 0, SSHOAL_ENOMEM, or SSHOAL_ELOCAL: the system has no random bytes, or does
 * not know where we are. The file is the caller's still then.
 */
int sshoal__journal_new(struct journal **journal, struct reporter *reporter,
			struct journal_file *file, struct console *console,
			const struct journal_cancels *cancels,
			const struct journal_start *start);

/* Whether something could not be written, or has no room: no further hosts were
 * begun. False for NULL. */
bool sshoal__journal_has_failed(const struct journal *journal);

/* Closes the file. Free the reporter first. NULL is ignored. */
void sshoal__journal_free(struct journal *journal);

#endif
