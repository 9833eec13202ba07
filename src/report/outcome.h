/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_OUTCOME_H
#define SSHOAL_REPORT_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/result.h>

/* A target as reporters see it. */
struct host {
	const char *label;
	size_t index;
};

/* What is known of a host key that was looked at. Strings are borrowed. */
struct outcome_key {
	const char *type;        /* such as "ssh-ed25519" */
	const char *fingerprint; /* "SHA256:..." */
	const char *state;       /* a word: "known", "added" and the like */
	const char *on_file;     /* fingerprint of what is in its place; NULL:
				    nothing is */
};

/* How one host ended: a result's facts in one place. Strings are borrowed from
 * the result; NULL where there is none. */
struct outcome {
	struct host host;
	const char *address;
	const char *signal;
	const char *error;
	int64_t exit_status; /* -1: none came */
	int status;          /* enum sshoal_status */
	int phase;           /* enum sshoal_phase */
	int ran;             /* enum sshoal_ran */
	int kill;            /* enum sshoal_end; 0: it was not ended */
	uint32_t attempts;
	uint32_t batch; /* from 1; 0: there are none */
	uint64_t stdout_bytes;
	uint64_t stderr_bytes;
	uint64_t files; /* of a transfer, like the next two */
	uint64_t changed;
	uint64_t bytes;
	const struct outcome_key *keys; /* NULL: none were looked at */
	size_t key_count;
	uint32_t copy_id;                    /* of enum sshoal_copy_id */
	double phase_ms[SSHOAL_PHASE_COUNT]; /* -1: it did not begin */
	double duration_ms;
	bool is_stdout_held;
	bool is_cut; /* output was dropped */
};

struct outcome sshoal__outcome_read(const sshoal_result *result);

/*
 * Says in one line how a host that is not ok ended, without its label:
 * "connect-timeout in kex after 10.0 s: why". with_time false leaves out what
 * differs from host to host: the time.
 * Returns a string for free(3), NULL when memory is refused.
 */
char *sshoal__outcome_text(const struct outcome *outcome, bool with_time);

#endif
