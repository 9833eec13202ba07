/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ERRAND_H
#define SSHOAL_FLEET_ERRAND_H

#include "fleet/attempt.h"
#include "fleet/input.h"
#include "fleet/sudo.h"
#include "ssh/feed.h"

/* A job's command as one host is given it. Members point at each other. */
struct errand {
	struct attempt *attempt;
	char *line; /* all of it, for the login's shell */
	struct input_reader reader;
	struct feed_source source;
	struct sudo sudo; /* where it runs through that */
	bool is_raised;
	const struct feed_source *input;         /* NULL: none */
	const struct channel_terminal *terminal; /* NULL: none */
};

/* Puts it together around a command. 0, or SSHOAL_EINVAL or SSHOAL_ENOMEM with
 * the attempt's error; _fini() is due either way. */
int sshoal__errand_init(struct errand *errand, struct attempt *attempt,
			const char *command);

/* Where its output is to go in the place of a sink. */
struct channel_sink sshoal__errand_sink(struct errand *errand,
					const struct channel_sink *sink);

/* What its end is worth, once the attempt's outcome is there. */
int sshoal__errand_judge(struct errand *errand, int rc);

/* The attempt is told what became of its input. */
void sshoal__errand_fini(struct errand *errand);

#endif
