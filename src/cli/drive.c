/* SPDX-License-Identifier: MIT */
#include "cli/drive.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/answers.h"
#include "cli/caution.h"
#include "cli/command_name.h"
#include "cli/display.h"
#include "cli/failed_to.h"
#include "cli/keep_journal.h"
#include "cli/lock_file.h"
#include "cli/login.h"
#include "cli/prompt.h"
#include "cli/selection.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "report/copied.h"
#include "report/files.h"
#include "report/json.h"
#include "report/logs.h"
#include "report/only_failed.h"
#include "report/ping.h"
#include "report/progress.h"
#include "report/report.h"
#include "report/verdict.h"

/*
 * One job on many hosts, from the options to the exit status. Whatever is
 * wrong with options and files comes out before anything is contacted.
 */

/* What a run works with, in the order in which it is made. */
struct drive {
	struct console *console;
	const struct options *options;
	const sshoal_job *job;
	const struct drive_step *step; /* NULL: results are told as they come */
	struct chosen chosen;
	sshoal_hosts *hosts; /* the chosen ones */
	sshoal_cancel *cancel;
	sshoal_cancel *drain;  /* no host is to be started any more */
	struct status *status; /* NULL: nobody listens to questions */
	struct login login;
	struct report report;
	struct journal *journal; /* NULL: none is kept */
	sshoal_fleet *fleet;
	struct failed_to failed_to;
	int lock; /* the file of --lock; -1: none */
};

/* The callbacks are given the report. */
static struct drive *drive_of(void *report)
{
	return (struct drive *)((char *)report -
				offsetof(struct drive, report));
}

static int on_prompt(const sshoal_target *target, sshoal_prompt *prompt,
		     void *data)
{
	const struct drive *drive = drive_of(data);
	return sshoal__answers_give(prompt, target, drive->console,
				    drive->cancel);
}

int sshoal__cli_fail(struct console *console, int code, const char *text)
{
	sshoal__console_say(console, "%s", text);
	if (code == SSHOAL_EBUSY)
		return VERDICT_HELD;
	if (code == SSHOAL_ENOMEM || code == SSHOAL_ELOCAL ||
	    code == SSHOAL_EIO)
		return VERDICT_LOCAL;
	return VERDICT_USAGE;
}

/* What the journal calls the run; NULL: there is none. */
static const char *run_of(const struct drive *drive)
{
	return drive->journal ? sshoal__json_run(&drive->report.journal) : NULL;
}

/* The reporter of a job's own results, or of what it runs. */
static int make_telling(struct drive *drive)
{
	const struct display_options *display = &drive->options->display;
	struct reporter *reporter = &drive->report.reporter;
	size_t width = sshoal__selection_label_width(drive->hosts);
	if (drive->job->kind == SSHOAL_JOB_COPY_ID)
		return sshoal__copied_new(reporter, drive->console, width);
	if (drive->job->kind == SSHOAL_JOB_PING)
		return sshoal__ping_new(reporter, drive->console, width);
	const struct lines_options lines = {
		.host_count = sshoal_hosts_count(drive->hosts),
		.label_width = width,
		.no_label = display->no_label != 0,
		.raw = display->raw != 0,
	};
	if (drive->job->kind == SSHOAL_JOB_PUT ||
	    drive->job->kind == SSHOAL_JOB_GET)
		return sshoal__files_new(reporter, drive->console, &lines,
					 display->verbosity);
	return sshoal__display_output(reporter, drive->console, drive->options,
				      &lines);
}

static int make_reporter(struct drive *drive)
{
	const struct display_options *display = &drive->options->display;
	struct reporter *reporter = &drive->report.reporter;
	if (display->output == OUTPUT_NONE)
		return 0;
	bool moves_files = drive->job->kind == SSHOAL_JOB_PUT ||
			   drive->job->kind == SSHOAL_JOB_GET;
	if (display->output == OUTPUT_JSON) {
		const struct json_options json = {
			.host_count = sshoal_hosts_count(drive->hosts),
			.job = sshoal__cli_command_name(
				drive->options->command),
			.command = sshoal__job_command(drive->job),
			.run = run_of(drive),
			.moves_files = moves_files,
			.copies_id = drive->job->kind == SSHOAL_JOB_COPY_ID,
		};
		return sshoal__json_new(reporter, drive->console, &json);
	}
	if (drive->job->kind == SSHOAL_JOB_SCAN)
		return 0; /* it has a step that tells */
	int rc = make_telling(drive);
	if (rc == 0 && display->output == OUTPUT_FAILED)
		rc = sshoal__only_failed_new(reporter, drive->console,
					     sshoal_hosts_count(drive->hosts));
	return rc;
}

