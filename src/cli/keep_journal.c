/* SPDX-License-Identifier: MIT */
#include "cli/keep_journal.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cli/command_name.h"
#include "cli/given.h"
#include "cli/journals.h"
#include "cli/option_table.h"
#include "report/json_event.h"
#include "report/report.h"

/* Which runs are kept, and where. */

/* Hosts in flight unless -P says how many. */
#define PARALLEL ((size_t)64)

const char *sshoal__job_command(const sshoal_job *job)
{
	return job->kind == SSHOAL_JOB_SCRIPT ? job->sources[0] : job->command;
}

static bool is_kept(const struct journal_run *run)
{
	if (sshoal_hosts_count(run->hosts) == 0)
		return false;
	switch ((enum sshoal_job_kind)run->job->kind) {
	case SSHOAL_JOB_COMMAND:
	case SSHOAL_JOB_SCRIPT:
	case SSHOAL_JOB_PUT:
	case SSHOAL_JOB_GET:
	case SSHOAL_JOB_COPY_ID:
		return true;
	case SSHOAL_JOB_PING:
	case SSHOAL_JOB_SCAN:
		return false;
	}
	return false;
}

/* *file is NULL where there is none. */
static int open_file(struct journal_file **file, const struct journal_run *run,
		     const char *name, sshoal_error *error)
{
	const struct journal_options *options = &run->options->journal;
	*file = NULL;
	if (options->again) {
		*file = options->again->file;
		options->again->file = NULL;
		return 0;
	}
	if (options->none)
		return 0;
	if (options->file)
		return sshoal__journal_file_open(
			file,
			&(struct journal_file_options){ .path = options->file },
			error);
	int rc = sshoal__journals_new(file, name, error);
	if (rc != SSHOAL_EACCESS && rc != SSHOAL_ENOENT)
		return rc;
	if (run->options->display.verbosity >= VERBOSITY_NORMAL)
		sshoal__console_say(run->console,
				    "no journal is kept: %s; --no-journal is "
				    "to have none",
				    error->text);
	return 0;
}

/* The options, each in one word. The list and its items are for free(3). */
static int list_options(char ***words, size_t *count,
			const struct given_list *given)
{
	char **made = calloc(given->count + 1, sizeof *made);
	size_t n = 0;
	if (!made)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < given->count; i++) {
		if (!sshoal__option_is_of_job(given->items[i].spec))
			continue;
		made[n] = sshoal__given_word(&given->items[i]);
		if (made[n++])
			continue;
		while (n > 0)
			free(made[--n]);
		free(made);
		return SSHOAL_ENOMEM;
	}
	*words = made;
	*count = n;
	return 0;
}

/* As many as the library would have in flight. */
static size_t count_at_once(const struct journal_run *run)
{
	size_t parallel = run->options->fleet.parallel;
	size_t count = sshoal_hosts_count(run->hosts);
	if (parallel == 0)
		parallel = PARALLEL;
	return parallel < count ? parallel : count;
}

static int make(struct journal **journal, struct reporter *reporter,
		struct journal_file *file, const struct journal_run *run,
		const char *name)
{
	const struct options *options = run->options;
	const struct text_list *words = &options->words.words;
	uint32_t kind = run->job->kind;
	char **list = NULL;
	struct journal_start start = {
		.job = sshoal__cli_command_name(options->command),
		.command = sshoal__job_command(run->job),
		.origin = options->journal.again ?
				  options->journal.again->origin :
				  NULL,
		.words = words->items,
		.word_count = words->count,
		.hosts = run->hosts,
		.run = name,
		.at_once = count_at_once(run),
		.moves_files = kind == SSHOAL_JOB_PUT || kind == SSHOAL_JOB_GET,
		.copies_id = kind == SSHOAL_JOB_COPY_ID,
	};
	int rc = list_options(&list, &start.option_count, &options->given);
	if (rc)
		return rc;
	start.options = (const char *const *)list;
	rc = sshoal__journal_new(journal, reporter, file, run->console,
				 &run->cancels, &start);
	for (size_t i = 0; i < start.option_count; i++)
		free(list[i]);
	free(list);
	return rc;
}

int sshoal__keep_journal(struct journal **journal, struct reporter *reporter,
			 const struct journal_run *run, sshoal_error *error)
{
	char name[JSON_RUN_SIZE];
	struct journal_file *file = NULL;
	*journal = NULL;
	if (!is_kept(run))
		return 0;
	int rc = sshoal__json_run_make(name);
	if (rc == 0) {
		rc = open_file(&file, run, name, error);
		if (rc || !file)
			return rc;
		rc = make(journal, reporter, file, run, name);
	}
	if (rc == 0)
		return 0;
	*error = (sshoal_error){ .code = rc, .text = "no journal can be made" };
	sshoal__journal_file_close(file);
	return rc;
}
