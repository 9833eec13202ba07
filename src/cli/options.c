/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/absent.h"
#include "cli/command_name.h"
#include "cli/display.h"
#include "cli/given.h"
#include "cli/occurrence.h"
#include "cli/option_table.h"
#include "cli/refusal.h"

/*
 * Reads a command line from left to right. What follows "--" is never looked
 * at, and nothing is guessed: what could mean two things is refused with the
 * words to write.
 */

/* Where the parser is. */
struct parser {
	struct options *options;
	const char *const *argv;
	int argc;
	int next;                /* argv's next word */
	bool given[OPTIONS_MAX]; /* by the table's index */
	bool is_done; /* the rest is the command's, or does not matter */
	sshoal_error *error;
};

static int ask_for(struct parser *parser, int command)
{
	struct options *options = parser->options;
	options->topic = options->command;
	options->command = command;
	parser->is_done = true;
	return 0;
}

/* Takes an option with its value. */
static int apply(struct parser *parser, const struct occurrence *option)
{
	if (option->spec->kind == OPTION_HELP)
		return ask_for(parser, CLI_COMMAND_HELP);
	if (option->spec->kind == OPTION_VERSION)
		return ask_for(parser, CLI_COMMAND_VERSION);
	int rc = sshoal__given_add(&parser->options->given, option->spec,
				   option->value);
	return rc ? rc :
		    sshoal__occurrence_apply(option, parser->options,
					     (size_t)parser->argc,
					     parser->error);
}

static void mark_given(struct parser *parser, const struct option_spec *spec)
{
	parser->given[sshoal__option_index(spec)] = true;
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

/* Whether a command will have the option in a later version. */
static bool is_of_later(const struct option_spec *spec, int command)
{
	return command != CLI_COMMAND_NONE &&
	       !sshoal__option_is_of(spec, command) &&
	       sshoal__absent_is_later(spec->name, strlen(spec->name));
}

static int parse_name(struct parser *parser, const char *word)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");
	int command = parser->options->command;
	struct occurrence option = {
		.spec = sshoal__option_by_name(name, length, command),
	};
	if (!option.spec || is_of_later(option.spec, command))
		return sshoal__absent_name(name, length, parser->error);
	memcpy(option.name, "--", 2);
	memcpy(option.name + 2, name, length); /* known, so it fits */
	if (command == CLI_COMMAND_NONE && sshoal__option_has_twin(option.spec))
		return sshoal__refuse(parser->error,
				      "%s: means something else to other "
				      "commands; write it after the command",
				      option.name);
	if (name[length] == '=')
		option.value = name + length + 1;
	mark_given(parser, option.spec);
	bool takes_value = sshoal__option_takes_value(option.spec);
	if (option.value && !takes_value && option.spec->kind != OPTION_WHOM)
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
		if (!option.spec)
			return sshoal__absent_letter(*p, parser->error);
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

/* Whether a command of sshoal is given words beside options. */
static bool takes_words(int command)
{
	return command == CLI_COMMAND_RUN || command == CLI_COMMAND_SCRIPT ||
	       command == CLI_COMMAND_PUT || command == CLI_COMMAND_GET ||
	       command == CLI_COMMAND_RERUN || command == CLI_COMMAND_REPORT ||
	       command == CLI_COMMAND_COMPLETION;
}

static int add_word(const struct parser *parser, const char *word)
{
	return sshoal__text_list_add(&parser->options->words.words,
				     (size_t)parser->argc, word);
}

/* What follows "--" are words, whatever they look like. */
static int parse_rest(struct parser *parser)
{
	struct options *options = parser->options;
	int rc = 0;
	parser->is_done = true;
	if (options->command == CLI_COMMAND_NONE)
		return sshoal__refuse(parser->error,
				      "--: a command of sshoal comes before "
				      "it, such as: sshoal run -f FILE -- "
				      "uptime");
	if (!takes_words(options->command))
		return sshoal__refuse(
			parser->error, "--: %s takes no command; leave it out",
			sshoal__cli_command_name(options->command));
	while (rc == 0 && parser->next < parser->argc)
		rc = add_word(parser, parser->argv[parser->next++]);
	return rc;
}

/* run's command is one word, the last one, unless "--" is before it. */
static int parse_run_word(const struct parser *parser, const char *word)
{
	if (parser->next < parser->argc)
		return sshoal__refuse(parser->error,
				      "\"%.60s\" after the command \"%.60s\": "
				      "write options first, then -- and the "
				      "whole command: run [OPTION...] -- "
				      "%.60s %.60s",
				      parser->argv[parser->next], word, word,
				      parser->argv[parser->next]);
	return add_word(parser, word);
}

/* The rest is the script's, where nothing in it may be meant for us. */
static int parse_script_words(struct parser *parser, const char *file)
{
	for (int i = parser->next; i < parser->argc; i++)
		if (parser->argv[i][0] == '-')
			return sshoal__refuse(
				parser->error,
				"\"%.60s\" after the script \"%.60s\": write "
				"sshoal's options before the script; if it is "
				"the script's: script [OPTION...] -- %.60s "
				"%.60s",
				parser->argv[i], file, file, parser->argv[i]);
	parser->next--;
	return parse_rest(parser);
}

static int parse_command_name(struct parser *parser, int *command,
			      const char *word)
{
	*command = sshoal__cli_command_of(word);
	if (*command != CLI_COMMAND_NONE)
		return 0;
	return sshoal__absent_command(word, parser->error);
}

/* A word that is no option. */
static int parse_word(struct parser *parser, const char *word)
{
	struct options *options = parser->options;
	if (options->command == CLI_COMMAND_NONE)
		return parse_command_name(parser, &options->command, word);
	if (options->command == CLI_COMMAND_HELP && !options->topic)
		return parse_command_name(parser, &options->topic, word);
	if (options->command == CLI_COMMAND_RUN)
		return parse_run_word(parser, word);
	if (options->command == CLI_COMMAND_SCRIPT)
		return parse_script_words(parser, word);
	if (takes_words(options->command))
		return add_word(parser, word);
	return sshoal__refuse(parser->error,
			      "\"%.60s\": %s takes nothing but "
			      "options; hosts are named with -w or -f",
			      word, sshoal__cli_command_name(options->command));
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
		if (!parser->given[i] || sshoal__option_is_of(spec, command))
			continue;
		return sshoal__refuse(parser->error,
				      "%s%s: not an option of %s",
				      spec->name ? "--" : "-",
				      spec->name ? spec->name : letter,
				      sshoal__cli_command_name(command));
	}
	return 0;
}