/* Has what hosts say go to files as well. */
static int make_logs(struct drive *drive, sshoal_error *error)
{
	const struct display_options *display = &drive->options->display;
	struct reporter *reporter = &drive->report.reporter;
	int kind = (int)drive->job->kind;
	if (!display->output_dir)
		return 0;
	const struct logs_options logs = {
		.path = display->output_dir,
		.hosts = drive->hosts,
		.run = display->output == OUTPUT_JSON ?
			       sshoal__json_run(reporter) :
			       run_of(drive),
		.compress = display->compress_logs != 0,
		.moves_files = kind == SSHOAL_JOB_PUT || kind == SSHOAL_JOB_GET,
		.copies_id = kind == SSHOAL_JOB_COPY_ID,
	};
	return sshoal__logs_new(reporter, drive->console, &logs, error);
}

/* Whether a line that is drawn over and over is wanted, and harms nothing: what
 * is not whole lines would stand in its way, and a pipe's reader may write to
 * the same terminal. */
static bool wants_progress(const struct drive *drive)
{
	const struct display_options *display = &drive->options->display;
	const char *term = getenv("TERM");
	struct stat status;
	if (display->progress != PROGRESS_AUTO)
		return display->progress == PROGRESS_ALWAYS;
	return display->verbosity == VERBOSITY_NORMAL && !display->no_label &&
	       sshoal__console_is_terminal(drive->console, SSHOAL_STDERR) &&
	       term && strcmp(term, "dumb") != 0 &&
	       fstat(STDOUT_FILENO, &status) == 0 && !S_ISFIFO(status.st_mode);
}

static int make_progress(struct drive *drive)
{
	if (!wants_progress(drive))
		return 0;
	return sshoal__progress_new(&drive->report.progress, drive->console,
				    sshoal_hosts_count(drive->hosts));
}

static int make_failed_to(struct drive *drive, sshoal_error *error)
{
	const char *path = drive->options->display.failed_to;
	return path ? sshoal__failed_to_open(&drive->failed_to, path, error) :
		      0;
}

/* Writes who is not ok. What went wrong with it is told. */
static void list_failed(struct drive *drive)
{
	struct report *report = &drive->report;
	sshoal_error error = { .code = 0 };
	if (!drive->failed_to.path)
		return;
	sshoal__tally_sort(&report->tally);
	if (sshoal__failed_to_write(&drive->failed_to, &report->tally,
				    drive->hosts, &error) == 0)
		return;
	report->failed_locally = true;
	sshoal__console_say(drive->console, "%s", error.text);
}

static int make_fleet(struct drive *drive, sshoal_error *error)
{
	sshoal_fleet_options options = drive->options->fleet;
	options.defaults = &drive->login.defaults;
	options.overrides = &drive->login.overrides;
	options.cancel = drive->cancel;
	options.drain = drive->drain;
	options.config = drive->login.config;
	if (options.retry_delay_ms < 0)
		options.retry_delay_ms = 1; /* 0 would be the default */
	if (options.kill_after_ms < 0)
		options.kill_after_ms = 1; /* likewise */
	int rc = sshoal_fleet_new(&drive->fleet, &options, error);
	if (rc)
		return rc;
	return sshoal_fleet_add_hosts(drive->fleet, drive->hosts, error);
}

