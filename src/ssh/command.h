/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_COMMAND_H
#define SSHOAL_SSH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/command.h>

#include "ssh/client.h"
#include "ssh/duplex.h"

/* A command, shell or subsystem is a duplex on a session channel. */
struct sshoal_command {
	uint32_t magic; /* COMMAND_MAGIC while it lives */
	bool has_terminal;
	struct duplex duplex;
};

#define COMMAND_MAGIC 0x73636d64u

/* The command that a duplex on a client's list is part of. */
static inline struct sshoal_command *sshoal__command_of(struct duplex *duplex)
{
	return (struct sshoal_command *)((char *)duplex -
					 offsetof(struct sshoal_command,
						  duplex));
}

/* What is started. */
struct command_plan {
	const char *request; /* "exec", "shell" or "subsystem" */
	const char *line;    /* NULL for a shell */
	const sshoal_command_options *options;
	uint64_t most_bytes; /* of its output, unless the options say */
	bool closes_stdin;   /* after the options' data, or at once */
	struct feed *feed;   /* its input in the place of those data, to be
				taken back before it goes; NULL: none */
	const struct channel_sink *sink; /* where its output goes as it comes,
				in the place of being kept; NULL: it is kept */
	bool *requested; /* receives whether its request was sent, so that it
			    may have run; may be NULL */
};

/* Takes a caller's options of any release; NULL for the defaults. */
int sshoal__command_options_take(sshoal_command_options *own,
				 const sshoal_command_options *given,
				 sshoal_error *error);

/* Starts one on a client that was entered. */
int sshoal__command_open(struct sshoal_command **command,
			 struct sshoal_client *client,
			 const struct command_plan *plan, sshoal_error *error);

/* Makes one without a channel, which is not on the client's list yet; NULL: no
 * memory. */
struct sshoal_command *sshoal__command_new(struct sshoal_client *client);

/* Begins and ends a call on one: NULL gives false. */
bool sshoal__command_enter(struct sshoal_command *command);
void sshoal__command_leave(struct sshoal_command *command);

/* How it ended, so far as that is known. */
sshoal_outcome sshoal__command_outcome(const struct sshoal_command *command);

/* What its end is worth: 0, SSHOAL_ENOSTATUS, or why it failed. */
int sshoal__command_verdict(struct sshoal_command *command);

/* How long after KILL a command may take to be gone, and where there is no KILL
 * how long after TERM. */
#define ENDING_KILL_MS 3000
#define ENDING_TERM_MS 5000
/* How long getting word of that may take on top. */
#define ENDING_WORD_MS 4000

/* How a command is ended. */
struct command_ending {
	int64_t grace_ms;   /* from TERM to KILL; 0: KILL at once, -1: never */
	const char *become; /* words for the login's shell after which a command
			       runs as whom the first one runs as; NULL: the
			       login itself */
	const char *secret; /* what those read from standard input, or NULL */
};

/* The most that ending one takes. */
static inline int64_t
sshoal__command_ending_ms(const struct command_ending *ending)
{
	return (ending->grace_ms < 0 ? ENDING_TERM_MS :
				       ending->grace_ms + ENDING_KILL_MS) +
	       ENDING_WORD_MS;
}

/*
 * Ends one whose client was entered: TERM, the grace, KILL. It stays open for
 * what it still says. *how: enum sshoal_end. 0, or what the client failed with.
 */
int sshoal__command_end(struct sshoal_command *command,
			const struct command_ending *ending, int *how);

/* Frees one whose client was entered. */
void sshoal__command_let_go(struct sshoal_command *command);

#endif
