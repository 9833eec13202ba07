/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/absent.h"
#include "cli/command_name.h"
#include "cli/option_table.h"
#include "cli/refusal.h"
#include "cli/value.h"

/*
 * Reads a command line from left to right. What follows "--" is never looked
 * at, and nothing is guessed: what could mean two things is refused with the
 * words to write.
 */

#define VERBOSITY_MAX 2

/* Where the parser is. */
struct parser {
	struct options *options;
	const char *const *argv;
	int argc;
	int next;       /* argv's next word */
	uint64_t given; /* a bit for each option of the table */
	bool is_done;   /* the rest is the command's, or does not matter */
	sshoal_error *error;
};

/* One option as it was written. */
struct occurrence {
	const struct option_spec *spec;
	const char *value; /* NULL: it takes none */
	char name[68];     /* "-P" or "--parallel" */
	bool is_letter;
};

static int add_to_list(const struct parser *parser, struct text_list *list,
		       const char *item)
{
	if (!list->items)
		list->items = calloc((size_t)parser->argc, sizeof *list->items);
	if (!list->items)
		return SSHOAL_ENOMEM;
	list->items[list->count] = item;
	list->count++;
	return 0;
}

static int choose(const struct parser *parser, const struct occurrence *option,
		  uint32_t *value)
{
	assert(option->value);
	const struct choice *choice = option->spec->choices;
	for (; choice->word; choice++) {
		if (strcmp(choice->word, option->value) != 0)
			continue;
		*value = choice->value;
		return 0;
	}
	bool is_later = strcmp(option->name, "--output") == 0 &&
			(strcmp(option->value, "host") == 0 ||
			 strcmp(option->value, "group") == 0 ||
			 strcmp(option->value, "failed") == 0);
	return sshoal__refuse(parser->error, "%s \"%.60s\": %swrite %s",
			      option->name, option->value,
			      is_later ? "not in this version; " : "",
			      option->spec->what);
}

static int set_time(const struct parser *parser,
		    const struct occurrence *option, int64_t *time_ms)
{
	int64_t value;
	int rc = sshoal__value_time(&value, option->name, option->value,
				    parser->error);
	if (rc == 0)
		*time_ms = value == 0 ? -1 : value;
	return rc;
}

/* The last of -q and -v says which way it goes. */
static void move_level(int32_t *level, bool is_up)
{
	if (is_up)
		*level = *level < 0 ? 1 : *level + 1;
	else
		*level = *level > 0 ? -1 : *level - 1;
	if (*level > VERBOSITY_MAX)
		*level = VERBOSITY_MAX;
	if (*level < -VERBOSITY_MAX)
		*level = -VERBOSITY_MAX;
}

static int ask_for(struct parser *parser, int command)
{
	struct options *options = parser->options;
	options->topic = options->command;
	options->command = command;
	parser->is_done = true;
	return 0;
}

static int check_config(const struct parser *parser, const char *value)
{
	assert(value);
	if (strcmp(value, "none") == 0)
		return 0;
	return sshoal__refuse(parser->error,
			      "-F \"%.60s\": ssh_config is not read by this "
			      "version: use -F none",
			      value);
}

static int check_text(const struct parser *parser,
		      const struct occurrence *option)
{
	assert(option->value);
	if (*option->value)
		return 0;
	return sshoal__refuse(parser->error, "%s \"\": empty; write %s",
			      option->name, option->spec->what);
}