static int verdict(const struct drive *drive, bool failed)
{
	int out = sshoal__console_failure(drive->console, SSHOAL_STDOUT);
	int err = sshoal__console_failure(drive->console, SSHOAL_STDERR);
	struct circumstances circumstances = {
		.failed_locally = failed || drive->report.failed_locally ||
				  sshoal__journal_has_failed(drive->journal),
		.maximum = drive->options->display.max_exit != 0,
		.signal = sshoal__signals_number(),
	};
	const int failures[] = { out, err };
	for (size_t i = 0; i < 2; i++) {
		if (failures[i] == EPIPE && circumstances.signal == 0)
			circumstances.signal = SIGPIPE;
		else if (failures[i] && failures[i] != EPIPE &&
			 failures[i] != ECANCELED)
			circumstances.failed_locally = true;
	}
	return sshoal__verdict_of(&drive->report.tally, &circumstances);
}

static struct drive_view view_of(struct drive *drive)
{
	return (struct drive_view){
		.console = drive->console,
		.report = &drive->report,
		.hosts = drive->hosts,
		.part = drive->chosen.part,
		.fleet = drive->fleet,
		.cancel = drive->cancel,
	};
}

static int on_start(const sshoal_target *target, void *data)
{
	sshoal__status_begin(drive_of(data)->status,
			     sshoal_target_index(target));
	return sshoal__report_callbacks.start(target, data);
}

static int on_result(const sshoal_result *result, void *data)
{
	sshoal__status_end(drive_of(data)->status, sshoal_result_index(result));
	return sshoal__report_callbacks.result(result, data);
}

/* Runs the job, if there is one to run on anybody. */
static int run_job(struct drive *drive, sshoal_summary *summary)
{
	if (sshoal_hosts_count(drive->hosts) == 0 ||
	    (drive->step && drive->step->contacts_none))
		return 0;
	/* Without a terminal the library says what was asked. */
	sshoal_fleet_callbacks callbacks = sshoal__report_callbacks;
	callbacks.prompt = sshoal__prompt_is_possible() ? on_prompt : NULL;
	callbacks.start = on_start;
	callbacks.result = on_result;
	/* Without the thread for it nobody is told how the run stands. */
	(void)sshoal__status_new(&drive->status, drive->hosts, drive->fleet,
				 drive->report.progress != NULL);
	sshoal_job job = *drive->job;
	job.sudo_password = drive->login.sudo_password;
	int rc = sshoal_fleet_run(drive->fleet, &job, &callbacks,
				  &drive->report, summary);
	sshoal__status_free(drive->status);
	drive->status = NULL;
	return rc;
}

/* Has a step tell what became of the hosts. */
static int settle(struct drive *drive)
{
	sshoal_error error = { .code = 0 };
	const struct drive_view view = view_of(drive);
	if (!drive->step)
		return 0;
	int rc = drive->step->settle(&view, drive->step->data, &error);
	if (rc && *error.text)
		sshoal__console_say(drive->console, "%s", error.text);
	return rc;
}

/* Runs the job and tells the outcome. */
static int run(struct drive *drive)
{
	struct report *report = &drive->report;
	sshoal_summary summary = { .targets = 0 };
	int rc = run_job(drive, &summary);
	if (rc) {
		int status =
			sshoal__cli_fail(drive->console, rc,
					 sshoal_fleet_error_text(drive->fleet));
		if (report->tally.targets == 0)
			return status;
	} else {
		rc = settle(drive);
	}
	list_failed(drive);
	sshoal__report_finish(report, summary.duration_ms,
			      verdict(drive, rc != 0));
	int status = verdict(drive, rc != 0);
	if (summary.given_up > 0) {
		/* Threads that do not return may use what would be freed. */
		_exit(status);
	}
	return status;
}

static int prepare_step(struct drive *drive, sshoal_error *error)
{
	const struct drive_view view = view_of(drive);
	if (!drive->step)
		return 0;
	drive->report.hold = drive->step->hold;
	drive->report.hold_data = drive->step->data;
	return drive->step->prepare(&view, drive->step->data, error);
}

