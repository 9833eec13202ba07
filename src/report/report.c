/* SPDX-License-Identifier: MIT */
#include "report/report.h"

#include "report/summary.h"
#include "report/verdict.h"

/*
 * Turns the callbacks of a run into calls of its reporter. Whatever cannot be
 * written or remembered ends the run, so that no output is lost unnoticed.
 */

static struct host host_of(const sshoal_target *target)
{
	return (struct host){
		.label = sshoal_target_label(target),
		.index = sshoal_target_index(target),
	};
}

static int note_failure(struct report *report, int rc)
{
	if (rc == SSHOAL_ENOMEM || rc == SSHOAL_ELOCAL)
		report->failed_locally = true;
	return rc;
}

static int on_output(const sshoal_target *target, int stream, const void *bytes,
		     size_t size_bytes, void *data)
{
	struct report *report = data;
	const struct reporter *reporter = &report->reporter;
	struct host host = host_of(target);
	if (!reporter->output || size_bytes == 0)
		return 0;
	return note_failure(report,
			    reporter->output(reporter->state, &host, stream,
					     bytes, size_bytes));
}

static int on_start(const sshoal_target *target, void *data)
{
	struct report *report = data;
	const struct reporter *reporter = &report->reporter;
	struct host host = host_of(target);
	if (report->progress)
		sshoal__progress_begin(report->progress, host.index);
	int rc = 0;
	if (report->journal.begin)
		rc = report->journal.begin(report->journal.state, &host);
	if (rc == 0 && reporter->begin)
		rc = reporter->begin(reporter->state, &host);
	return note_failure(report, rc);
}

static int on_phase(const sshoal_target *target, int phase, void *data)
{
	struct report *report = data;
	const char *name = sshoal_phase_name(phase);
	if (report->verbosity >= VERBOSITY_DETAILS && name)
		sshoal__console_say(report->console, "%s: %s",
				    sshoal_target_label(target), name);
	return 0;
}

static int on_note(const sshoal_target *target, int level, const char *text,
		   void *data)
{
	struct report *report = data;
	const struct reporter *reporter = &report->reporter;
	struct host host = { .label = NULL };
	int rc = 0;
	if (report->verbosity < level)
		return 0;
	if (target)
		host = host_of(target);
	if (report->journal.note)
		rc = report->journal.note(report->journal.state,
					  target ? &host : NULL, level, text);
	if (reporter->note) {
		int note_rc = reporter->note(
			reporter->state, target ? &host : NULL, level, text);
		return note_failure(report, rc ? rc : note_rc);
	}
	if (target)
		sshoal__console_say(report->console, "%s: %s",
				    sshoal_target_label(target), text);
	else
		sshoal__console_say(report->console, "%s", text);
	return note_failure(report, rc);
}

static int on_file(const sshoal_target *target,
		   const sshoal_transfer_file *file, void *data)
{
	struct report *report = data;
	const struct reporter *reporter = &report->reporter;
	struct host host = host_of(target);
	int rc = 0;
	if (report->journal.file)
		rc = report->journal.file(report->journal.state, &host, file);
	if (rc == 0 && reporter->file)
		rc = reporter->file(reporter->state, &host, file);
	return note_failure(report, rc);
}

static int on_progress(const sshoal_target *target,
		       const sshoal_transfer_progress *progress, void *data)
{
	struct report *report = data;
	if (report->progress)
		sshoal__progress_move(report->progress,
				      sshoal_target_index(target), progress);
	return 0;
}

int sshoal__report_tell(struct report *report, const struct outcome *outcome)
{
	const struct reporter *reporter = &report->reporter;
	int rc = sshoal__tally_add(&report->tally, outcome);
	(void)note_failure(report, rc);
	/* A host that was told to have ended is known to have ended. */
	if (report->journal.result) {
		int journal_rc =
			report->journal.result(report->journal.state, outcome);
		rc = note_failure(report, journal_rc ? journal_rc : rc);
	}
	if (reporter->result) {
		int told_rc = reporter->result(reporter->state, outcome);
		rc = note_failure(report, told_rc ? told_rc : rc);
	}
	return rc;
}

static int on_result(const sshoal_result *result, void *data)
{
	struct report *report = data;
	struct outcome outcome = sshoal__outcome_read(result);
	if (report->progress)
		sshoal__progress_end(report->progress, outcome.host.index,
				     outcome.status == SSHOAL_STATUS_OK);
	if (report->hold)
		return note_failure(report,
				    report->hold(result, report->hold_data));
	return sshoal__report_tell(report, &outcome);
}

static int on_idle(void *data)
{
	struct report *report = data;
	int rc = sshoal__console_flush(report->console);
	if (report->progress)
		sshoal__progress_draw(report->progress);
	return rc;
}

const sshoal_fleet_callbacks sshoal__report_callbacks = {
	.output = on_output,
	.result = on_result,
	.start = on_start,
	.phase = on_phase,
	.note = on_note,
	.idle = on_idle,
	.file = on_file,
	.progress = on_progress,
};

static bool wants_summary(const struct report *report)
{
	if (report->verbosity == VERBOSITY_QUIET)
		return report->tally.counts[SSHOAL_STATUS_OK] !=
		       report->tally.targets;
	return report->verbosity > VERBOSITY_SILENT;
}

void sshoal__report_finish(struct report *report, double duration_ms,
			   int exit_status)
{
	const struct reporter *reporter = &report->reporter;
	sshoal__progress_free(report->progress);
	report->progress = NULL;
	sshoal__tally_sort(&report->tally);
	if (report->journal.summary &&
	    note_failure(report, report->journal.summary(
					 report->journal.state, &report->tally,
					 duration_ms, exit_status)) != 0)
		exit_status = VERDICT_LOCAL;
	if (reporter->summary)
		(void)note_failure(report,
				   reporter->summary(reporter->state,
						     &report->tally,
						     duration_ms, exit_status));
	if (wants_summary(report))
		(void)note_failure(
			report,
			sshoal__summary_print(report->console, &report->tally));
	(void)sshoal__console_flush(report->console);
}

void sshoal__report_fini(struct report *report)
{
	if (report->journal.free)
		report->journal.free(report->journal.state);
	report->journal = (struct reporter){ .state = NULL };
	if (report->reporter.free)
		report->reporter.free(report->reporter.state);
	sshoal__progress_free(report->progress);
	report->progress = NULL;
	sshoal__tally_fini(&report->tally);
	report->reporter = (struct reporter){ .state = NULL };
}
