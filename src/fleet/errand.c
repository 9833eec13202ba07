/* SPDX-License-Identifier: MIT */
#include "fleet/errand.h"

#include <stdlib.h>

#include "fleet/run.h"
#include "ssh/line.h"

/* Hosts are given the same command in the same surroundings, each with a place
 * of its own in the input. */

int sshoal__errand_init(struct errand *errand, struct attempt *attempt,
			const char *command)
{
	const struct surroundings *in = &attempt->run->job.surroundings;
	*errand = (struct errand){ .attempt = attempt };
	if (in->terminal.name)
		errand->terminal = &in->terminal;
	if (in->input) {
		errand->source =
			sshoal__input_reader_init(&errand->reader, in->input);
		errand->input = &errand->source;
	}
	return sshoal__line_make(&errand->line, command,
				 (const char *const *)in->env, in->cwd,
				 &attempt->error);
}

void sshoal__errand_fini(struct errand *errand)
{
	if (errand->input) {
		errand->attempt->failed_here |= errand->reader.failed;
		sshoal__input_reader_fini(&errand->reader);
	}
	free(errand->line);
}
