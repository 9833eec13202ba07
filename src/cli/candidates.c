/* SPDX-License-Identifier: MIT */
#include "cli/candidates.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command_name.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/option_table.h"
#include "cli/selection.h"
#include "report/verdict.h"

/*
 * Understands a command line that is not finished, and never says that it is
 * wrong. Hosts files are read, pipes are not: somebody else is to read them.
 */

/* A line so far. */
struct line {
	struct console *console;
	const char *word;                  /* the last one, to be completed */
	int command;                       /* enum cli_command */
	const struct option_spec *pending; /* whose value the next word is */
	struct text_list files;            /* of -f */
	size_t words;                      /* that are no options */
	bool is_rest;                      /* "--" came */
};

/* Prints lead and text if the word can become that. */
static void offer(const struct line *line, const char *lead, const char *text)
{
	size_t n = strlen(lead);
	size_t typed = strlen(line->word);
	if (strncmp(line->word, lead, n < typed ? n : typed) != 0)
		return;
	if (typed > n && strncmp(line->word + n, text, typed - n) != 0)
		return;
	(void)sshoal__console_print(line->console, SSHOAL_STDOUT, lead);
	(void)sshoal__console_print(line->console, SSHOAL_STDOUT, text);
	(void)sshoal__console_print(line->console, SSHOAL_STDOUT, "\n");
}

static void offer_files(const struct line *line, const char *lead)
{
	(void)sshoal__console_print(line->console, SSHOAL_STDOUT,
				    CANDIDATES_FILES " ");
	(void)sshoal__console_print(line->console, SSHOAL_STDOUT, lead);
	(void)sshoal__console_print(line->console, SSHOAL_STDOUT, "\n");
}

static void offer_commands(const struct line *line)
{
	for (size_t i = 0; sshoal__cli_command_at(i); i++)
		offer(line, "", sshoal__cli_command_at(i));
}

static void offer_options(const struct line *line)
{
	for (size_t i = 0; sshoal__option_at(i); i++) {
		const struct option_spec *spec = sshoal__option_at(i);
		char name[64];
		if (line->command != CLI_COMMAND_NONE &&
		    !sshoal__option_is_of(spec, line->command))
			continue;
		(void)snprintf(name, sizeof name, "--%s",
			       spec->name ? spec->name : "");
		if (spec->name)
			offer(line, "", name);
		const char letter[] = { '-', spec->letter, '\0' };
		if (spec->letter && !line->word[1])
			offer(line, "", letter);
	}
}

/* --- hosts --- */

static void offer_group(const struct line *line, const char *lead,
			const char *name)
{
	char *text = NULL;
	if (asprintf(&text, "@%s", name) < 0)
		return;
	offer(line, lead, text);
	free(text);
}

static bool is_plain_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* What of the files can be read. */
static sshoal_inventory *load(const struct line *line)
{
	struct selection_options options = { .files = line->files };
	sshoal_inventory *inventory = NULL;
	sshoal_error error;
	for (size_t i = 0; i < line->files.count; i++)
		if (!is_plain_file(line->files.items[i]))
			return NULL;
	if (sshoal_inventory_new(&inventory) != 0)
		return NULL;
	if (sshoal__selection_load(inventory, &options, &error) == 0)
		return inventory;
	sshoal_inventory_free(inventory);
	return NULL;
}

/* Hosts and groups behind what of an expression is there already. */
static void offer_hosts(const struct line *line, const char *value)
{
	size_t n = strlen(value);
	while (n > 0 && !strchr(",!&^", value[n - 1]))
		n--;
	char *lead = NULL;
	sshoal_inventory *inventory = load(line);
	if (!inventory ||
	    asprintf(&lead, "%.*s", (int)((size_t)(value - line->word) + n),
		     line->word) < 0) {
		sshoal_inventory_free(inventory);
		return;
	}
	for (size_t i = 0; sshoal_inventory_host(inventory, i); i++)
		offer(line, lead, sshoal_inventory_host(inventory, i));
	for (size_t i = 0; sshoal_inventory_group(inventory, i); i++)
		offer_group(line, lead, sshoal_inventory_group(inventory, i));
	free(lead);
	sshoal_inventory_free(inventory);
}

/* --- values of options --- */

