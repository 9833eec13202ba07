/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_KEEP_JOURNAL_H
#define SSHOAL_CLI_KEEP_JOURNAL_H

#include <sshoal/fleet.h>

#include "cli/options.h"
#include "report/journal.h"

/* This run goes on with another one. */
struct journal_again {
	struct journal_file *file; /* the one that has it; NULL: it is taken */
	const char *origin;        /* what it is called there */
};

/* A run of which a journal may be kept. */
struct journal_run {
	const struct options *options;
	const sshoal_job *job;
	const sshoal_hosts *hosts;
	struct console *console;
	struct journal_cancels cancels;
};

/*
 * Opens the run's journal, where it is to have one; reporter receives what is
 * to be called for it. *journal is NULL where there is none. run must stay,
 * but for itself.
 * 0, SSHOAL_EBUSY where another process has the file, or what else is wrong with
 * it.
 */
int sshoal__keep_journal(struct journal **journal, struct reporter *reporter,
			 const struct journal_run *run, sshoal_error *error);

/* What the events call what is run; NULL for none. */
const char *sshoal__job_command(const sshoal_job *job);

#endif