/* Has this run be the only one, and be kept. */
static int make_journal(struct drive *drive, sshoal_error *error)
{
	const struct journal_options *options = &drive->options->journal;
	const struct journal_run kept = {
		.options = drive->options,
		.job = drive->job,
		.hosts = drive->hosts,
		.console = drive->console,
		.cancels = { drive->cancel, drive->drain },
	};
	int rc = options->lock ?
			 sshoal__lock_file_take(&drive->lock, options->lock,
						options->lock_wait_ms, error) :
			 0;
	return rc ? rc :
		    sshoal__keep_journal(&drive->journal,
					 &drive->report.journal, &kept, error);
}

/* Makes what a run needs, and runs. */
static int prepare_and_run(struct drive *drive, const char *password)
{
	sshoal_error error = { .code = 0 };
	const struct login_options *login = &drive->options->login;
	int rc = sshoal__login_init(&drive->login, login, password, &error);
	if (rc == 0)
		rc = make_journal(drive, &error);
	if (rc)
		return sshoal__cli_fail(drive->console, rc, error.text);
	/* Until here an interrupt ends the program as any other. */
	drive->console->cancel = drive->cancel;
	sshoal__signals_start(drive->cancel, drive->drain);
	rc = sshoal__caution_ask(&drive->options->caution, drive->hosts,
				 drive->cancel, &error);
	if (rc == 0)
		rc = sshoal__login_ask(&drive->login, login, drive->cancel,
				       &error);
	if (rc == SSHOAL_ECANCELLED && sshoal__signals_number())
		return VERDICT_SIGNAL + sshoal__signals_number();
	if (rc)
		return sshoal__cli_fail(drive->console, rc, error.text);
	rc = make_reporter(drive);
	if (rc == 0)
		rc = make_progress(drive);
	if (rc)
		return sshoal__cli_fail(drive->console, rc,
					sshoal_error_text(rc));
	rc = make_logs(drive, &error);
	if (rc == 0)
		rc = make_failed_to(drive, &error);
	if (rc == 0)
		rc = make_fleet(drive, &error);
	if (rc == 0)
		rc = prepare_step(drive, &error);
	if (rc)
		return sshoal__cli_fail(drive->console, rc, error.text);
	return run(drive);
}

int sshoal__cli_drive(struct console *console, const struct options *options,
		      const sshoal_job *job, const char *password)
{
	return sshoal__cli_drive_step(console, options, job, password, NULL);
}

int sshoal__cli_drive_step(struct console *console,
			   const struct options *options, const sshoal_job *job,
			   const char *password, const struct drive_step *step)
{
	struct drive drive = {
		.console = console,
		.options = options,
		.job = job,
		.step = step,
		.lock = -1,
		.report = { .console = console,
			    .verbosity = options->display.verbosity },
	};
	sshoal_error error = { .code = 0 };
	int rc =
		sshoal__chosen_init(&drive.chosen, console, &options->selection,
				    step ? step->part : NULL, &error);
	if (rc)
		return sshoal__cli_fail(console, rc, error.text);
	drive.hosts = drive.chosen.hosts;
	/* Its passwords need not stay for a whole run. */
	sshoal_inventory_free(drive.chosen.inventory);
	drive.chosen.inventory = NULL;
	if (options->caution.dry_run) {
		int status = sshoal__caution_show(console, drive.hosts, job,
						  &options->fleet);
		sshoal__chosen_fini(&drive.chosen);
		return status;
	}
	rc = sshoal_cancel_new(&drive.cancel);
	if (rc == 0)
		rc = sshoal_cancel_new(&drive.drain);
	if (rc) {
		sshoal_cancel_free(drive.cancel);
		sshoal__chosen_fini(&drive.chosen);
		return sshoal__cli_fail(console, rc, sshoal_error_text(rc));
	}
	int status = prepare_and_run(&drive, password);
	sshoal__failed_to_close(&drive.failed_to);
	sshoal__report_fini(&drive.report);
	sshoal__journal_free(drive.journal);
	sshoal_fleet_free(drive.fleet);
	sshoal__login_fini(&drive.login);
	(void)sshoal__console_flush(console);
	sshoal__signals_stop();
	console->cancel = NULL;
	sshoal_cancel_free(drive.drain);
	sshoal_cancel_free(drive.cancel);
	sshoal__chosen_fini(&drive.chosen);
	if (drive.lock >= 0)
		(void)close(drive.lock);
	return status;
}
