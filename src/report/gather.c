/* SPDX-License-Identifier: MIT */
#include "report/gather.h"

#include <stdlib.h>

#include "report/gathered.h"
#include "report/groups.h"

/*
 * Texts are compared by digests that are made as they come in, so that what a
 * host has said can be forgotten as soon as it has ended, if another one has
 * said it before.
 */

/* A host that has said something and has not ended. */
struct speech {
	struct roll roll;
	struct digest digests[2]; /* of standard output, standard error */
};

struct gather {
	struct stash stash;
	struct console *console;
	struct gather_options options;
	EVP_MD *algorithm;
	struct groups groups;
	struct speech *speeches[];
};

static struct speech *speech_of(struct gather *gather, size_t index)
{
	struct speech *speech = gather->speeches[index];
	if (speech)
		return speech;
	speech = calloc(1, sizeof *speech);
	if (!speech)
		return NULL;
	speech->digests[0].mask = gather->options.mask;
	speech->digests[1].mask = gather->options.mask;
	gather->speeches[index] = speech;
	return speech;
}

static void free_speech(struct gather *gather, size_t index)
{
	struct speech *speech = gather->speeches[index];
	if (!speech)
		return;
	sshoal__roll_drop(&speech->roll, &gather->stash);
	sshoal__digest_fini(&speech->digests[0]);
	sshoal__digest_fini(&speech->digests[1]);
	free(speech);
	gather->speeches[index] = NULL;
}

static int hold(struct gather *gather, size_t index, int stream,
		const void *bytes, size_t size_bytes)
{
	struct speech *speech = speech_of(gather, index);
	sshoal_error error = { .code = 0 };
	if (!speech)
		return SSHOAL_ENOMEM;
	struct digest *digest = &speech->digests[stream == SSHOAL_STDERR];
	int rc = sshoal__roll_add(&speech->roll, &gather->stash, stream, bytes,
				  size_bytes, &error);
	(void)sshoal__replay_fail(gather->console, rc, &error);
	if (rc)
		return rc;
	rc = sshoal__digest_add(digest, gather->algorithm, bytes, size_bytes);
	speech->roll.is_cut = rc != 0;
	return rc;
}

static int on_output(void *state, const struct host *host, int stream,
		     const void *bytes, size_t size_bytes)
{
	struct gather *gather = state;
	const struct reporter *live = &gather->options.live;
	int rc = hold(gather, host->index, stream, bytes, size_bytes);
	int live_rc = live->output ? live->output(live->state, host, stream,
						  bytes, size_bytes) :
				     0;
	return rc ? rc : live_rc;
}

/* Adds a host to its group, which takes over what it has said or makes do
 * without. */
static int join(struct gather *gather, const struct outcome *outcome)
{
	struct speech *speech = speech_of(gather, outcome->host.index);
	struct group_mark mark = { .outcome = outcome };
	struct group *keeper = NULL;
	sshoal_error error = { .code = 0 };
	int rc = speech ? 0 : SSHOAL_ENOMEM;
	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = sshoal__digest_end(&speech->digests[i], mark.said[i]);
	if (rc)
		return rc;
	mark.is_apart = speech->roll.is_cut;
	rc = sshoal__groups_add(&gather->groups, &keeper, &mark,
				gather->algorithm, &speech->roll);
	if (rc == 0 && keeper)
		rc = sshoal__roll_seal(&keeper->roll, &gather->stash, &error);
	return sshoal__replay_fail(gather->console, rc, &error);
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct gather *gather = state;
	const struct reporter *live = &gather->options.live;
	int live_rc = live->result ? live->result(live->state, outcome) : 0;
	int rc = join(gather, outcome);
	free_speech(gather, outcome->host.index);
	return rc ? rc : live_rc;
}

static int on_summary(void *state, const struct tally *tally,
		      double duration_ms, int exit_status)
{
	struct gather *gather = state;
	(void)tally;
	(void)duration_ms;
	(void)exit_status;
	const struct replay replay = {
		.console = gather->console,
		.stash = &gather->stash,
		.raw = gather->options.raw,
	};
	sshoal__groups_sort(&gather->groups);
	if (gather->options.diff)
		return sshoal__gathered_diff(&replay, &gather->groups,
					     gather->options.mask);
	return sshoal__gathered_print(&replay, &gather->groups);
}

static void free_gather(void *state)
{
	struct gather *gather = state;
	for (size_t i = 0; i < gather->options.host_count; i++)
		free_speech(gather, i);
	sshoal__groups_fini(&gather->groups, &gather->stash);
	sshoal__stash_fini(&gather->stash);
	EVP_MD_free(gather->algorithm);
	sshoal__mask_free(gather->options.mask);
	if (gather->options.live.free)
		gather->options.live.free(gather->options.live.state);
	free(gather);
}

int sshoal__gather_new(struct reporter *reporter, struct console *console,
		       const struct gather_options *options)
{
	struct gather *gather =
		calloc(1, sizeof *gather + options->host_count *
						   sizeof(struct speech *));
	EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!gather || !algorithm) {
		EVP_MD_free(algorithm);
		free(gather);
		return SSHOAL_ENOMEM;
	}
	gather->stash = (struct stash)STASH_INIT;
	gather->console = console;
	gather->options = *options;
	gather->algorithm = algorithm;
	*reporter = (struct reporter){
		.output = on_output,
		.result = on_result,
		.summary = on_summary,
		.free = free_gather,
		.state = gather,
	};
	return 0;
}