/* Whether there are as many words as the command needs. */
static int check_words(const struct parser *parser)
{
	size_t count = parser->options->words.words.count;
	switch (parser->options->command) {
	case CLI_COMMAND_RUN:
		if (count > 0)
			return 0;
		return sshoal__refuse(parser->error,
				      "run: which command? Write it last, "
				      "after --, such as: sshoal run -f FILE "
				      "-- uptime");
	case CLI_COMMAND_SCRIPT:
		if (count > 0)
			return 0;
		return sshoal__refuse(parser->error,
				      "script: which one? Write its file "
				      "last, such as: sshoal script -f FILE "
				      "-- ./script.sh");
	case CLI_COMMAND_PUT:
		if (count > 1)
			return 0;
		return sshoal__refuse(parser->error,
				      "put: write what to upload, then where "
				      "to: sshoal put -f FILE SRC... DEST");
	case CLI_COMMAND_GET:
		if (count > 1)
			return 0;
		return sshoal__refuse(parser->error,
				      "get: write what to download, then the "
				      "folder here: sshoal get -f FILE SRC... "
				      "DIR");
	case CLI_COMMAND_RERUN:
		if (count < 2)
			return 0;
		return sshoal__refuse(parser->error,
				      "rerun: takes one journal, and the "
				      "command from it");
	case CLI_COMMAND_REPORT:
		if (count < 2)
			return 0;
		return sshoal__refuse(parser->error,
				      "report: one file at a time: sshoal "
				      "report FILE > PAGE.html");
	default:
		return 0;
	}
}

static size_t count_stdin(const struct text_list *list)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		count += strcmp(list->items[i], "-") == 0;
	return count;
}

static int check_journal(const struct parser *parser)
{
	const struct journal_options *journal = &parser->options->journal;
	if (journal->file && journal->none)
		return sshoal__refuse(parser->error,
				      "--journal and --no-journal exclude each "
				      "other");
	/* A rerun may have --lock from the run. */
	if (journal->lock_wait_ms && !journal->lock &&
	    parser->options->command != CLI_COMMAND_RERUN)
		return sshoal__refuse(parser->error,
				      "--lock-wait: needs --lock, which names "
				      "the file");
	return 0;
}

/* What trust and keygen are not to do at once. */
static int check_keys(const struct parser *parser)
{
	const struct trust_options *trust = &parser->options->trust;
	if (trust->check && (trust->yes || trust->replaced || trust->hash))
		return sshoal__refuse(parser->error,
				      "--check writes nothing: it goes with "
				      "none of --yes, --replace and --hash");
	if (trust->remove &&
	    (trust->yes || trust->check || trust->replaced || trust->hash))
		return sshoal__refuse(parser->error,
				      "--remove: goes with none of --yes, "
				      "--check, --replace and --hash");
	if (parser->options->keys.no_passphrase &&
	    parser->options->login.passphrase_file)
		return sshoal__refuse(parser->error,
				      "--no-passphrase and --passphrase-file "
				      "exclude each other");
	return 0;
}

/* Options of batches where there are none, or of checks. The numbers of hosts
 * become the fleet's. */
