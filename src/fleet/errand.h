/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ERRAND_H
#define SSHOAL_FLEET_ERRAND_H

#include "fleet/attempt.h"
#include "fleet/input.h"
#include "ssh/feed.h"

/* A job's command as one host is given it. Members point at each other. */
struct errand {
	struct attempt *attempt;
	char *line; /* all of it, for the login's shell */
	struct input_reader reader;
	struct feed_source source;
	const struct feed_source *input;         /* NULL: none */
	const struct channel_terminal *terminal; /* NULL: none */
};

/* Puts it together around a command. 0, or SSHOAL_EINVAL or SSHOAL_ENOMEM with
 * the attempt's error; _fini() is due either way. */
int sshoal__errand_init(struct errand *errand, struct attempt *attempt,
			const char *command);

/* The attempt is told what became of its input. */
void sshoal__errand_fini(struct errand *errand);

#endif
