/* SPDX-License-Identifier: MIT */
#include "report/tally.h"

#include <stdlib.h>

#include <sshoal/error.h>

/* Counts outcomes and keeps the words about those that are not ok. */

static int make_room(struct tally *tally)
{
	if (tally->failure_count < tally->failure_room)
		return 0;
	size_t room = tally->failure_room ? 2 * tally->failure_room : 16;
	struct failure *grown =
		reallocarray(tally->failures, room, sizeof *grown);
	if (!grown)
		return SSHOAL_ENOMEM;
	tally->failures = grown;
	tally->failure_room = room;
	return 0;
}

static int add_failure(struct tally *tally, const struct outcome *outcome)
{
	int rc = make_room(tally);
	if (rc)
		return rc;
	struct failure failure = {
		.host = outcome->host,
		.text = sshoal__outcome_text(outcome, true),
		.cause = sshoal__outcome_text(outcome, false),
	};
	if (!failure.text || !failure.cause) {
		free(failure.text);
		free(failure.cause);
		return SSHOAL_ENOMEM;
	}
	tally->failures[tally->failure_count] = failure;
	tally->failure_count++;
	return 0;
}

int sshoal__tally_add(struct tally *tally, const struct outcome *outcome)
{
	tally->targets++;
	if (outcome->status >= 0 && outcome->status < SSHOAL_STATUS_COUNT)
		tally->counts[outcome->status]++;
	if (outcome->exit_status > 0 &&
	    (uint64_t)outcome->exit_status > tally->largest_exit)
		tally->largest_exit = (uint64_t)outcome->exit_status;
	if (outcome->status == SSHOAL_STATUS_OK)
		return 0;
	return add_failure(tally, outcome);
}

static int by_index(const void *a, const void *b)
{
	size_t one = ((const struct failure *)a)->host.index;
	size_t other = ((const struct failure *)b)->host.index;
	return (one > other) - (one < other);
}

void sshoal__tally_sort(struct tally *tally)
{
	if (tally->failure_count > 1)
		qsort(tally->failures, tally->failure_count,
		      sizeof *tally->failures, by_index);
}

void sshoal__tally_fini(struct tally *tally)
{
	for (size_t i = 0; i < tally->failure_count; i++) {
		free(tally->failures[i].text);
		free(tally->failures[i].cause);
	}
	free(tally->failures);
	*tally = (struct tally){ .targets = 0 };
}
