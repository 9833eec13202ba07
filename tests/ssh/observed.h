/* SPDX-License-Identifier: MIT */
#ifndef SSH_OBSERVED_H
#define SSH_OBSERVED_H

#include <pthread.h>
#include <stdbool.h>

#include <sshoal/fleet.h>

#include "servers/site.h"

/* How much of a stream is kept as it came. */
#define OBSERVED_HEAD 8192

#define SHA256_BYTES 32

/* One output stream of one target. */
struct seen_stream {
	void *hash; /* while the target runs */
	uint64_t bytes;
	unsigned char sha256[SHA256_BYTES]; /* once its result came */
	char head[OBSERVED_HEAD + 1];       /* NUL-terminated */
};

/* All that a run said of one target. */
struct seen {
	unsigned results; /* how many came */
	bool late;        /* output came after the result */
	bool started;     /* its turn came */
	int status, phase, ran, code, kill;
	int64_t exit;
	bool held;
	bool cut;
	uint32_t attempts;
	double duration_ms;
	char host[128], address[80], signal[32], text[512];
	struct seen_stream streams[2];
};

/*
 * All that a run said. Zero but for the callbacks, of which any may be NULL;
 * what they return cancels the run.
 */
struct observed {
	struct seen *list;
	size_t count;
	sshoal_summary summary;
	sshoal_output_cb *on_output;
	sshoal_start_cb *on_start;
	sshoal_result_cb *on_result;
	void *data; /* of all three */
	pthread_t thread;
	unsigned notes;
	unsigned under_way; /* started and without a result */
	unsigned most_under_way;
	bool strange; /* a callback on another thread, or of no target */
};

/* What is expected of a target; text is part of the error text, NULL: any. */
struct expected {
	int status, phase, ran;
	int64_t exit;
	const char *text;
};

/* Any phase or exit status, in struct expected. */
#define ANY_PHASE (-1)
#define ANY_EXIT INT64_MIN

/* Runs a command (NULL: a ping) on a fleet and keeps what is said. Fails the
 * test unless every target got exactly one result, in order with its output
 * and on this thread, and the summary counts them right. Returns what
 * sshoal_fleet_run() did. */
int observe(struct observed *observed, sshoal_fleet *fleet,
	    const char *command);

/* The same for any job. */
int observe_job(struct observed *observed, sshoal_fleet *fleet,
		const sshoal_job *job);

/* Fails the test, and prints all of it, unless a target ended so. */
void assert_seen(const struct observed *observed, size_t index,
		 const struct expected *expected);

/* The same for a command that went well with this output. */
void assert_seen_ok(const struct observed *observed, size_t index,
		    const char *output);

/* The same for a status alone. */
void assert_seen_status(const struct observed *observed, size_t index,
			int status);

void observed_free(struct observed *observed);

/* A fleet of one target, freed after its one run. */
void observe_one(struct observed *observed,
		 const sshoal_fleet_options *fleet_options,
		 const sshoal_client_options *options, const char *command);

/* Makes a fleet, or fails the test. options may be NULL. */
sshoal_fleet *fleet_of(const sshoal_fleet_options *options);

/* Adds a target, or fails the test. */
void fleet_with(sshoal_fleet *fleet, const sshoal_client_options *options);

/* Adds a site at 127.0.1.1 and so on, as so many hosts, or fails the test. */
void fleet_with_hosts(sshoal_fleet *fleet, const struct site *site,
		      unsigned count);

#endif
