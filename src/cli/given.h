/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_GIVEN_H
#define SSHOAL_CLI_GIVEN_H

#include "cli/options.h"

/* Adds an option to those that were given. 0 or SSHOAL_ENOMEM. */
int sshoal__given_add(struct given_list *list, const struct option_spec *spec,
		      const char *value);

/* An option in one word, such as "--retries=2" or "-Fnone", for free(3); NULL
 * when memory is refused. */
char *sshoal__given_word(const struct given *given);

#endif
