/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_RECORDED_HOST_H
#define SSHOAL_REPORT_RECORDED_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/result.h>

#include "report/output_groups.h"

/* What a recorded host's status can be beside those of the library. */
enum {
	RECORDED_UNFINISHED = SSHOAL_STATUS_COUNT, /* there is no result */
	RECORDED_OTHER, /* a word that this version does not know */
	RECORDED_STATUS_COUNT
};

/* One host of a recorded run. Strings are NULL where the file has none, times
 * below 0. */
struct recorded_host {
	char *label;
	char *address;
	char *error;
	char *signal;
	char *word; /* of RECORDED_OTHER */
	size_t index;
	int64_t exit_status; /* -1: none came */
	int status;          /* enum sshoal_status and those above */
	int phase;           /* enum sshoal_phase; -1: not said */
	uint32_t attempts;
	uint64_t stdout_bytes;
	uint64_t stderr_bytes;
	uint64_t files; /* of a transfer, like the next two */
	uint64_t changed;
	uint64_t bytes;
	bool moves_files;
	bool is_held;    /* stdout_held */
	double began_ms; /* when its turn came, of the run */
	double total_ms; /* from then to its end */
	double phase_ms[SSHOAL_PHASE_COUNT];
	struct output *output; /* until its result comes */
	struct output_group *group;
};

/* A host of which an event speaks for the first time. NULL when memory is
 * refused. */
struct recorded_host *sshoal__recorded_host_new(size_t index,
						const json_t *event);

/* It is done with once more: nothing is known of its end. */
void sshoal__recorded_host_reset(struct recorded_host *host);

/* Takes what a result event says. 0 or SSHOAL_ENOMEM. */
int sshoal__recorded_host_end(struct recorded_host *host, const json_t *event);

/* The word for a host's status. */
const char *sshoal__recorded_host_word(const struct recorded_host *host);

/* How a host that is not ok ended, in one line, without what differs from host
 * to host; for free(3). NULL when memory is refused. */
char *sshoal__recorded_host_text(const struct recorded_host *host);

void sshoal__recorded_host_free(struct recorded_host *host);

#endif
