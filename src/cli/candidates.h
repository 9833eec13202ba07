/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_CANDIDATES_H
#define SSHOAL_CLI_CANDIDATES_H

#include <stddef.h>

#include "report/console.h"

/* Begins the line that says: a file's name can stand here, behind what follows
 * on the line. */
#define CANDIDATES_FILES ":files"

/*
 * Prints what the last of some words of a command line can become, one a line:
 * commands, options, their values, hosts and groups. The words are those after
 * "sshoal". Returns an exit status; there may be nothing to print.
 */
int sshoal__cli_candidates(struct console *console, const char *const *words,
			   size_t count);

#endif
