/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_SECOND_H
#define SSHOAL_SSH_SECOND_H

#include <stdbool.h>
#include <stdint.h>

#include "ssh/command.h"

/* What a second command has said of the first one's processes. */
enum second_word {
	SECOND_SILENT, /* nothing: it may be another command than ours */
	SECOND_ABSENT, /* it found none */
	SECOND_FOUND,  /* it found some, and signals them */
	SECOND_GONE,   /* none of them is left */
	SECOND_LEFT,   /* some are, after all it did */
};

/*
 * A command that ends another one of the same connection: TERM, the grace,
 * KILL, all of it there, so that nothing that happens to the connection stops
 * it half way.
 */
struct second {
	struct sshoal_command *command; /* NULL: it was not started */
	enum second_word word;
	int64_t speak_ms;   /* by when it must have said something */
	char mark[33];      /* before each of its words */
	char text[256];     /* the line it is saying */
	unsigned text_size; /* of that; all of a longer one counts */
};

/*
 * Starts it. Only where nothing else runs on the client, and where the server
 * is one that has the commands of one connection beside each other. False:
 * not.
 */
bool sshoal__second_start(struct second *second, struct duplex *first,
			  const struct command_ending *ending);

/* Listens to what it has said by now. */
void sshoal__second_listen(struct second *second);

/* Whether it will not say more, or nobody need wait for that. */
bool sshoal__second_is_over(const struct second *second);

/* Lets go of it; it may go on there. */
void sshoal__second_stop(struct second *second);

#endif
