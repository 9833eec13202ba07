/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_AGAIN_H
#define SSHOAL_CLI_AGAIN_H

#include "cli/chain.h"
#include "cli/options.h"

/* The command line of a run that is done again. */
struct again {
	struct options options;
	char **words; /* which they point into */
	size_t word_count;
};

/*
 * Makes it of the run's own options and words and of what the rerun was given,
 * which is stronger. It names no hosts yet.
 * 0, SSHOAL_EINVAL (what was given does not go with it) or SSHOAL_ENOMEM; the
 * text begins with path, the journal's, where what that holds is to blame.
 */
int sshoal__again_init(struct again *again, const struct chain *chain,
		       const struct options *given, const char *path,
		       sshoal_error *error);

void sshoal__again_fini(struct again *again);

#endif
