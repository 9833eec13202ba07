/* SPDX-License-Identifier: MIT */
#include "cli/again.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command_name.h"
#include "cli/given.h"
#include "cli/option_table.h"
#include "cli/refusal.h"

/*
 * A command line is written as it could have been typed, and understood like
 * any other: what it may hold is decided in one place. What the rerun was given
 * stands first, since of -o the first one counts; of all others that have one
 * value, the run's own one is left out.
 */

#define AT(member) offsetof(struct options, member)

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

/* Takes over a word for free(3); NULL is one that memory was refused to. */
static int add_word(struct again *again, char *word)
{
	if (!word)
		return SSHOAL_ENOMEM;
	again->words[again->word_count++] = word;
	return 0;
}

/* The option that a word of the journal is; NULL: none. */
static const struct option_spec *spec_of(const char *word, int command)
{
	if (strncmp(word, "--", 2) == 0)
		return sshoal__option_by_name(word + 2, strcspn(word + 2, "="),
					      command);
	return *word == '-' ? sshoal__option_by_letter(word[1]) : NULL;
}

/* Whether two options say where one secret comes from. */
static bool are_rivals(size_t a, size_t b)
{
	static const size_t rivals[][2] = {
		{ AT(login.ask_pass), AT(login.password_file) },
		{ AT(login.ask_passphrase), AT(login.passphrase_file) },
		{ AT(login.ask_sudo_pass), AT(login.sudo_password_file) },
	};
	for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++)
		if ((a == rivals[i][0] && b == rivals[i][1]) ||
		    (a == rivals[i][1] && b == rivals[i][0]))
			return true;
	return false;
}

/* Whether an option takes the place of another one. Lists are added to, but
 * those of files are other files then. */
static bool replaces(const struct option_spec *option,
		     const struct option_spec *other)
{
	if (are_rivals(option->offset, other->offset))
		return true;
	if (option->kind == OPTION_BIT)
		return false;
	if (option->kind == OPTION_LIST &&
	    option->offset != AT(selection.files))
		return false;
	return option->offset == other->offset;
}

static bool is_replaced(const struct given_list *given, const char *word,
			int command)
{
	const struct option_spec *spec = spec_of(word, command);
	for (size_t i = 0; spec && i < given->count; i++)
		if (replaces(given->items[i].spec, spec))
			return true;
	return false;
}

/* Whether a value is a file's path that is looked at from where we are. */
static bool is_relative(const struct given *given)
{
	const char *value = given->value;
	return given->spec->takes == OPTION_TAKES_FILE && value &&
	       *value != '/' && *value != '~' && strcmp(value, "-") != 0 &&
	       !(given->spec->letter == 'F' && strcmp(value, "none") == 0);
}

/* An option of the rerun, which means the same elsewhere. */
static char *write_given(const struct given *given, const char *here)
{
	char *path = NULL;
	if (!is_relative(given))
		return sshoal__given_word(given);
	if (asprintf(&path, "%s/%s", here, given->value) < 0)
		return NULL;
	const struct given elsewhere = { given->spec, path };
	char *word = sshoal__given_word(&elsewhere);
	free(path);
	return word;
}

static int add_given(struct again *again, const struct given_list *given)
{
	char *here = getcwd(NULL, 0);
	int rc = here ? 0 : SSHOAL_ENOMEM;
	for (size_t i = 0; rc == 0 && i < given->count; i++)
		if (sshoal__option_is_of_job(given->items[i].spec))
			rc = add_word(again,
				      write_given(&given->items[i], here));
	free(here);
	return rc;
}

