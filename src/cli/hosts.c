/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stdio.h>

#include "cli/selection.h"
#include "report/verdict.h"

/* hosts: prints the targets, contacts none. */

int sshoal__cli_hosts(struct console *console, const struct options *options)
{
	sshoal_hosts *hosts = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__selection_expand(&hosts, &options->selection, &error);
	if (rc)
		return sshoal__cli_fail(console, rc, error.text);
	size_t count = sshoal_hosts_count(hosts);
	if (options->words.count_only) {
		char number[32];
		(void)snprintf(number, sizeof number, "%zu\n", count);
		(void)sshoal__console_print(console, SSHOAL_STDOUT, number);
	}
	for (size_t i = 0; i < count && !options->words.count_only; i++) {
		(void)sshoal__console_print(console, SSHOAL_STDOUT,
					    sshoal_hosts_name(hosts, i));
		if (sshoal__console_print(console, SSHOAL_STDOUT, "\n") != 0)
			break;
	}
	sshoal_hosts_free(hosts);
	return VERDICT_OK;
}
