/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_COMMAND_H
#define SSHOAL_SSH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "ssh/session.h"

/* Where output goes. It is read into the room that is given, and handed over
 * with put(); put() may wait and gives 0 or the code that ends the command. */
struct command_sink {
	unsigned char *(*room)(void *data, size_t *size_bytes);
	int (*put)(void *data, int stream, size_t size_bytes);
	void (*started)(void *data); /* the server agreed to run it */
	void *data;
};

struct command_options {
	const char *line; /* as the remote shell shall see it */
	struct command_sink sink;
	int64_t deadline_ms;      /* of all of it */
	int64_t open_deadline_ms; /* of opening the channel and the request */
	int64_t idle_ms;          /* -1: none */
	int64_t detach_grace_ms;  /* -1: wait for ever */
};

/* How a command went; whole also when the call failed. */
struct command_outcome {
	struct exit_record exit;
	uint64_t stdout_bytes;
	uint64_t stderr_bytes;
	bool requested; /* its request was sent, it may have run */
	bool held;      /* ended by the detach grace */
	bool idle;      /* ended by the idle limit */
};

/*
 * Runs one command to its end, standard input closed, both streams drained.
 * 0 when the server closed the channel in order with exactly one status or a
 * signal, or when the grace was over. SSHOAL_ECHANNEL (refused),
 * SSHOAL_ENOSTATUS, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, SSHOAL_ELOST,
 * SSHOAL_ENOMEM, or what put() gave.
 */
int sshoal__command_run(struct session *session,
			const struct command_options *options,
			struct command_outcome *outcome, sshoal_error *error);

#endif
