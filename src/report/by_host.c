/* SPDX-License-Identifier: MIT */
#include "report/by_host.h"

#include <stdlib.h>

#include "report/replay.h"

/* A host that has said something, or has ended and waits for its turn. */
struct entry {
	struct roll roll;
	const char *label;
	char *text; /* how it ended; NULL: it has not, or well */
	bool has_ended;
};

struct by_host {
	struct stash stash;
	struct replay replay;
	struct by_host_options options;
	size_t next; /* whose turn it is in list order */
	struct entry *entries[];
};

static struct entry *entry_of(struct by_host *by_host, const struct host *host)
{
	struct entry **entry = &by_host->entries[host->index];
	if (!*entry)
		*entry = calloc(1, sizeof **entry);
	if (*entry)
		(*entry)->label = host->label;
	return *entry;
}

static void drop(struct by_host *by_host, size_t index)
{
	struct entry *entry = by_host->entries[index];
	if (!entry)
		return;
	sshoal__roll_drop(&entry->roll, &by_host->stash);
	free(entry->text);
	free(entry);
	by_host->entries[index] = NULL;
}

static int show(struct by_host *by_host, size_t index)
{
	const struct entry *entry = by_host->entries[index];
	const struct replay *replay = &by_host->replay;
	int header_rc =
		sshoal__replay_header(replay, entry->label, entry->text);
	int rc = sshoal__replay(replay, &entry->roll, REPLAY_BOTH);
	if (entry->roll.is_cut)
		sshoal__replay_cut(replay->console, entry->label);
	drop(by_host, index);
	return rc ? rc : header_rc;
}

/* Shows those that have ended, up to the first that has not. */
static int show_ready(struct by_host *by_host)
{
	int rc = 0;
	while (by_host->next < by_host->options.host_count) {
		const struct entry *entry = by_host->entries[by_host->next];
		if (!entry || !entry->has_ended)
			break;
		int shown = show(by_host, by_host->next);
		if (rc == 0)
			rc = shown;
		by_host->next++;
	}
	return rc;
}

static int on_output(void *state, const struct host *host, int stream,
		     const void *bytes, size_t size_bytes)
{
	struct by_host *by_host = state;
	struct entry *entry = entry_of(by_host, host);
	sshoal_error error = { .code = 0 };
	if (!entry)
		return SSHOAL_ENOMEM;
	int rc = sshoal__roll_add(&entry->roll, &by_host->stash, stream, bytes,
				  size_bytes, &error);
	return sshoal__replay_fail(by_host->replay.console, rc, &error);
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct by_host *by_host = state;
	struct entry *entry = entry_of(by_host, &outcome->host);
	sshoal_error error = { .code = 0 };
	if (!entry)
		return SSHOAL_ENOMEM;
	entry->has_ended = true;
	if (outcome->status != SSHOAL_STATUS_OK) {
		entry->text = sshoal__outcome_text(outcome, true);
		if (!entry->text)
			return SSHOAL_ENOMEM;
	}
	if (!by_host->options.sorted)
		return show(by_host, outcome->host.index);
	int rc = sshoal__roll_seal(&entry->roll, &by_host->stash, &error);
	(void)sshoal__replay_fail(by_host->replay.console, rc, &error);
	int shown = show_ready(by_host);
	return rc ? rc : shown;
}

/* What has not been shown yet: hosts behind one that has no result. */
static int on_summary(void *state, const struct tally *tally,
		      double duration_ms, int exit_status)
{
	struct by_host *by_host = state;
	int rc = 0;
	(void)tally;
	(void)duration_ms;
	(void)exit_status;
	for (size_t i = 0; i < by_host->options.host_count; i++) {
		int shown = by_host->entries[i] ? show(by_host, i) : 0;
		if (rc == 0)
			rc = shown;
	}
	return rc;
}

static void free_by_host(void *state)
{
	struct by_host *by_host = state;
	for (size_t i = 0; i < by_host->options.host_count; i++)
		drop(by_host, i);
	sshoal__stash_fini(&by_host->stash);
	free(by_host);
}

int sshoal__by_host_new(struct reporter *reporter, struct console *console,
			const struct by_host_options *options)
{
	struct by_host *by_host =
		calloc(1, sizeof *by_host +
				  options->host_count * sizeof(struct entry *));
	if (!by_host)
		return SSHOAL_ENOMEM;
	by_host->stash = (struct stash)STASH_INIT;
	by_host->options = *options;
	by_host->replay = (struct replay){
		.console = console,
		.stash = &by_host->stash,
		.raw = options->raw,
	};
	*reporter = (struct reporter){
		.output = on_output,
		.result = on_result,
		.summary = on_summary,
		.free = free_by_host,
		.state = by_host,
	};
	return 0;
}
