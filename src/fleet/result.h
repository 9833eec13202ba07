/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_RESULT_H
#define SSHOAL_FLEET_RESULT_H

#include <stdbool.h>

#include <sshoal/result.h>

/* How one target ended, put together by the scheduler for its callback. */
struct sshoal_result {
	const sshoal_target *target;
	const char *address;     /* "" where none was tried */
	const char *exit_signal; /* "" where none came */
	const char *text;        /* "" where there is nothing to say */
	double phase_ms[SSHOAL_PHASE_COUNT]; /* -1: did not begin */
	double duration_ms;
	int64_t exit_status; /* -1: none */
	uint64_t stdout_bytes;
	uint64_t stderr_bytes;
	uint64_t files; /* of a transfer, as wanted now */
	uint64_t changed;
	uint64_t bytes;
	const sshoal_host_key *host_keys;
	size_t host_key_count;
	uint32_t copy_id; /* of enum sshoal_copy_id */
	int status;
	int phase;
	int ran;
	int code;
	uint32_t attempts;
	uint32_t batch; /* from 1; 0: there are none */
	int kill;       /* enum sshoal_end; 0: it was not ended */
	bool held;
	bool cut;
};

/* The status for an error code met in a phase. */
int sshoal__status_of(int code, int phase);

#endif
