/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_OPTION_CHOICES_H
#define SSHOAL_CLI_OPTION_CHOICES_H

#include "cli/option_table.h"

/* The words that options take which have some to choose from. Each list ends
 * with one that has no name. */
extern const struct choice sshoal__choices_policies[];
extern const struct choice sshoal__choices_key_types[];
extern const struct choice sshoal__choices_outputs[];
extern const struct choice sshoal__choices_progresses[];

#endif
