/* SPDX-License-Identifier: MIT */
#include "cli/chain.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/journal.h>

#include "cli/refusal.h"

/*
 * The journal is read twice: which runs are meant is known at its end only. A
 * run that did not begin a host leaves what was known of it, and whether
 * something has run on it is never forgotten.
 */

/* While the events of a chain are read. */
struct walk {
	struct chain *chain;
	const char *path;
	sshoal_error *error;
	struct chain_host **by_name; /* all, in the order of expressions */
	struct chain_host **places;  /* by index in the run that is read */
	size_t place_count;
	char *run; /* that is read; NULL: none of the chain */
};

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

/* Takes the place of a string. 0 or SSHOAL_ENOMEM. */
static int keep(char **text, const char *value)
{
	char *copy = value ? strdup(value) : NULL;
	if (value && !copy)
		return SSHOAL_ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* --- which runs --- */

/* The run that is meant. */
struct choice_of_run {
	const char *wanted; /* how its name begins; NULL: the last one */
	char *run;
	char *origin;
	char *last; /* of the file, for an error */
};

static int look_at_start(struct choice_of_run *choice, const char *path,
			 const sshoal_journal_event *event, sshoal_error *error)
{
	const char *wanted = choice->wanted;
	int rc = keep(&choice->last, event->run);
	if (rc)
		return refuse_memory(error);
	if (wanted && strncmp(event->run, wanted, strlen(wanted)) != 0)
		return 0;
	if (wanted && choice->run && strcmp(choice->run, event->run) != 0)
		return sshoal__refuse(error,
				      "%.200s: --run %.40s: %.40s and %.40s "
				      "both begin so: write more of it",
				      path, wanted, choice->run, event->run);
	rc = keep(&choice->run, event->run);
	if (rc == 0)
		rc = keep(&choice->origin,
			  event->origin ? event->origin : event->run);
	return rc ? refuse_memory(error) : 0;
}

static int choose(struct choice_of_run *choice, const char *path,
		  sshoal_error *error)
{
	sshoal_journal *journal = NULL;
	sshoal_journal_event event;
	int rc = sshoal_journal_open(&journal, path, error);
	/* What is no event is told when all of the run is read. */
	while (rc == 0) {
		rc = sshoal_journal_next(journal, &event, error);
		if (rc == 0 && event.kind == SSHOAL_JOURNAL_START)
			rc = look_at_start(choice, path, &event, error);
		else if (rc == SSHOAL_EFORMAT)
			rc = 0;
	}
	bool was_read = journal && rc == SSHOAL_ENOENT;
	sshoal_journal_close(journal);
	if (!was_read)
		return rc;
	if (choice->run)
		return 0;
	if (!choice->last)
		(void)sshoal__refuse(error, "%.300s: holds no run", path);
	else
		(void)sshoal__refuse(error,
				     "%.200s: has no run %.64s; its last one "
				     "is %.64s",
				     path, choice->wanted, choice->last);
	return SSHOAL_EINVAL;
}

static void fini_choice(struct choice_of_run *choice)
{
	free(choice->run);
	free(choice->origin);
	free(choice->last);
}

/* --- what is known of them --- */

static int copy_list(char ***copies, size_t *count, const char *const *items,
		     size_t item_count)
{
	*copies = calloc(item_count + 1, sizeof **copies);
	if (!*copies)
		return SSHOAL_ENOMEM;
	for (*count = 0; *count < item_count; (*count)++) {
		(*copies)[*count] = strdup(items[*count]);
		if (!(*copies)[*count])
			return SSHOAL_ENOMEM;
	}
	return 0;
}

static int by_expression(const void *a, const void *b)
{
	const struct chain_host *const *left = a;
	const struct chain_host *const *right = b;
	return strcmp((*left)->expression, (*right)->expression);
}

static int copy_hosts(struct walk *walk, const sshoal_journal_event *event)
{
	struct chain *chain = walk->chain;
	size_t count = event->target_count;
	chain->hosts = calloc(count + 1, sizeof *chain->hosts);
	walk->by_name = calloc(count + 1, sizeof(struct chain_host *));
	if (!chain->hosts || !walk->by_name)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct chain_host *host = &chain->hosts[i];
		*host = (struct chain_host){
			.expression = strdup(event->targets[i]),
			.status = SSHOAL_STATUS_NOT_STARTED,
		};
		if (!host->expression)
			return SSHOAL_ENOMEM;
		walk->by_name[i] = host;
		chain->host_count++;
	}
	if (count > 1)
		qsort(walk->by_name, count, sizeof(struct chain_host *),
		      by_expression);
	return 0;
}

/* The run that all others of the chain go on with. */
static int take_origin(struct walk *walk, const sshoal_journal_event *event)
{
	struct chain *chain = walk->chain;
	if (!event->options || !event->words || !event->targets)
		return sshoal__refuse(walk->error,
				      "%.200s:%llu: the run %.40s cannot be "
				      "done again: what --json writes does not "
				      "say how it was begun, its journal does",
				      walk->path,
				      (unsigned long long)event->line,
				      event->run);
	int rc = keep(&chain->job, event->job);
	if (rc == 0)
		rc = keep(&chain->time, event->time ? event->time : "");
	if (rc == 0)
		rc = keep(&chain->directory, event->directory);
	if (rc == 0)
		rc = copy_list(&chain->words, &chain->word_count, event->words,
			       event->word_count);
	if (rc == 0)
		rc = copy_list(&chain->options, &chain->option_count,
			       event->options, event->option_count);
	if (rc == 0)
		rc = copy_hosts(walk, event);
	return rc ? refuse_memory(walk->error) : 0;
}

