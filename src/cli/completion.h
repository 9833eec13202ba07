/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_COMPLETION_H
#define SSHOAL_CLI_COMPLETION_H

#include <stddef.h>

/* The word after "completion" that is for the scripts alone: what follows is a
 * line to be completed. */
#define COMPLETION_CANDIDATES "candidates"

/* The index-th shell there is a script for, NULL past the last. */
const char *sshoal__cli_shell_at(size_t index);

#endif
