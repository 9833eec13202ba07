/* SPDX-License-Identifier: MIT */
#include "cli/command_name.h"

#include <stddef.h>
#include <string.h>

#include "cli/options.h"

/* Commands are written as they stand here; they are not abbreviated. */

static const struct {
	const char *name;
	int command;
} names[] = {
	{ "run", CLI_COMMAND_RUN },
	{ "script", CLI_COMMAND_SCRIPT },
	{ "put", CLI_COMMAND_PUT },
	{ "get", CLI_COMMAND_GET },
	{ "ping", CLI_COMMAND_PING },
	{ "hosts", CLI_COMMAND_HOSTS },
	{ "trust", CLI_COMMAND_TRUST },
	{ "copy-id", CLI_COMMAND_COPY_ID },
	{ "keygen", CLI_COMMAND_KEYGEN },
	{ "rerun", CLI_COMMAND_RERUN },
	{ "report", CLI_COMMAND_REPORT },
	{ "completion", CLI_COMMAND_COMPLETION },
	{ "help", CLI_COMMAND_HELP },
};

int sshoal__cli_command_of(const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].command;
	return CLI_COMMAND_NONE;
}

const char *sshoal__cli_command_at(size_t index)
{
	return index < sizeof names / sizeof *names ? names[index].name : NULL;
}

const char *sshoal__cli_command_name(int command)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].command == command)
			return names[i].name;
	return "";
}
