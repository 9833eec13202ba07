/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_COMMAND_NAME_H
#define SSHOAL_CLI_COMMAND_NAME_H

#include <stddef.h>

/* The command of a name, CLI_COMMAND_NONE for no command of this version. */
int sshoal__cli_command_of(const char *name);

/* The index-th name, NULL past the last. */
const char *sshoal__cli_command_at(size_t index);

/* The name of one of enum cli_command, "" where it has none. */
const char *sshoal__cli_command_name(int command);

#endif
