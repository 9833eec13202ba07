/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <jansson.h>
#include <stdio.h>

#include <sshoal/version.h>

#include "report/verdict.h"

/* --version: what runs, not what it was compiled with. */

static void print_version(struct console *console, const char *name,
			  const char *version)
{
	char line[128];
	(void)snprintf(line, sizeof line, "%s %s\n", name,
		       version ? version : "unknown");
	(void)sshoal__console_print(console, SSHOAL_STDOUT, line);
}

int sshoal__cli_version(struct console *console)
{
	print_version(console, "sshoal", sshoal_version());
	print_version(console, "libssh2", sshoal_version_of("libssh2"));
	print_version(console, "OpenSSL", sshoal_version_of("openssl"));
	print_version(console, "zlib", sshoal_version_of("zlib"));
	print_version(console, "Jansson", jansson_version_str());
	return VERDICT_OK;
}