static int write_line(struct again *again, const struct chain *chain,
		      const struct given_list *given, int command)
{
	size_t room = given->count + chain->option_count + chain->word_count;
	again->words = calloc(room + 4, sizeof(char *));
	if (!again->words)
		return SSHOAL_ENOMEM;
	int rc = add_word(again, strdup("sshoal"));
	if (rc == 0)
		rc = add_word(again, strdup(chain->job));
	if (rc == 0)
		rc = add_given(again, given);
	for (size_t i = 0; rc == 0 && i < chain->option_count; i++)
		if (!is_replaced(given, chain->options[i], command))
			rc = add_word(again, strdup(chain->options[i]));
	if (rc == 0 && chain->word_count > 0)
		rc = add_word(again, strdup("--"));
	for (size_t i = 0; rc == 0 && i < chain->word_count; i++)
		rc = add_word(again, strdup(chain->words[i]));
	return rc;
}

static bool can_be_done_again(int command)
{
	return command == CLI_COMMAND_RUN || command == CLI_COMMAND_SCRIPT ||
	       command == CLI_COMMAND_PUT || command == CLI_COMMAND_GET ||
	       command == CLI_COMMAND_COPY_ID;
}

/* Whether the journal holds options of the job, and nothing else in their
 * place. */
static int check_chain(const struct chain *chain, int command, const char *path,
		       sshoal_error *error)
{
	if (!can_be_done_again(command))
		return sshoal__refuse(error,
				      "%.200s: a run of \"%.40s\" cannot be "
				      "done again",
				      path, chain->job);
	for (size_t i = 0; i < chain->option_count; i++) {
		const struct option_spec *spec =
			spec_of(chain->options[i], command);
		if (spec && sshoal__option_is_of_job(spec) &&
		    sshoal__option_is_of(spec, command))
			continue;
		return sshoal__refuse(error,
				      "%.200s: \"%.60s\" is no option of %.40s "
				      "that can be done again",
				      path, chain->options[i], chain->job);
	}
	return 0;
}

/* Nobody has kept what the command read from standard input. */
static int check_input(const struct options *options,
		       const struct given_list *given, sshoal_error *error)
{
	const char *input = options->surroundings.input;
	for (size_t i = 0; i < given->count; i++)
		if (given->items[i].spec->offset == AT(surroundings.input))
			return 0;
	if (!input ||
	    (strcmp(input, "-") != 0 && strncmp(input, "/dev/fd/", 8) != 0))
		return 0;
	return sshoal__refuse(error,
			      "the command had --stdin %.60s, which is gone: "
			      "give it again with --stdin FILE",
			      input);
}

/* Standard input and what the shell made for a moment cannot be read again. */
static int check_files(const struct options *options,
		       const struct given_list *given, sshoal_error *error)
{
	for (size_t i = 0; i < given->count; i++)
		if (given->items[i].spec->offset == AT(selection.files))
			return 0;
	for (size_t i = 0; i < options->selection.files.count; i++) {
		const char *path = options->selection.files.items[i];
		if (strcmp(path, "-") == 0)
			return sshoal__refuse(
				error, "the hosts file was standard input, "
				       "which is gone: name it with -f FILE");
		if (strncmp(path, "/dev/fd/", 8) == 0)
			return sshoal__refuse(
				error,
				"the hosts file was %.60s, which is gone: "
				"name it with -f FILE",
				path);
	}
	return 0;
}

int sshoal__again_init(struct again *again, const struct chain *chain,
		       const struct options *given, const char *path,
		       sshoal_error *error)
{
	struct again made = { .words = NULL };
	int command = sshoal__cli_command_of(chain->job);
	int rc = check_chain(chain, command, path, error);
	if (rc)
		return rc;
	rc = write_line(&made, chain, &given->given, command);
	if (rc) {
		sshoal__again_fini(&made);
		return refuse_memory(error);
	}
	rc = sshoal__options_parse(&made.options, (int)made.word_count,
				   (const char *const *)made.words, error);
	if (rc == 0)
		rc = check_files(&made.options, &given->given, error);
	if (rc == 0)
		rc = check_input(&made.options, &given->given, error);
	if (rc)
		sshoal__again_fini(&made);
	else
		*again = made;
	return rc;
}

void sshoal__again_fini(struct again *again)
{
	sshoal__options_fini(&again->options);
	for (size_t i = 0; i < again->word_count; i++)
		free(again->words[i]);
	free(again->words);
}
