/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_TALLY_H
#define SSHOAL_REPORT_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/result.h>

#include "report/outcome.h"

/* A host that is not ok. */
struct failure {
	struct host host;
	char *text;  /* with the time, for a line of its own */
	char *cause; /* without it, for hosts that ended alike */
};

/* What a run came to: counts, and the hosts that are not ok. */
struct tally {
	uint64_t targets;
	uint64_t counts[SSHOAL_STATUS_COUNT];
	uint64_t largest_exit; /* of all remote exit statuses */
	struct failure *failures;
	size_t failure_count;
	size_t failure_room;
};

/* Labels are borrowed. 0, or SSHOAL_ENOMEM: it is counted all the same. */
int sshoal__tally_add(struct tally *tally, const struct outcome *outcome);

/* Puts the failures into the order of the list. */
void sshoal__tally_sort(struct tally *tally);

void sshoal__tally_fini(struct tally *tally);

#endif