/* value is inside the word, behind what names the option. */
static void offer_value(const struct line *line, const struct option_spec *spec,
			const char *value)
{
	char lead[64];
	if ((size_t)(value - line->word) >= sizeof lead)
		return;
	(void)snprintf(lead, sizeof lead, "%.*s", (int)(value - line->word),
		       line->word);
	for (const struct choice *choice = spec->choices;
	     choice && choice->word; choice++)
		offer(line, lead, choice->word);
	if (spec->takes == OPTION_TAKES_HOSTS)
		offer_hosts(line, value);
	if (spec->takes == OPTION_TAKES_FILE)
		offer_files(line, lead);
}

/* The value inside a word such as "--name=value" or "-wvalue", and its option;
 * NULL where the word has none. */
static const char *value_in(const char *word, int command,
			    const struct option_spec **spec)
{
	if (strncmp(word, "--", 2) == 0) {
		size_t n = strcspn(word + 2, "=");
		*spec = sshoal__option_by_name(word + 2, n, command);
		return *spec && word[2 + n] ? word + 2 + n + 1 : NULL;
	}
	for (const char *p = word + 1; *p; p++) {
		*spec = sshoal__option_by_letter(*p);
		if (!*spec)
			return NULL;
		if (sshoal__option_takes_value(*spec))
			return p[1] ? p + 1 : NULL;
	}
	return NULL;
}

/* --- the line --- */

static bool is_hosts_file(const struct option_spec *spec)
{
	return spec->offset == offsetof(struct options, selection.files) &&
	       spec->kind == OPTION_LIST;
}

static void note_value(struct line *line, const struct option_spec *spec,
		       const char *value)
{
	if (is_hosts_file(spec))
		line->files.items[line->files.count++] = value;
}

static void read_option(struct line *line, const char *word)
{
	const struct option_spec *spec = NULL;
	const char *value = value_in(word, line->command, &spec);
	if (value)
		note_value(line, spec, value);
	else if (spec && sshoal__option_takes_value(spec))
		line->pending = spec;
}

static void read_word(struct line *line, const char *word)
{
	if (line->pending) {
		note_value(line, line->pending, word);
		line->pending = NULL;
	} else if (!line->is_rest && strcmp(word, "--") == 0) {
		line->is_rest = true;
	} else if (!line->is_rest && *word == '-' && word[1]) {
		read_option(line, word);
	} else if (!line->is_rest && line->command == CLI_COMMAND_NONE) {
		line->command = sshoal__cli_command_of(word);
		/* After one that there is not, nothing is offered. */
		line->words += line->command == CLI_COMMAND_NONE;
	} else {
		line->words++;
	}
}

static void offer_word(const struct line *line)
{
	switch ((enum cli_command)line->command) {
	case CLI_COMMAND_SCRIPT:
	case CLI_COMMAND_PUT:
	case CLI_COMMAND_GET:
	case CLI_COMMAND_RERUN:
	case CLI_COMMAND_REPORT:
		offer_files(line, "");
		return;
	case CLI_COMMAND_HELP:
		offer_commands(line);
		return;
	case CLI_COMMAND_COMPLETION:
		for (size_t i = 0; sshoal__cli_shell_at(i); i++)
			offer(line, "", sshoal__cli_shell_at(i));
		return;
	case CLI_COMMAND_NONE:
		if (line->words == 0)
			offer_commands(line);
		return;
	case CLI_COMMAND_RUN:
	case CLI_COMMAND_PING:
	case CLI_COMMAND_HOSTS:
	case CLI_COMMAND_TRUST:
	case CLI_COMMAND_COPY_ID:
	case CLI_COMMAND_KEYGEN:
	case CLI_COMMAND_VERSION:
		return;
	}
}

static void complete(const struct line *line)
{
	const struct option_spec *spec = NULL;
	if (line->pending) {
		offer_value(line, line->pending, line->word);
		return;
	}
	if (line->is_rest || *line->word != '-') {
		offer_word(line);
		return;
	}
	const char *value = value_in(line->word, line->command, &spec);
	if (value)
		offer_value(line, spec, value);
	else
		offer_options(line);
}

int sshoal__cli_candidates(struct console *console, const char *const *words,
			   size_t count)
{
	struct line line = {
		.console = console,
		.word = count > 0 ? words[count - 1] : "",
		.files = { .items = calloc(count + 1, sizeof(char *)) },
	};
	if (!line.files.items)
		return VERDICT_LOCAL;
	for (size_t i = 0; i + 1 < count; i++)
		read_word(&line, words[i]);
	complete(&line);
	free(line.files.items);
	return VERDICT_OK;
}
