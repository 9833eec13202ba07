/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/login.h"
#include "cli/selection.h"
#include "report/hosts.h"
#include "report/verdict.h"

/* hosts: prints the targets, contacts none. */

static int print_count(struct console *console, const sshoal_hosts *hosts)
{
	char number[32];
	(void)snprintf(number, sizeof number, "%zu\n",
		       sshoal_hosts_count(hosts));
	(void)sshoal__console_print(console, SSHOAL_STDOUT, number);
	return VERDICT_OK;
}

static int print_folded(struct console *console, const sshoal_hosts *hosts)
{
	sshoal_error error = { .code = 0 };
	char *folded = NULL;
	int rc = sshoal_hosts_fold(&folded, hosts, &error);
	if (rc)
		return sshoal__cli_fail(console, rc, error.text);
	(void)sshoal__console_print(console, SSHOAL_STDOUT, folded);
	(void)sshoal__console_print(console, SSHOAL_STDOUT, "\n");
	free(folded);
	return VERDICT_OK;
}

static int print_list(struct console *console, const sshoal_hosts *hosts)
{
	size_t count = sshoal_hosts_count(hosts);
	for (size_t i = 0; i < count; i++) {
		(void)sshoal__console_print(console, SSHOAL_STDOUT,
					    sshoal_hosts_name(hosts, i));
		if (sshoal__console_print(console, SSHOAL_STDOUT, "\n") != 0)
			break;
	}
	return VERDICT_OK;
}

/* Whether one of the words after -o sets a keyword. */
static bool has_word(const struct text_list *words, const char *keyword)
{
	size_t n = strlen(keyword);
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		word += strspn(word, " \t");
		if (strncasecmp(word, keyword, n) == 0 &&
		    strchr("= \t", word[n]))
			return true;
	}
	return false;
}

static int print_settings(struct console *console, const struct chosen *chosen,
			  const struct login_options *options)
{
	sshoal_error error = { .code = 0 };
	struct login login;
	int rc = sshoal__login_init(&login, options, NULL, &error);
	if (rc)
		return sshoal__cli_fail(console, rc, error.text);
	const struct hosts_overrides overrides = {
		.user = options->user,
		.jump = options->jump,
		.port = options->port,
		.key_files = options->identities.items,
		.key_file_count = options->identities.count,
		.config = login.config,
		.has_user = has_word(&options->words, "User"),
		.has_port = has_word(&options->words, "Port"),
	};
	rc = sshoal__hosts_show(console, chosen->hosts, chosen->inventory,
				&overrides, &error);
	sshoal__login_fini(&login);
	return rc && rc != SSHOAL_EIO ?
		       sshoal__cli_fail(console, rc, error.text) :
		       VERDICT_OK;
}

int sshoal__cli_hosts(struct console *console, const struct options *options)
{
	struct chosen chosen;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__chosen_init(&chosen, console, &options->selection,
				     NULL, &error);
	if (rc)
		return sshoal__cli_fail(console, rc, error.text);
	int status;
	if (options->words.count_only)
		status = print_count(console, chosen.hosts);
	else if (options->words.fold)
		status = print_folded(console, chosen.hosts);
	else if (options->display.output == OUTPUT_JSON)
		status = print_settings(console, &chosen, &options->login);
	else
		status = print_list(console, chosen.hosts);
	sshoal__chosen_fini(&chosen);
	return status;
}
