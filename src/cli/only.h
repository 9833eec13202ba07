/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_ONLY_H
#define SSHOAL_CLI_ONLY_H

#include <stdbool.h>

#include "cli/chain.h"

/* Which hosts a rerun is for. */
struct only {
	bool statuses[CHAIN_STATUS_COUNT];
	bool rans[SSHOAL_RAN_YES + 1];
};

/* Understands the value of --only; NULL is what it is without: all but ok.
 * 0 or SSHOAL_EINVAL. */
int sshoal__only_parse(struct only *only, const char *text,
		       sshoal_error *error);

bool sshoal__only_has(const struct only *only, const struct chain_host *host);

#endif
