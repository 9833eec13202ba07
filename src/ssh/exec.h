/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_EXEC_H
#define SSHOAL_SSH_EXEC_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "ssh/channel.h"
#include "ssh/client.h"
#include "ssh/command.h"
#include "ssh/feed.h"

/* How a command is ended that a limit or a cancel came to. */
struct exec_ending {
	struct command_ending command;
	int64_t detach_grace_ms;          /* -1: none */
	const struct client_adoption *as; /* but for its limit */
	const struct channel_sink *sink;  /* where what it says then goes, and
				which must not wait; NULL: it is dropped */
};

struct exec_options {
	const char *line; /* as the remote shell shall see it */
	struct channel_sink sink;
	void (*started)(void *data); /* the server agreed to run it */
	void *data;                  /* for that */
	int64_t deadline_ms;         /* of all of it */
	int64_t open_deadline_ms; /* of opening the channel and the request */
	int64_t idle_ms;          /* -1: none */
	int64_t detach_grace_ms;  /* -1: wait for ever */
	const char *const *env;   /* offered before, "NAME=VALUE", then NULL;
				     NULL: none */
	const struct feed_source *input; /* its standard input; NULL: its end
					    at once */
	const struct channel_terminal *terminal; /* it runs on; NULL: none */
	int64_t keepalive_interval_ms;           /* 0: none */
	uint32_t keepalive_count;
	const struct exec_ending *ending; /* NULL: it is left to itself */
};

/* How a command went; whole also when the call failed. */
struct exec_outcome {
	struct exit_record exit;
	uint64_t stdout_bytes;
	uint64_t stderr_bytes;
	bool requested; /* its request was sent, it may have run */
	bool held;      /* ended by the detach grace */
	bool idle;      /* ended by the idle limit */
	int kill;       /* enum sshoal_end, where it was ended; else 0 */
};

/*
 * Runs the one command of a session to its end, both streams drained. The
 * session can only be freed afterwards.
 * 0 when the server closed the channel in order with exactly one status or a
 * signal, or when the grace was over. SSHOAL_ECHANNEL (refused),
 * SSHOAL_ENOSTATUS, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, SSHOAL_ELOST,
 * SSHOAL_ENOMEM, what put() gave, or what its input failed with. Of those a
 * limit, a cancel and put()'s SSHOAL_ELIMIT end the command.
 */
int sshoal__exec_run(struct session *session,
		     const struct exec_options *options,
		     struct exec_outcome *outcome, sshoal_error *error);

/* Ends the command on a channel of a session that has no other: what became of
 * it, of enum sshoal_end. What it said and its exit are in the channel then,
 * which cannot be used any more. */
int sshoal__exec_end(struct channel *channel, const struct exec_ending *ending);

#endif
