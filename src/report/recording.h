/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_RECORDING_H
#define SSHOAL_REPORT_RECORDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "report/output_groups.h"
#include "report/recorded_host.h"

/* What is said of a host beside its result: a note, or a file's failure. */
struct recorded_note {
	char *label;
	char *text;
};

/* A run that the file has. */
struct recorded_run {
	char *id;
	char *time;
	char *command;
};

/* One run, as its events tell it. */
struct recording {
	char *run;
	char *part; /* the run that is being read: this one, or a rerun of it */
	size_t *places; /* where a rerun's hosts are among those of the run;
			   SIZE_MAX: nowhere. NULL: it is the run itself */
	size_t place_count;
	size_t rerun_count;
	json_t *start;                /* the event; NULL: the file has none */
	json_t *summary;              /* likewise */
	struct recorded_host **hosts; /* by their places, NULL: nothing is
					 known of it */
	size_t slot_count;
	size_t slot_room;
	size_t host_count; /* those that are not NULL */
	uint64_t counts[RECORDED_STATUS_COUNT];
	struct output_groups groups;
	bool has_output;
	struct recorded_note *notes;
	size_t note_count;
	size_t notes_left_out;
	double began_ms; /* of the part, by the clock, below 0: not said */
	double ended_ms; /* when the last thing happened, from there */
	struct recorded_run *runs; /* all of the file, the first ones */
	size_t run_count;
	size_t runs_left_out;
	size_t line_count;
	size_t bad_line_count; /* that are no event, beside a torn last one */
	bool is_torn;          /* the last line is not whole */
};

/*
 * Reads one run of a file of events, as --json writes them or a journal holds
 * them: the one whose name begins with run, the last one where run is NULL. What
 * reruns behind it in a journal have found takes the place of what it found.
 * The path "-" is standard input.
 * 0, SSHOAL_ENOENT (there is no such run), what sshoal_journal_open() and
 * sshoal_journal_next() return, SSHOAL_ENOMEM; the recording is to be freed only after 0.
 */
int sshoal__recording_read(struct recording *recording, const char *path,
			   const char *run, sshoal_error *error);

void sshoal__recording_fini(struct recording *recording);

#endif
