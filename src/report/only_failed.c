/* SPDX-License-Identifier: MIT */
#include "report/only_failed.h"

#include <stdlib.h>

#include "report/replay.h"

struct only_failed {
	struct console *console;
	struct reporter inner;
	struct stash stash;
	size_t host_count;
	struct roll *rolls[];
};

/* Whose output goes to the inner reporter. */
struct passage {
	const struct reporter *inner;
	const struct host *host;
};

static int on_output(void *state, const struct host *host, int stream,
		     const void *bytes, size_t size_bytes)
{
	struct only_failed *only = state;
	struct roll **roll = &only->rolls[host->index];
	sshoal_error error = { .code = 0 };
	if (!*roll)
		*roll = calloc(1, sizeof **roll);
	if (!*roll)
		return SSHOAL_ENOMEM;
	int rc = sshoal__roll_add(*roll, &only->stash, stream, bytes,
				  size_bytes, &error);
	return sshoal__replay_fail(only->console, rc, &error);
}

static int on_note(void *state, const struct host *host, int level,
		   const char *text)
{
	struct only_failed *only = state;
	return only->inner.note(only->inner.state, host, level, text);
}

static int on_file(void *state, const struct host *host,
		   const sshoal_transfer_file *file)
{
	struct only_failed *only = state;
	return only->inner.file(only->inner.state, host, file);
}

static int pass(int stream, const char *bytes, size_t n, void *data)
{
	const struct passage *passage = data;
	const struct reporter *inner = passage->inner;
	return inner->output(inner->state, passage->host, stream, bytes, n);
}

static void drop(struct only_failed *only, size_t index)
{
	struct roll *roll = only->rolls[index];
	if (!roll)
		return;
	sshoal__roll_drop(roll, &only->stash);
	free(roll);
	only->rolls[index] = NULL;
}

static int tell(struct only_failed *only, const struct outcome *outcome)
{
	const struct reporter *inner = &only->inner;
	const struct host *host = &outcome->host;
	const struct roll *roll = only->rolls[host->index];
	struct passage passage = { inner, host };
	sshoal_error error = { .code = 0 };
	int rc = 0;
	if (roll && inner->output)
		rc = sshoal__roll_read(roll, &only->stash, pass, &passage,
				       &error);
	(void)sshoal__replay_fail(only->console, rc, &error);
	int result_rc = inner->result(inner->state, outcome);
	if (roll && roll->is_cut)
		sshoal__replay_cut(only->console, host->label);
	return rc ? rc : result_rc;
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct only_failed *only = state;
	int rc = 0;
	if (outcome->status != SSHOAL_STATUS_OK)
		rc = tell(only, outcome);
	drop(only, outcome->host.index);
	return rc;
}

static void free_only_failed(void *state)
{
	struct only_failed *only = state;
	for (size_t i = 0; i < only->host_count; i++)
		drop(only, i);
	sshoal__stash_fini(&only->stash);
	only->inner.free(only->inner.state);
	free(only);
}

int sshoal__only_failed_new(struct reporter *reporter, struct console *console,
			    size_t host_count)
{
	struct only_failed *only =
		calloc(1, sizeof *only + host_count * sizeof(struct roll *));
	if (!only)
		return SSHOAL_ENOMEM;
	only->console = console;
	only->inner = *reporter;
	only->stash = (struct stash)STASH_INIT;
	only->host_count = host_count;
	*reporter = (struct reporter){
		.output = on_output,
		.note = reporter->note ? on_note : NULL,
		.file = reporter->file ? on_file : NULL,
		.result = on_result,
		.free = free_only_failed,
		.state = only,
	};
	return 0;
}
