/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_ABSENT_H
#define SSHOAL_CLI_ABSENT_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>

/* Say what to write instead of what this program does not have, or of what
 * means something else here than in programs like it. */

/* An option this version does not have. Returns SSHOAL_EINVAL. */
int sshoal__absent_name(const char *name, size_t length, sshoal_error *error);
int sshoal__absent_letter(char letter, sshoal_error *error);

/* Whether a later version has an option of that name. */
bool sshoal__absent_is_later(const char *name, size_t length);

/* A command this version does not have. Returns SSHOAL_EINVAL. */
int sshoal__absent_command(const char *word, sshoal_error *error);

/* An option's value that was meant for another program's option of the same
 * letter. 0 when it was not, else SSHOAL_EINVAL. */
int sshoal__absent_meaning(char letter, const char *value, sshoal_error *error);

#endif
