/* SPDX-License-Identifier: MIT */
#include "cli/caution.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/prompt.h"
#include "cli/refusal.h"
#include "cli/words.h"
#include "report/verdict.h"

/* Looking before leaping: what is meant is shown or asked for before anything
 * is contacted. */

/* A question shows no more of the hosts than fits into a few lines. */
#define SHOWN_MAX 300

static int refuse_answer(sshoal_error *error)
{
	return sshoal__refuse(error, "not confirmed: nothing was contacted");
}

/* Without a terminal the word that was said has to do. */
static int ask_about_rerun(size_t count, sshoal_cancel *cancel,
			   sshoal_error *error)
{
	char question[120];
	bool agrees = false;
	if (count == 0 || !sshoal__prompt_is_possible())
		return 0;
	(void)snprintf(question, sizeof question,
		       "sshoal: it may run a second time on %zu host%s: go on? "
		       "[y/N] ",
		       count, count == 1 ? "" : "s");
	int rc = sshoal__prompt_yes(&agrees, cancel, question, error);
	return rc || agrees ? rc : refuse_answer(error);
}

static int ask_about_count(const struct caution_options *options,
			   const sshoal_hosts *hosts, sshoal_cancel *cancel,
			   sshoal_error *error)
{
	size_t count = sshoal_hosts_count(hosts);
	if (!options->has_confirm || count <= options->confirm)
		return 0;
	char *folded = NULL;
	int rc = sshoal_hosts_fold(&folded, hosts, error);
	if (rc)
		return rc;
	char question[SHOWN_MAX + 100];
	bool is_cut = strlen(folded) > SHOWN_MAX;
	(void)snprintf(question, sizeof question,
		       "sshoal: %zu host%s: %.*s%s\nsshoal: go on? [y/N] ",
		       count, count == 1 ? "" : "s", SHOWN_MAX, folded,
		       is_cut ? "..." : "");
	free(folded);
	if (!sshoal__prompt_is_possible())
		return sshoal__refuse(error, "--confirm: there is no terminal "
					     "to ask on; leave it out to go on "
					     "without a question");
	bool agrees = false;
	rc = sshoal__prompt_yes(&agrees, cancel, question, error);
	return rc || agrees ? rc : refuse_answer(error);
}

int sshoal__caution_ask(const struct caution_options *options,
			const sshoal_hosts *hosts, sshoal_cancel *cancel,
			sshoal_error *error)
{
	int rc = ask_about_count(options, hosts, cancel, error);
	return rc ? rc : ask_about_rerun(options->may_have_run, cancel, error);
}

static void print_line(struct console *console, const char *name,
		       const char *text)
{
	(void)sshoal__console_print(console, SSHOAL_STDOUT, name);
	(void)sshoal__console_write_visible(console, SSHOAL_STDOUT, text,
					    strlen(text));
	(void)sshoal__console_print(console, SSHOAL_STDOUT, "\n");
}

static void print_words(struct console *console, const char *name,
			const char *const *words, size_t count)
{
	char *line = sshoal__words_join(words, count, true);
	if (line && *line)
		print_line(console, name, line);
	free(line);
}

static void print_job(struct console *console, const sshoal_job *job)
{
	switch ((enum sshoal_job_kind)job->kind) {
	case SSHOAL_JOB_COMMAND:
		print_line(console, "command: ", job->command);
		return;
	case SSHOAL_JOB_SCRIPT:
		print_words(console, "script: ", job->sources,
			    job->source_count);
		print_words(console, "arguments: ", job->arguments,
			    job->argument_count);
		return;
	case SSHOAL_JOB_PUT:
		print_words(console, "put: ", job->sources, job->source_count);
		print_line(console, "to: ", job->destination);
		if (job->then_command)
			print_line(console, "then: ", job->then_command);
		return;
	case SSHOAL_JOB_GET:
		print_words(console, "get: ", job->sources, job->source_count);
		print_line(console, "to: ", job->destination);
		return;
	case SSHOAL_JOB_PING:
		print_line(console, "ping", "");
		return;
	case SSHOAL_JOB_SCAN:
		print_line(console, "trust", "");
		return;
	case SSHOAL_JOB_COPY_ID:
		print_line(console, "copy-id", "");
		return;
	}
}

/* Prints those from the first to before the end as one batch. */
static int print_batch(struct console *console, const char *const *names,
		       size_t first, size_t end, uint32_t number)
{
	char *folded = NULL;
	char name[60];
	int rc = sshoal_names_fold(&folded, names + first, end - first, NULL);
	if (rc)
		return rc;
	(void)snprintf(name, sizeof name,
		       "batch %" PRIu32 ", %zu host%s: ", number, end - first,
		       end - first == 1 ? "" : "s");
	print_line(console, name, folded);
	free(folded);
	return 0;
}

static int print_batches(struct console *console, const sshoal_hosts *hosts,
			 const sshoal_fleet_options *fleet)
{
	size_t count = sshoal_hosts_count(hosts);
	if (count == 0 || sshoal_fleet_options_batch(fleet, count, 0) == 0)
		return 0;
	const char **names = calloc(count, sizeof *names);
	if (!names)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < count; i++)
		names[i] = sshoal_hosts_name(hosts, i);
	int rc = 0;
	size_t first = 0;
	for (size_t i = 1; i <= count && rc == 0; i++) {
		uint32_t number =
			sshoal_fleet_options_batch(fleet, count, first);
		if (i < count &&
		    sshoal_fleet_options_batch(fleet, count, i) == number)
			continue;
		rc = print_batch(console, names, first, i, number);
		first = i;
	}
	free(names);
	return rc;
}

static void print_checks(struct console *console,
			 const sshoal_fleet_options *fleet)
{
	if (fleet->check)
		print_line(console, "check: ", fleet->check);
	if (fleet->check_local)
		print_line(console, "check here: ", fleet->check_local);
}

int sshoal__caution_show(struct console *console, const sshoal_hosts *hosts,
			 const sshoal_job *job,
			 const sshoal_fleet_options *fleet)
{
	sshoal_error error = { .code = 0 };
	char *folded = NULL;
	int rc = sshoal_hosts_fold(&folded, hosts, &error);
	if (rc)
		return sshoal__cli_fail(console, rc, error.text);
	char name[40];
	size_t count = sshoal_hosts_count(hosts);
	(void)snprintf(name, sizeof name, "%zu host%s: ", count,
		       count == 1 ? "" : "s");
	print_line(console, name, folded);
	free(folded);
	rc = print_batches(console, hosts, fleet);
	if (rc)
		return sshoal__cli_fail(console, rc, sshoal_error_text(rc));
	print_job(console, job);
	print_checks(console, fleet);
	return VERDICT_OK;
}