static int take_batches(const struct parser *parser)
{
	const struct batch_options *batches = &parser->options->batches;
	sshoal_fleet_options *fleet = &parser->options->fleet;
	bool has_batches = batches->serial.is_given || fleet->canary;
	if (fleet->pause_ms && !has_batches)
		return sshoal__refuse(parser->error,
				      "--pause: there are no batches to pause "
				      "between; write --serial or --canary, "
				      "too");
	if (fleet->check_timeout_ms && !fleet->check && !fleet->check_local)
		return sshoal__refuse(parser->error,
				      "--check-timeout: goes with --check or "
				      "--check-local");
	fleet->serial = batches->serial.number;
	fleet->serial_percent = batches->serial.percent;
	fleet->has_max_fail = batches->max_fail.is_given;
	fleet->max_fail = batches->max_fail.number;
	fleet->max_fail_percent = batches->max_fail.percent;
	return 0;
}

/* Standard input can be read once. */
static int check_stdin(const struct parser *parser)
{
	const struct options *options = parser->options;
	const char *input = options->surroundings.input;
	size_t count = count_stdin(&options->selection.files) +
		       count_stdin(&options->selection.expressions);
	if (count > 1)
		return sshoal__refuse(parser->error,
				      "-f -, -w -: standard input can be read "
				      "only once");
	if (count > 0 && input && strcmp(input, "-") == 0)
		return sshoal__refuse(parser->error,
				      "--stdin -: the hosts come from "
				      "standard input; write either to a file");
	return 0;
}

/* Whether each variable is one. */
static int check_variables(const struct parser *parser)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const struct text_list *list = &parser->options->surroundings.variables;
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->items[i];
		size_t n = strspn(text, letters);
		if (n == 0 || text[n] != '=' || (*text >= '0' && *text <= '9'))
			return sshoal__refuse(
				parser->error,
				"--env \"%.*s\": write NAME=VALUE, with a NAME "
				"of letters, digits and _ that does not begin "
				"with a digit",
				(int)(strcspn(text, "=") > 60 ?
					      60 :
					      strcspn(text, "=")),
				text);
	}
	return 0;
}

/* Of what is asked for, nothing is read from a file. */
static int check_secrets(const struct parser *parser)
{
	const struct login_options *login = &parser->options->login;
	if (login->ask_pass && login->password_file)
		return sshoal__refuse(parser->error,
				      "-k and --password-file exclude each "
				      "other");
	if (login->ask_sudo_pass && login->sudo_password_file)
		return sshoal__refuse(parser->error,
				      "-K and --sudo-password-file exclude "
				      "each other");
	if ((login->ask_sudo_pass || login->sudo_password_file) &&
	    !parser->options->surroundings.sudo_user)
		return sshoal__refuse(parser->error,
				      "-K and --sudo-password-file: need "
				      "--sudo beside them");
	if (login->ask_passphrase && login->passphrase_file)
		return sshoal__refuse(parser->error,
				      "--ask-passphrase and --passphrase-file "
				      "exclude each other");
	return 0;
}

static bool is_given(const struct parser *parser, const char *name)
{
	const struct option_spec *spec = sshoal__option_by_name(
		name, strlen(name), parser->options->command);
	return spec && parser->given[sshoal__option_index(spec)];
}

static int check_parts(const struct parser *parser)
{
	static int (*const checks[])(const struct parser *parser) = {
		check_stdin, check_words,   check_variables, check_secrets,
		check_keys,  check_journal, take_batches,    check_given,
	};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof checks / sizeof *checks; i++)
		rc = checks[i](parser);
	return rc;
}

/* What only the whole command line shows. */
static int check_whole(const struct parser *parser)
{
	const struct options *options = parser->options;
	if (options->words.fold + options->words.count_only +
			    (options->display.output == OUTPUT_JSON) >
		    1 &&
	    options->command == CLI_COMMAND_HOSTS)
		return sshoal__refuse(parser->error,
				      "--fold, --count and --json exclude each "
				      "other");
	const sshoal_transfer_options *transfer = &options->files.transfer;
	if (transfer->in_place && (transfer->resume || transfer->verify))
		return sshoal__refuse(parser->error,
				      "--no-atomic writes into the files "
				      "themselves: --resume and --verify need "
				      "one beside them");
	int rc = check_parts(parser);
	return rc ? rc :
		    sshoal__display_check(parser->options,
					  is_given(parser, "output") ||
						  is_given(parser, "json"),
					  parser->error);
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
	*options = (struct options){
		.fleet = SSHOAL_FLEET_OPTIONS_INIT,
		.files = { .transfer = SSHOAL_TRANSFER_OPTIONS_INIT },
	};
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
	struct text_list *const lists[] = {
		&options->display.masks,   &options->login.identities,
		&options->login.words,     &options->selection.exclusions,
		&options->selection.files, &options->selection.expressions,
		&options->words.words,     &options->surroundings.variables,
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		free(lists[i]->items);
		*lists[i] = (struct text_list){ .count = 0 };
	}
	free(options->given.items);
	options->given = (struct given_list){ .count = 0 };
}
