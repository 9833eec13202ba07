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

/* Begins and ends a call on one: NULL gives false. */
bool sshoal__command_enter(struct sshoal_command *command);
void sshoal__command_leave(struct sshoal_command *command);

/* How it ended, so far as that is known. */
sshoal_outcome sshoal__command_outcome(const struct sshoal_command *command);

/* What its end is worth: 0, SSHOAL_ENOSTATUS, or why it failed. */
int sshoal__command_verdict(struct sshoal_command *command);

/* Frees one whose client was entered. */
void sshoal__command_let_go(struct sshoal_command *command);

#endif