/* Takes an option with its value. */
static int apply(struct parser *parser, const struct occurrence *option)
{
	const struct option_spec *spec = option->spec;
	void *member = (char *)parser->options + spec->offset;
	int rc = 0;
	if (option->is_letter && option->value)
		rc = sshoal__absent_meaning(spec->letter, option->value,
					    parser->error);
	if (rc == 0 && (spec->kind == OPTION_TEXT || spec->kind == OPTION_LIST))
		rc = check_text(parser, option);
	if (rc)
		return rc;
	switch ((enum option_kind)spec->kind) {
	case OPTION_FLAG:
		*(uint32_t *)member = spec->least;
		return 0;
	case OPTION_LEVEL:
		move_level(member, spec->least != 0);
		return 0;
	case OPTION_COUNT:
		return sshoal__value_count(member, option->name, option->value,
					   spec->least, spec->most,
					   parser->error);
	case OPTION_TIME:
		return set_time(parser, option, member);
	case OPTION_TEXT:
		*(const char **)member = option->value;
		return 0;
	case OPTION_LIST:
		return add_to_list(parser, member, option->value);
	case OPTION_CHOICE:
		return choose(parser, option, member);
	case OPTION_CONFIG:
		return check_config(parser, option->value);
	case OPTION_HELP:
		return ask_for(parser, CLI_COMMAND_HELP);
	case OPTION_VERSION:
		return ask_for(parser, CLI_COMMAND_VERSION);
	}
	return SSHOAL_EINVAL;
}

static void mark_given(struct parser *parser, const struct option_spec *spec)
{
	parser->given |= UINT64_C(1) << (spec - sshoal__option_at(0));
}

/* The next word as an option's value. "--" is never one. */
static int take_value(struct parser *parser, struct occurrence *option)
{
	const char *next =
		parser->next < parser->argc ? parser->argv[parser->next] : NULL;
	if (!next || strcmp(next, "--") == 0)
		return sshoal__refuse(parser->error, "%s: needs %s after it",
				      option->name, option->spec->what);
	option->value = next;
	parser->next++;
	return 0;
}

static int parse_name(struct parser *parser, const char *word)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");
	struct occurrence option = {
		.spec = sshoal__option_by_name(name, length),
	};
	if (!option.spec)
		return sshoal__absent_name(name, length, parser->error);
	memcpy(option.name, "--", 2);
	memcpy(option.name + 2, name, length); /* known, so it fits */
	if (name[length] == '=')
		option.value = name + length + 1;
	mark_given(parser, option.spec);
	bool takes_value = sshoal__option_takes_value(option.spec);
	if (option.value && !takes_value)
		return sshoal__refuse(parser->error,
				      "%s: takes no value; write it without "
				      "\"=%.60s\"",
				      option.name, option.value);
	if (!option.value && takes_value) {
		int rc = take_value(parser, &option);
		if (rc)
			return rc;
	}
	return apply(parser, &option);
}

/* One word of letters, such as -qqN or -P32. */
static int parse_letters(struct parser *parser, const char *word)
{
	for (const char *p = word + 1; *p && !parser->is_done; p++) {
		struct occurrence option = {
			.spec = sshoal__option_by_letter(*p),
			.name = { '-', *p },
			.is_letter = true,
		};
		if (!option.spec) {
			const char *value = p[1] ? p + 1 :
					    parser->next < parser->argc ?
						   parser->argv[parser->next] :
						   NULL;
			return sshoal__absent_letter(*p, value, parser->error);
		}
		int rc = 0;
		bool takes_value = sshoal__option_takes_value(option.spec);
		mark_given(parser, option.spec);
		if (takes_value && p[1])
			option.value = p + 1;
		else if (takes_value)
			rc = take_value(parser, &option);
		if (rc == 0)
			rc = apply(parser, &option);
		if (rc || takes_value)
			return rc;
	}
	return 0;
}

/* What follows "--" is the command, whatever it looks like. */
static int parse_rest(struct parser *parser)
{
	struct options *options = parser->options;
	parser->is_done = true;
	if (options->command == CLI_COMMAND_NONE)
		return sshoal__refuse(parser->error,
				      "--: a command of sshoal comes before "
				      "it, such as: sshoal run -f FILE -- "
				      "uptime");
	if (options->command != CLI_COMMAND_RUN)
		return sshoal__refuse(
			parser->error, "--: %s takes no command; leave it out",
			sshoal__cli_command_name(options->command));
	options->words.words = parser->argv + parser->next;
	options->words.count = (size_t)(parser->argc - parser->next);
	return 0;
}