/* What the run has found counts from now on. */
static void leave_run(struct walk *walk)
{
	for (size_t i = 0; i < walk->place_count; i++) {
		struct chain_host *host = walk->places[i];
		if (host && host->ran_last > host->ran)
			host->ran = host->ran_last;
		if (host)
			host->ran_last = SSHOAL_RAN_NO;
	}
	free(walk->places);
	free(walk->run);
	walk->places = NULL;
	walk->place_count = 0;
	walk->run = NULL;
}

/* Finds the hosts of a run of the chain among those of the first. */
static int enter_run(struct walk *walk, const sshoal_journal_event *event)
{
	const struct chain *chain = walk->chain;
	walk->run = strdup(event->run);
	walk->places =
		calloc(event->target_count + 1, sizeof(struct chain_host *));
	if (!walk->run || !walk->places)
		return refuse_memory(walk->error);
	walk->place_count = event->target_count;
	walk->chain->run_count++;
	for (size_t i = 0; i < event->target_count; i++) {
		char *expression = NULL;
		memcpy(&expression, &event->targets[i], sizeof expression);
		const struct chain_host key = { .expression = expression };
		const struct chain_host *sought = &key;
		struct chain_host **found = NULL;
		if (walk->by_name)
			found = bsearch(
				&sought, walk->by_name, chain->host_count,
				sizeof(struct chain_host *), by_expression);
		/* One that the first run did not have is not its business. */
		if (found)
			walk->places[i] = *found;
	}
	return 0;
}

static int take_start(struct walk *walk, const sshoal_journal_event *event)
{
	const char *name = event->origin ? event->origin : event->run;
	leave_run(walk);
	if (!walk->chain->origin || strcmp(name, walk->chain->origin) != 0)
		return 0;
	if (!walk->chain->job) {
		if (event->origin)
			return sshoal__refuse(walk->error,
					      "%.200s: the run %.40s goes on "
					      "with %.40s, which is not in "
					      "this file",
					      walk->path, event->run,
					      event->origin);
		int rc = take_origin(walk, event);
		if (rc)
			return rc;
	}
	return enter_run(walk, event);
}

static int take_host(struct walk *walk, const sshoal_journal_event *event)
{
	if (!walk->run || strcmp(walk->run, event->run) != 0)
		return 0;
	if (event->index >= walk->place_count)
		return sshoal__refuse(walk->error,
				      "%.200s:%llu: the run has no host of "
				      "this index",
				      walk->path,
				      (unsigned long long)event->line);
	struct chain_host *host = walk->places[event->index];
	if (!host)
		return 0;
	if (event->kind == SSHOAL_JOURNAL_BEGIN) {
		host->status = CHAIN_UNFINISHED;
		host->ran_last = SSHOAL_RAN_UNKNOWN;
		return 0;
	}
	if (event->status == SSHOAL_STATUS_NOT_STARTED)
		return 0;
	host->status = event->status < 0 ? CHAIN_OTHER : event->status;
	host->ran_last = event->ran < 0 ? SSHOAL_RAN_UNKNOWN : event->ran;
	return 0;
}

static int take(struct walk *walk, const sshoal_journal_event *event)
{
	switch ((enum sshoal_journal_kind)event->kind) {
	case SSHOAL_JOURNAL_START:
		return take_start(walk, event);
	case SSHOAL_JOURNAL_BEGIN:
	case SSHOAL_JOURNAL_RESULT:
		return take_host(walk, event);
	case SSHOAL_JOURNAL_OTHER:
	case SSHOAL_JOURNAL_OUTPUT:
	case SSHOAL_JOURNAL_NOTE:
	case SSHOAL_JOURNAL_FILE:
	case SSHOAL_JOURNAL_SUMMARY:
		break;
	}
	return 0;
}

static int read_all(struct walk *walk)
{
	sshoal_journal *journal = NULL;
	sshoal_journal_event event;
	int rc = sshoal_journal_open(&journal, walk->path, walk->error);
	if (rc)
		return rc;
	for (;;) {
		rc = sshoal_journal_next(journal, &event, walk->error);
		if (rc)
			break;
		rc = take(walk, &event);
		if (rc)
			break;
	}
	sshoal_journal_close(journal);
	if (rc != SSHOAL_ENOENT)
		return rc; /* anything but the end of the file */
	leave_run(walk);
	return 0;
}

int sshoal__chain_origin(char **origin, const char *path, const char *run,
			 sshoal_error *error)
{
	struct choice_of_run choice = { .wanted = run };
	int rc = choose(&choice, path, error);
	if (rc == 0) {
		*origin = choice.origin;
		choice.origin = NULL;
	}
	fini_choice(&choice);
	return rc;
}

int sshoal__chain_read(struct chain *chain, const char *path, const char *run,
		       sshoal_error *error)
{
	struct choice_of_run choice = { .wanted = run };
	struct walk walk = { .chain = chain, .path = path, .error = error };
	*chain = (struct chain){ .job = NULL };
	int rc = choose(&choice, path, error);
	if (rc == 0) {
		chain->origin = choice.origin;
		choice.origin = NULL;
		rc = read_all(&walk);
	}
	leave_run(&walk);
	free(walk.by_name);
	fini_choice(&choice);
	if (rc)
		sshoal__chain_fini(chain);
	return rc;
}

static void free_list(char **items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(items[i]);
	free(items);
}

void sshoal__chain_fini(struct chain *chain)
{
	free(chain->origin);
	free(chain->time);
	free(chain->job);
	free(chain->directory);
	free_list(chain->words, chain->word_count);
	free_list(chain->options, chain->option_count);
	for (size_t i = 0; i < chain->host_count; i++)
		free(chain->hosts[i].expression);
	free(chain->hosts);
	*chain = (struct chain){ .job = NULL };
}
