/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/again.h"
#include "cli/chain.h"
#include "cli/journals.h"
#include "cli/keep_journal.h"
#include "cli/only.h"
#include "cli/refusal.h"
#include "cli/words.h"
#include "report/report.h"
#include "report/verdict.h"

/* rerun: what a run that is over did, on the hosts where it is not done. Its
 * journal is this run's, too. */

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

/* The journal's path, for free(3). */
static int name_journal(char **path, const struct options *options,
			sshoal_error *error)
{
	const struct text_list *words = &options->words.words;
	if (words->count == 0)
		return sshoal__journals_last(path, error);
	if (access(words->items[0], F_OK) != 0)
		return sshoal__refuse(error, "%.300s: %s", words->items[0],
				      strerror(errno));
	*path = strdup(words->items[0]);
	return *path ? 0 : refuse_memory(error);
}

/* Names the hosts that are meant. Says on how many the command may have run
 * before. */
static int choose(struct options *options, const struct chain *chain,
		  const struct only *only, sshoal_error *error)
{
	struct text_list *list = &options->selection.expressions;
	list->items = calloc(chain->host_count + 1, sizeof *list->items);
	if (!list->items)
		return refuse_memory(error);
	for (size_t i = 0; i < chain->host_count; i++) {
		const struct chain_host *host = &chain->hosts[i];
		if (!sshoal__only_has(only, host))
			continue;
		list->items[list->count++] = host->expression;
		if (host->ran == SSHOAL_RAN_UNKNOWN)
			options->caution.may_have_run++;
	}
	options->selection.are_hosts = 1;
	return 0;
}

static void say_nothing_to_do(struct console *console,
			      const struct options *options,
			      const struct chain *chain, const char *only)
{
	size_t count = chain->host_count;
	const char *plural = count == 1 ? "" : "s";
	if (options->display.verbosity < VERBOSITY_NORMAL)
		return;
	if (only)
		sshoal__console_say(console,
				    "nothing to do: of %zu host%s none is "
				    "%.200s",
				    count, plural, only);
	else
		sshoal__console_say(console,
				    "nothing to do: %s%zu host%s %s ok",
				    count == 1 ? "" : "all ", count, plural,
				    count == 1 ? "is" : "are");
}

static void say_what(struct console *console, const struct options *options,
		     const struct chain *chain)
{
	size_t chosen = options->selection.expressions.count;
	size_t unknown = options->caution.may_have_run;
	char *line = sshoal__words_join((const char *const *)chain->words,
					chain->word_count, true);
	if (options->display.verbosity >= VERBOSITY_NORMAL)
		sshoal__console_say(console,
				    "rerun of %s: %s%s%.200s, on %zu "
				    "of %zu host%s",
				    chain->time, chain->job,
				    line && *line ? " " : "", line ? line : "",
				    chosen, chain->host_count,
				    chain->host_count == 1 ? "" : "s");
	free(line);
	if (unknown > 0 && options->display.verbosity > VERBOSITY_SILENT)
		sshoal__console_say(
			console, "%zu of them may have run it before", unknown);
}

/* Relative paths are looked at from where the run was begun. */
static int enter_directory(const struct chain *chain, const char *path,
			   sshoal_error *error)
{
	if (!chain->directory || chdir(chain->directory) == 0)
		return 0;
	return sshoal__refuse(error,
			      "%.150s: begun in %.200s, which cannot be "
			      "entered: %s",
			      path, chain->directory, strerror(errno));
}

static int do_again(struct console *console, const struct options *options,
		    const char *password)
{
	if (options->command == CLI_COMMAND_SCRIPT)
		return sshoal__cli_script(console, options, password);
	if (options->command == CLI_COMMAND_PUT ||
	    options->command == CLI_COMMAND_GET)
		return sshoal__cli_files(console, options, password);
	if (options->command == CLI_COMMAND_COPY_ID)
		return sshoal__cli_copy_id(console, options, password);
	return sshoal__cli_run(console, options, password);
}

/* Everything that has to be known before the run. */
static int prepare(struct again *again, const struct chain *chain,
		   const struct options *given, const char *path,
		   sshoal_error *error)
{
	struct only only;
	int rc = sshoal__only_parse(&only, given->journal.only, error);
	if (rc == 0)
		rc = sshoal__again_init(again, chain, given, path, error);
	if (rc)
		return rc;
	rc = choose(&again->options, chain, &only, error);
	if (rc == 0)
		rc = enter_directory(chain, path, error);
	if (rc)
		sshoal__again_fini(again);
	return rc;
}

static int run_chain(struct console *console, const struct options *given,
		     const char *password, const struct chain *chain,
		     struct journal_again *of)
{
	struct again again;
	sshoal_error error = { .code = 0 };
	int rc = prepare(&again, chain, given,
			 sshoal__journal_file_path(of->file), &error);
	if (rc)
		return sshoal__cli_fail(console, rc, error.text);
	struct options *options = &again.options;
	int status = VERDICT_OK;
	if (options->selection.expressions.count == 0) {
		say_nothing_to_do(console, options, chain, given->journal.only);
	} else {
		say_what(console, options, chain);
		options->journal.again = of;
		status = do_again(console, options, password);
	}
	sshoal__again_fini(&again);
	return status;
}

int sshoal__cli_rerun(struct console *console, const struct options *options,
		      const char *password)
{
	sshoal_error error = { .code = 0 };
	char *path = NULL;
	struct journal_again of = { .file = NULL };
	struct chain chain;
	int rc = name_journal(&path, options, &error);
	if (rc == 0)
		rc = sshoal__journal_file_open(
			&of.file,
			&(struct journal_file_options){ .path = path }, &error);
	if (rc == 0)
		rc = sshoal__chain_read(&chain, path, options->words.run,
					&error);
	free(path);
	int status;
	if (rc == 0) {
		of.origin = chain.origin;
		status = run_chain(console, options, password, &chain, &of);
		sshoal__chain_fini(&chain);
	} else {
		status = sshoal__cli_fail(console, rc, error.text);
	}
	/* Where the run did not come to it, it was not taken. */
	sshoal__journal_file_close(of.file);
	return status;
}