/* A word that is no option. */
static int parse_word(struct parser *parser, const char *word)
{
	struct options *options = parser->options;
	if (options->command == CLI_COMMAND_NONE) {
		options->command = sshoal__cli_command_of(word);
		if (options->command != CLI_COMMAND_NONE)
			return 0;
		return sshoal__absent_command(word, parser->error);
	}
	if (options->command == CLI_COMMAND_HELP && !options->topic) {
		options->topic = sshoal__cli_command_of(word);
		if (options->topic != CLI_COMMAND_NONE)
			return 0;
		return sshoal__absent_command(word, parser->error);
	}
	if (options->command != CLI_COMMAND_RUN)
		return sshoal__refuse(
			parser->error,
			"\"%.60s\": %s takes nothing but "
			"options; hosts are named with -w or -f",
			word, sshoal__cli_command_name(options->command));
	if (parser->next < parser->argc)
		return sshoal__refuse(parser->error,
				      "\"%.60s\" after the command \"%.60s\": "
				      "write options first, then -- and the "
				      "whole command: run [OPTION...] -- "
				      "%.60s %.60s",
				      parser->argv[parser->next], word, word,
				      parser->argv[parser->next]);
	options->words.words = &parser->argv[parser->next - 1];
	options->words.count = 1;
	return 0;
}

/* Whether the command takes all options that were given. */
static int check_given(const struct parser *parser)
{
	int command = parser->options->command;
	if (command == CLI_COMMAND_NONE || command == CLI_COMMAND_HELP ||
	    command == CLI_COMMAND_VERSION)
		return 0;
	for (size_t i = 0; sshoal__option_at(i); i++) {
		const struct option_spec *spec = sshoal__option_at(i);
		const char letter[] = { spec->letter, '\0' };
		if (!(parser->given >> i & 1) || spec->commands >> command & 1)
			continue;
		return sshoal__refuse(parser->error,
				      "%s%s: not an option of %s",
				      spec->name ? "--" : "-",
				      spec->name ? spec->name : letter,
				      sshoal__cli_command_name(command));
	}
	return 0;
}

/* What only the whole command line shows. */
static int check_whole(const struct parser *parser)
{
	const struct options *options = parser->options;
	size_t stdin_count = 0;
	for (size_t i = 0; i < options->selection.files.count; i++)
		stdin_count +=
			strcmp(options->selection.files.items[i], "-") == 0;
	if (stdin_count > 1)
		return sshoal__refuse(parser->error,
				      "-f -: standard input can be read only "
				      "once");
	if (options->login.ask_pass && options->login.password_file)
		return sshoal__refuse(parser->error,
				      "-k and --password-file exclude each "
				      "other");
	if (options->command == CLI_COMMAND_RUN && options->words.count == 0)
		return sshoal__refuse(parser->error,
				      "run: which command? Write it last, "
				      "after --, such as: sshoal run -f FILE "
				      "-- uptime");
	return check_given(parser);
}

static int parse_all(struct parser *parser)
{
	int rc = 0;
	while (rc == 0 && !parser->is_done && parser->next < parser->argc) {
		const char *word = parser->argv[parser->next];
		parser->next++;
		if (strcmp(word, "--") == 0)
			rc = parse_rest(parser);
		else if (strncmp(word, "--", 2) == 0)
			rc = parse_name(parser, word);
		else if (word[0] == '-' && word[1])
			rc = parse_letters(parser, word);
		else
			rc = parse_word(parser, word);
	}
	return rc ? rc : check_whole(parser);
}

int sshoal__options_parse(struct options *options, int argc,
			  const char *const *argv, sshoal_error *error)
{
	*options = (struct options){ .fleet = SSHOAL_FLEET_OPTIONS_INIT };
	struct parser parser = {
		.options = options,
		.argv = argv,
		.argc = argc,
		.next = 1,
		.error = error,
	};
	int rc = parse_all(&parser);
	if (rc == SSHOAL_ENOMEM)
		*error = (sshoal_error){ .code = rc, .text = "out of memory" };
	if (rc)
		sshoal__options_fini(options);
	return rc;
}

void sshoal__options_fini(struct options *options)
{
	free(options->login.identities.items);
	free(options->selection.files.items);
	free(options->selection.expressions.items);
	options->login.identities = (struct text_list){ .count = 0 };
	options->selection.files = (struct text_list){ .count = 0 };
	options->selection.expressions = (struct text_list){ .count = 0 };
}
