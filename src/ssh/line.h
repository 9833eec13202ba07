/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_LINE_H
#define SSHOAL_SSH_LINE_H

#include <sshoal/error.h>

#include "base/buffer.h"

/* The longest command with all that is put before it: libssh2 sends a request
 * as one packet. */
#define LINE_MAX_BYTES 32000

/*
 * Makes the line that a POSIX shell there is given: variables (NULL, or
 * "NAME=VALUE" and a NULL at the end) are set and the folder (may be NULL) is
 * entered before the command. 0, to be freed; SSHOAL_EINVAL (a name that is
 * none, too long), SSHOAL_ENOMEM.
 */
int sshoal__line_make(char **line, const char *command, const char *const *env,
		      const char *cwd, sshoal_error *error);

/* Adds a word in single quotes, for a shell. 0, SSHOAL_ENOMEM, SSHOAL_ELIMIT. */
int sshoal__line_put_quoted(struct buffer *buffer, const char *text);

/* Whether text begins with a variable's name and '='. */
int sshoal__line_check_variable(const char *text, sshoal_error *error);

#endif
