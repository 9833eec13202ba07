/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/option_table.h"
#include "cli/options.h"
#include "unit/capture.h"

/* Command lines: what they mean, and that what could mean two things is
 * refused with the words to write. */

#define WORDS_MAX 24

struct line {
	const char *words[WORDS_MAX];
};

static int count_of(const struct line *line)
{
	int count = 0;
	while (count < WORDS_MAX && line->words[count])
		count++;
	return count;
}

/* What is parsed points into the line. */
static struct options parse(const struct line *line)
{
	struct options options;
	sshoal_error error = { .code = 0 };
	if (sshoal__options_parse(&options, count_of(line), line->words,
				  &error) != 0)
		fail_msg("%s", error.text);
	return options;
}

static void options_stand_before_and_after_the_command(void **state)
{
	static const struct line lines[] = {
		{ { "sshoal", "-f", "h", "-P", "9", "run", "--", "uptime" } },
		{ { "sshoal", "run", "-f", "h", "-P9", "--", "uptime" } },
		{ { "sshoal", "-fh", "run", "--parallel=9", "uptime" } },
		{ { "sshoal", "--hosts-file", "h", "run", "--parallel", "9",
		    "uptime" } },
		{ { "sshoal", "run", "--hosts-file=h", "-NP", "9", "uptime" } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const struct line *line = &lines[i];
		struct options options;
		sshoal_error error;
		assert_int_equal(sshoal__options_parse(&options, count_of(line),
						       line->words, &error),
				 0);
		assert_int_equal(options.command, CLI_COMMAND_RUN);
		assert_int_equal(options.selection.files.count, 1);
		assert_string_equal(options.selection.files.items[0], "h");
		assert_int_equal(options.fleet.parallel, 9);
		assert_int_equal(options.words.words.count, 1);
		assert_string_equal(options.words.words.items[0], "uptime");
		sshoal__options_fini(&options);
	}
}

static void nothing_after_two_dashes_is_an_option(void **state)
{
	(void)state;
	struct options options = parse(&(struct line){
		{ "sshoal", "run", "-w", "a", "--", "df", "-h", "--", "-P" } });
	assert_int_equal(options.words.words.count, 4);
	assert_string_equal(options.words.words.items[1], "-h");
	assert_string_equal(options.words.words.items[3], "-P");
	assert_int_equal(options.fleet.parallel, 0);
	sshoal__options_fini(&options);
}

static void values_reach_their_members(void **state)
{
	(void)state;
	struct options options = parse(&(struct line){ { "sshoal",
							 "run",
							 "-w",
							 "a,b",
							 "-w",
							 "c",
							 "-i",
							 "k1",
							 "-i",
							 "k2",
							 "-l",
							 "root",
							 "-p22",
							 "-p",
							 "2222",
							 "-k",
							 "--host-key-policy",
							 "accept-new",
							 "--retries=3",
							 "-NSq",
							 "--quote",
							 "x" } });
	assert_int_equal(options.selection.expressions.count, 2);
	assert_string_equal(options.selection.expressions.items[0], "a,b");
	assert_string_equal(options.selection.expressions.items[1], "c");
	assert_int_equal(options.login.identities.count, 2);
	assert_string_equal(options.login.identities.items[1], "k2");
	assert_string_equal(options.login.user, "root");
	assert_int_equal(options.login.port, 2222);
	assert_int_equal(options.login.ask_pass, 1);
	assert_int_equal(options.login.host_key_policy,
			 SSHOAL_HOST_KEY_ACCEPT_NEW);
	assert_int_equal(options.fleet.retries, 3);
	assert_int_equal(options.display.no_label, 1);
	assert_int_equal(options.display.max_exit, 1);
	assert_int_equal(options.display.verbosity, -1);
	assert_int_equal(options.words.quote, 1);
	sshoal__options_fini(&options);
}

static void words_of_files_stand_anywhere(void **state)
{
	(void)state;
	struct options options = parse(&(struct line){
		{ "sshoal", "put", "one", "-r", "two", "-wa", "--mode=0640",
		  "--owner", "7:www", "--bwlimit", "1.5M", "--then", "x y",
		  "--", "-three", "four/" } });
	const sshoal_transfer_options *transfer = &options.files.transfer;
	static const char *const words[] = { "one", "two", "-three", "four/" };
	assert_int_equal(options.command, CLI_COMMAND_PUT);
	assert_int_equal(options.words.words.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(options.words.words.items[i], words[i]);
	assert_int_equal(transfer->recursive, 1);
	assert_int_equal(transfer->mode, 0640);
	assert_int_equal(transfer->has_mode, 1);
	assert_string_equal(transfer->owner, "7:www");
	assert_int_equal(transfer->bytes_per_second, 3 * 512 * 1024);
	assert_string_equal(options.files.then_command, "x y");
	sshoal__options_fini(&options);
}

static void a_limit_of_output_may_cut(void **state)
{
	(void)state;
	struct options options = parse(
		&(struct line){ { "sshoal", "run", "--max-output=2K,cut",
				  "--no-password-probe", "-wa", "--", "x" } });
	assert_int_equal(options.fleet.max_output_bytes, 2048);
	assert_int_equal(options.fleet.flags,
			 SSHOAL_FLEET_CUT_OUTPUT |
				 SSHOAL_FLEET_NO_PASSWORD_PROBE);
	sshoal__options_fini(&options);
	options = parse(
		&(struct line){ { "sshoal", "run", "--max-output", "1M,cut",
				  "--max-output", "3", "-wa", "--", "x" } });
	assert_int_equal(options.fleet.max_output_bytes, 3);
	assert_int_equal(options.fleet.flags, 0);
	sshoal__options_fini(&options);
}

static void a_scripts_words_are_its_own(void **state)
{
	(void)state;
	struct options options = parse(&(struct line){
		{ "sshoal", "script", "-wa", "--", "x.sh", "-v", "--", "b" } });
	assert_int_equal(options.words.words.count, 4);
	assert_string_equal(options.words.words.items[0], "x.sh");
	assert_string_equal(options.words.words.items[2], "--");
	sshoal__options_fini(&options);
	options = parse(&(struct line){
		{ "sshoal", "script", "-wa", "x.sh", "a", "b" } });
	assert_int_equal(options.words.words.count, 3);
	assert_string_equal(options.words.words.items[2], "b");
	sshoal__options_fini(&options);
}

static void times_of_zero_are_no_limit(void **state)
{
	(void)state;
	struct options options = parse(&(struct line){
		{ "sshoal", "run", "-u", "0", "--connect-timeout", "2m",
		  "--detach-grace=0", "-w", "a", "--", "x" } });
	assert_int_equal(options.fleet.timeout_ms, -1);
	assert_int_equal(options.fleet.detach_grace_ms, -1);
	assert_int_equal(options.login.connect_timeout_ms, 120000);
	assert_int_equal(options.login.login_timeout_ms, 0);
	sshoal__options_fini(&options);
}

static void the_last_of_quiet_and_verbose_counts(void **state)
{
	static const struct {
		const char *words[3];
		int level;
	} table[] = {
		{ { "-q", "-q", NULL }, -2 }, { { "-qqq", NULL, NULL }, -2 },
		{ { "-v", NULL, NULL }, 1 },  { { "-vvv", NULL, NULL }, 2 },
		{ { "-qq", "-v", NULL }, 1 }, { { "-vv", "-q", NULL }, -1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct options options = parse(&(struct line){
			{ "sshoal", "ping", "-wa", table[i].words[0],
			  table[i].words[1] } });
		assert_int_equal(options.display.verbosity, table[i].level);
		sshoal__options_fini(&options);
	}
}

static void the_last_output_counts(void **state)
{
	(void)state;
	struct options options = parse(&(struct line){
		{ "sshoal", "ping", "-wa", "--json", "--output", "none" } });
	assert_int_equal(options.display.output, OUTPUT_NONE);
	sshoal__options_fini(&options);
	options = parse(&(struct line){
		{ "sshoal", "ping", "-wa", "--output=lines", "--json" } });
	assert_int_equal(options.display.output, OUTPUT_JSON);
	sshoal__options_fini(&options);
}

static void help_is_help_everywhere(void **state)
{
	static const struct {
		struct line line;
		int topic;
	} table[] = {
		{ { { "sshoal" } }, CLI_COMMAND_NONE },
		{ { { "sshoal", "-h" } }, CLI_COMMAND_NONE },
		{ { { "sshoal", "--help", "run" } }, CLI_COMMAND_NONE },
		{ { { "sshoal", "run", "-h" } }, CLI_COMMAND_RUN },
		{ { { "sshoal", "ping", "-qh", "junk" } }, CLI_COMMAND_PING },
		{ { { "sshoal", "help", "hosts" } }, CLI_COMMAND_HOSTS },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct options options = parse(&table[i].line);
		assert_true(options.command == CLI_COMMAND_HELP ||
			    options.command == CLI_COMMAND_NONE);
		assert_int_equal(options.topic, table[i].topic);
		sshoal__options_fini(&options);
	}
}

/* A command line, and what is said of it. */
struct wrong {
	struct line line;
	const char *text;
};

static void assert_refused(const struct wrong *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct line *line = &table[i].line;
		struct options options;
		sshoal_error error = { .code = 0 };
		if (sshoal__options_parse(&options, count_of(line), line->words,
					  &error) != SSHOAL_EINVAL)
			fail_msg("case %zu was taken", i);
		if (!strstr(error.text, table[i].text))
			fail_msg("\"%s\" does not say \"%s\"", error.text,
				 table[i].text);
	}
}

static void what_is_wrong_is_told_with_the_way_out(void **state)
{
	static const struct wrong table[] = {
		{ { { "sshoal", "uptime" } }, "sshoal run -f FILE -- uptime" },
		{ { { "sshoal", "ru" } }, "unknown command" },
		{ { { "sshoal", "--", "run" } }, "comes before" },
		{ { { "sshoal", "ping", "--", "x" } }, "takes no command" },
		{ { { "sshoal", "ping", "x" } }, "-w or -f" },
		{ { { "sshoal", "hosts", "x" } }, "-w or -f" },
		{ { { "sshoal", "run", "-wa" } }, "after --" },
		{ { { "sshoal", "run", "-wa", "--" } }, "after --" },
		{ { { "sshoal", "run", "df", "-h" } }, "-- df -h" },
		{ { { "sshoal", "run", "uptime", "-f", "h" } }, "write" },
		{ { { "sshoal", "run", "--par", "3" } }, "not abbreviated" },
		{ { { "sshoal", "run", "--exclude", "" } },
		  "--exclude \"\": empty" },
		{ { { "sshoal", "run", "--shard", "0/3" } }, "write K/N" },
		{ { { "sshoal", "run", "--shard", "4/3" } }, "write K/N" },
		{ { { "sshoal", "run", "--shard", "1/3x" } }, "write K/N" },
		{ { { "sshoal", "run", "--pick", "0" } }, "1 to 10000000" },
		{ { { "sshoal", "hosts", "--fold", "--json", "-wa" } },
		  "exclude each other" },
		{ { { "sshoal", "hosts", "--dry-run", "-wa" } },
		  "--dry-run: not an option of hosts" },
		{ { { "sshoal", "run", "-w-", "-f-", "x" } }, "only once" },
		{ { { "sshoal", "run", "--excl" } }, "unknown option" },
		{ { { "sshoal", "run", "-Z" } }, "-Z: unknown option" },
		{ { { "sshoal", "run", "-T", "5" } }, "--connect-timeout" },
		{ { { "sshoal", "run", "-f", "32" } }, "-P 32" },
		{ { { "sshoal", "run", "-P", "2222" } }, "-p 2222" },
		{ { { "sshoal", "run", "-P", "99999999999999" } },
		  "--parallel" },
		{ { { "sshoal", "run", "-w", "^list" } }, "-f \"list\"" },
		{ { { "sshoal", "run", "-o", "dir" } }, "--output-dir" },
		{ { { "sshoal", "run", "-oA" } }, "takes Key=Value" },
		{ { { "sshoal", "run", "-F", "" } }, "write a file, or none" },
		{ { { "sshoal", "run", "-P", "0" } }, "1 to 100000" },
		{ { { "sshoal", "run", "-P", "0x9" } }, "in digits" },
		{ { { "sshoal", "run", "-P", "--", "x" } }, "-P: needs" },
		{ { { "sshoal", "run", "-P" } }, "-P: needs" },
		{ { { "sshoal", "run", "--quote=1" } }, "takes no value" },
		{ { { "sshoal", "run", "-w", "" } }, "empty" },
		{ { { "sshoal", "run", "--known-hosts=" } }, "empty" },
		{ { { "sshoal", "run", "--output", "xml" } },
		  "lines, host, group, failed, json or none" },
		{ { { "sshoal", "put", "--output", "group", "a", "b" } },
		  "for run and script" },
		{ { { "sshoal", "ping", "-b" } }, "not an option of ping" },
		{ { { "sshoal", "trust", "--output", "failed" } },
		  "no output of hosts" },
		{ { { "sshoal", "run", "--diff", "--json", "x" } },
		  "for --output group" },
		{ { { "sshoal", "run", "-bN", "x" } }, "-N: goes with" },
		{ { { "sshoal", "run", "--mask", "(", "x" } },
		  "extended regular expression" },
		{ { { "sshoal", "run", "--host-key-policy", "no" } },
		  "strict, accept-new or off" },
		{ { { "sshoal", "run", "-u", "5d", "x" } }, "a time" },
		{ { { "sshoal", "run", "-f-", "-f-", "x" } }, "only once" },
		{ { { "sshoal", "run", "--max-output", "1K,", "x" } },
		  "SIZE,cut" },
		{ { { "sshoal", "run", "--max-output", ",cut", "x" } },
		  "not a size" },
		{ { { "sshoal", "run", "--compress-logs", "x" } },
		  "needs --output-dir" },
		{ { { "sshoal", "ping", "-k", "--password-file", "x" } },
		  "exclude each other" },
		{ { { "sshoal", "ping", "--quote", "-wa" } },
		  "--quote: not an option of ping" },
		{ { { "sshoal", "--count", "run", "x" } },
		  "not an option of run" },
		{ { { "sshoal", "hosts", "-P3", "-wa" } },
		  "not an option of hosts" },
		{ { { "sshoal", "help", "me" } }, "unknown command" },
	};
	(void)state;
	assert_refused(table, sizeof table / sizeof *table);
}

static void what_is_wrong_with_files_is_told_likewise(void **state)
{
	static const struct wrong table[] = {
		{ { { "sshoal", "put", "-wa", "x" } }, "SRC... DEST" },
		{ { { "sshoal", "get", "-wa", "x" } }, "SRC... DIR" },
		{ { { "sshoal", "script", "-wa" } }, "which one" },
		{ { { "sshoal", "script", "x.sh", "-w", "a" } }, "-- x.sh -w" },
		{ { { "sshoal", "put", "--mode", "888", "x", "y" } },
		  "octal digits" },
		{ { { "sshoal", "put", "--mode=17777", "x", "y" } },
		  "octal digits" },
		{ { { "sshoal", "put", "--bwlimit", "1T", "x", "y" } },
		  "not a size" },
		{ { { "sshoal", "put", "--no-atomic", "--verify", "x", "y" } },
		  "--no-atomic" },
		{ { { "sshoal", "get", "--then", "x", "y", "z" } },
		  "--then: not an option of get" },
		{ { { "sshoal", "run", "-r", "--", "x" } },
		  "--recursive: not an option of run" },
		{ { { "sshoal", "ping", "--progress", "no" } },
		  "auto, always or never" },
		{ { { "sshoal", "--remove", "trust", "-wa" } },
		  "write it after the command" },
		{ { { "sshoal", "ping", "--check", "x", "-wa" } },
		  "--check: not an option of ping" },
		{ { { "sshoal", "run", "--serial", "0", "-wa", "y" } },
		  "such as 10 or 25%" },
		{ { { "sshoal", "run", "--serial", "101%", "-wa", "y" } },
		  "up to 100" },
		{ { { "sshoal", "run", "--max-fail", "x", "-wa", "y" } },
		  "from 0 on" },
		{ { { "sshoal", "run", "--pause", "1", "-wa", "y" } },
		  "--serial or --canary" },
		{ { { "sshoal", "run", "--check-timeout", "1", "-wa", "y" } },
		  "goes with --check" },
		{ { { "sshoal", "trust", "-wa", "--remove", "--yes" } },
		  "--remove: goes with none" },
		{ { { "sshoal", "trust", "-wa", "--check", "--hash" } },
		  "--check writes nothing" },
		{ { { "sshoal", "trust", "-wa", "-k" } },
		  "--ask-pass: not an option of trust" },
		{ { { "sshoal", "keygen", "--type", "dsa" } },
		  "rsa, ecdsa or ed25519" },
		{ { { "sshoal", "keygen", "--no-passphrase",
		      "--passphrase-file", "x" } },
		  "exclude each other" },
	};
	(void)state;
	assert_refused(table, sizeof table / sizeof *table);
}

static void a_letter_means_one_option(void **state)
{
	bool seen[256] = { false };
	(void)state;
	for (size_t i = 0; sshoal__option_at(i); i++) {
		const struct option_spec *spec = sshoal__option_at(i);
		assert_true(spec->name || spec->letter);
		assert_int_equal(sshoal__option_takes_value(spec),
				 spec->what != NULL);
		for (int command = CLI_COMMAND_RUN;
		     spec->name && command <= CLI_COMMAND_RERUN; command++)
			if (sshoal__option_is_of(spec, command))
				assert_ptr_equal(sshoal__option_by_name(
							 spec->name,
							 strlen(spec->name),
							 command),
						 spec);
		if (!spec->letter)
			continue;
		assert_false(seen[(unsigned char)spec->letter]);
		seen[(unsigned char)spec->letter] = true;
	}
}

static void every_option_is_in_the_help_of_its_commands(void **state)
{
	(void)state;
	for (int command = CLI_COMMAND_RUN; command <= CLI_COMMAND_RERUN;
	     command++) {
		if (command > CLI_COMMAND_PING && command < CLI_COMMAND_TRUST)
			continue;
		struct capture *capture = capture_new();
		assert_int_equal(sshoal__cli_help(&capture->console, command),
				 0);
		char *help = capture_take(capture, SSHOAL_STDOUT, NULL);
		for (size_t i = 0; sshoal__option_at(i); i++) {
			const struct option_spec *spec = sshoal__option_at(i);
			char name[64] = { '-', spec->letter };
			if (spec->name)
				(void)snprintf(name, sizeof name, "--%s",
					       spec->name);
			if (spec->kind == OPTION_VERSION ||
			    !(spec->commands >> command & 1))
				continue;
			if (!strstr(help, name))
				fail_msg("%s is not in the help", name);
		}
		free(help);
		capture_free(capture);
	}
}

static void the_overview_is_15_lines(void **state)
{
	struct capture *capture = capture_new();
	int lines = 0;
	(void)state;
	assert_int_equal(sshoal__cli_help(&capture->console, CLI_COMMAND_NONE),
			 0);
	char *help = capture_take(capture, SSHOAL_STDOUT, NULL);
	for (const char *p = strchr(help, '\n'); p; p = strchr(p + 1, '\n'))
		lines++;
	assert_int_equal(lines, 15);
	free(help);
	capture_free(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_and_after_the_command),
		cmocka_unit_test(nothing_after_two_dashes_is_an_option),
		cmocka_unit_test(values_reach_their_members),
		cmocka_unit_test(words_of_files_stand_anywhere),
		cmocka_unit_test(a_limit_of_output_may_cut),
		cmocka_unit_test(a_scripts_words_are_its_own),
		cmocka_unit_test(times_of_zero_are_no_limit),
		cmocka_unit_test(the_last_of_quiet_and_verbose_counts),
		cmocka_unit_test(the_last_output_counts),
		cmocka_unit_test(help_is_help_everywhere),
		cmocka_unit_test(what_is_wrong_is_told_with_the_way_out),
		cmocka_unit_test(what_is_wrong_with_files_is_told_likewise),
		cmocka_unit_test(a_letter_means_one_option),
		cmocka_unit_test(every_option_is_in_the_help_of_its_commands),
		cmocka_unit_test(the_overview_is_15_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
