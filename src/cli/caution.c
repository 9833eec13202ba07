/* SPDX-License-Identifier: MIT */
#include "cli/caution.h"

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

int sshoal__caution_show(struct console *console, const sshoal_hosts *hosts,
			 const sshoal_job *job)
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
	print_job(console, job);
	return VERDICT_OK;
}
