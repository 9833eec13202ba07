/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ssh/client_rig.h"

/* Several commands at once on one client, shells and subsystems. */

#define MOST 8

static void eight_run_at_once_and_no_more(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *commands[MOST], *ninth = NULL;
	sshoal_error error;
	for (int i = 0; i < MOST; i++) {
		char line[64];
		(void)snprintf(line, sizeof line,
			       "echo up; sleep 1; cat; echo down %d; exit %d",
			       i, i);
		commands[i] = started(client, line, NULL);
	}
	assert_int_equal(
		sshoal_command_start(&ninth, client, "true", NULL, &error),
		SSHOAL_EFULL);
	assert_int_equal(error.code, SSHOAL_EFULL);
	assert_null(ninth);
	sshoal_output output;
	assert_int_equal(sshoal_client_run(client, "true", NULL, &output, NULL),
			 SSHOAL_EFULL);
	sshoal_output_fini(&output);
	/* All of them are up before the first ends. */
	for (int i = MOST - 1; i >= 0; i--)
		await_text(commands[i], "up\n");
	for (int i = MOST - 1; i >= 0; i--) {
		char words[32];
		(void)snprintf(words, sizeof words, "x%d\ndown %d\n", i, i);
		write_bytes(commands[i], words,
			    (size_t)(strchr(words, '\n') - words + 1));
		assert_int_equal(sshoal_command_close_stdin(commands[i]), 0);
		await_text(commands[i], words);
		await_status(commands[i], i);
	}
	/* Those that ended have left their places. */
	assert_fine(client);
	for (int i = 0; i < MOST; i++)
		sshoal_command_free(commands[i]);
	assert_fine(client);
	sshoal_client_close(client);
}

static void max_channels_is_the_callers(void **state)
{
	sshoal_client_options options = site_options(*state, "127.0.0.1");
	options.max_channels = 2;
	sshoal_client *client = client_of(&options);
	sshoal_command *commands[3] = { started(client, "cat", NULL),
					started(client, "cat", NULL), NULL };
	assert_int_equal(
		sshoal_command_start(&commands[2], client, "cat", NULL, NULL),
		SSHOAL_EFULL);
	sshoal_command_free(commands[0]);
	sshoal_command_free(commands[1]);
	sshoal_client_close(client);
}

/* Places come back once the server has closed them, too. */
static sshoal_command *start_when_there_is_room(sshoal_client *client,
						const char *line)
{
	sshoal_command *command = NULL;
	sshoal_error error = { .code = 0 };
	int rc = SSHOAL_EFULL;
	while (rc == SSHOAL_EFULL) {
		rc = sshoal_command_start(&command, client, line, NULL, &error);
		if (rc == SSHOAL_EFULL)
			assert_int_equal(sshoal_client_pump(client, LONG_MS),
					 0);
	}
	assert_code(rc, 0, line, error.text);
	return command;
}

static void places_of_freed_commands_come_back(void **state)
{
	sshoal_client *client = client_at(*state);
	static const char *const lines[] = { "cat", "yes", "sleep 1", "true" };
	for (unsigned i = 0; i < 60; i++) {
		sshoal_command *command =
			start_when_there_is_room(client, lines[i % 4]);
		char byte;
		if (i % 8 == 1)
			assert_int_equal(sshoal_command_read(command,
							     SSHOAL_STDOUT,
							     &byte, 1, LONG_MS),
					 1);
		sshoal_command_free(command);
	}
	sshoal_command *last = start_when_there_is_room(client, "echo x");
	await_text(last, "x\n");
	await_status(last, 0);
	sshoal_command_free(last);
	sshoal_client_close(client);
}

/* OpenSSH closes a channel once its program has let go of the output. */
static void a_wait_for_a_place_has_the_commands_limit(void **state)
{
	sshoal_client_options client_options =
		site_options(*state, "127.0.0.1");
	client_options.max_channels = 2;
	sshoal_client *client = client_of(&client_options);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_command *none = NULL;
	for (int i = 0; i < 2; i++)
		sshoal_command_free(started(client, "sleep 600", NULL));
	options.timeout_ms = 500;
	int64_t from_ms = now_ms();
	sshoal_error error = { .code = 0 };
	int rc = sshoal_command_start(&none, client, "true", &options, &error);
	assert_code(rc, SSHOAL_ETIMEOUT, "start", error.text);
	assert_true(now_ms() - from_ms < 50000);
	assert_null(none);
	/* Nothing was asked of the server: the client is not lost. */
	assert_int_not_equal(sshoal_client_pump(client, 0), SSHOAL_ELOST);
	sshoal_client_close(client);
}

/* --- whose turn it is --- */

static void ends_are_told_once(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *commands[4], *which = NULL;
	size_t told[4] = { 0 }, came[4] = { 0 };
	assert_int_equal(sshoal_client_next(client, &which, LONG_MS),
			 SSHOAL_ENOENT);
	for (unsigned i = 0; i < 4; i++) {
		char line[64];
		(void)snprintf(line, sizeof line,
			       "head -c %u /dev/zero; exit %u", i * 100000, i);
		commands[i] = started(client, line, NULL);
	}
	int rc = sshoal_client_next(client, &which, LONG_MS);
	for (; rc == 0; rc = sshoal_client_next(client, &which, LONG_MS)) {
		static char bytes[32768];
		size_t i = 0;
		while (i < 4 && commands[i] != which)
			i++;
		assert_in_range(i, 0, 3);
		int stream;
		int64_t n = sshoal_command_read_any(which, &stream, bytes,
						    sizeof bytes, 0);
		assert_true(n >= 0);
		came[i] += (size_t)n;
		told[i] += n == 0;
	}
	assert_int_equal(rc, SSHOAL_ENOENT);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(came[i], i * 100000);
		assert_int_equal(told[i], 1);
		await_status(commands[i], i);
		sshoal_command_free(commands[i]);
	}
	assert_int_equal(sshoal_client_next(client, &which, 0), SSHOAL_ENOENT);
	sshoal_client_close(client);
}

static void commands_take_turns(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *commands[3], *which = NULL;
	for (int i = 0; i < 3; i++)
		commands[i] = started(client, "yes", NULL);
	/* Each has something to be read: then none is left out. */
	for (int i = 0; i < 3; i++)
		await_text(commands[i], "y\n");
	size_t turns[3] = { 0 };
	for (int k = 0; k < 300; k++) {
		char byte;
		int stream;
		assert_int_equal(sshoal_client_next(client, &which, LONG_MS),
				 0);
		for (size_t i = 0; i < 3; i++)
			turns[i] += commands[i] == which;
		assert_int_equal(
			sshoal_command_read_any(which, &stream, &byte, 1, 0),
			1);
	}
	for (int i = 0; i < 3; i++) {
		assert_in_range(turns[i], 90, 110);
		sshoal_command_free(commands[i]);
	}
	/* Nothing comes of one that waits. */
	sshoal_command *cat = start_when_there_is_room(client, "cat");
	assert_int_equal(sshoal_client_next(client, &which, 10),
			 SSHOAL_ETIMEOUT);
	write_text(cat, "x");
	assert_int_equal(sshoal_client_next(client, &which, LONG_MS), 0);
	assert_ptr_equal(which, cat);
	sshoal_command_free(cat);
	assert_int_equal(sshoal_client_next(client, &which, 0), SSHOAL_ENOENT);
	sshoal_client_close(client);
}

/* --- shells and subsystems --- */

static void await_in_output(sshoal_command *command, const char *words)
{
	static char seen[65536];
	size_t n = 0;
	while (n < sizeof seen - 1) {
		int64_t got =
			sshoal_command_read(command, SSHOAL_STDOUT, seen + n,
					    sizeof seen - 1 - n, LONG_MS);
		if (got <= 0)
			fail_msg("no \"%s\": %s", words, seen);
		n += (size_t)got;
		seen[n] = 0;
		if (strstr(seen, words))
			return;
	}
	fail_msg("too much and no \"%s\"", words);
}

static void a_shell_has_a_terminal_that_can_be_resized(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_command *shell = NULL;
	options.columns = 91;
	options.rows = 31;
	options.term = "dumb";
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_shell_open(&shell, client, &options, &error), 0,
		    "shell", error.text);
	/* One line, for between two of them a shell that edits lines reads the
	 * terminal's size and sets it to what it read: a change between these
	 * gets lost. */
	write_text(shell, "stty size; read x; stty size; "
			  "echo a$((20+3))z $TERM; exit 5\n");
	await_in_output(shell, "31 91");
	assert_int_equal(sshoal_command_resize(shell, 121, 41), 0);
	write_text(shell, "\n");
	await_in_output(shell, "41 121\r\na23z dumb");
	await_status(shell, 5);
	sshoal_command_free(shell);
	sshoal_client_close(client);
}

static void a_subsystem_talks(void **state)
{
	static const unsigned char init[] = { 0, 0, 0, 5, 1, 0, 0, 0, 3 };
	(void)state;
	struct site site;
	const struct sshd_plan plan = {
		.more = "Subsystem sftp internal-sftp\n"
	};
	assert_int_equal(site_start(&site, &plan), 0);
	sshoal_client *client = client_at(&site);
	sshoal_command *sftp = NULL, *none = NULL;
	unsigned char answer[9];
	assert_int_equal(
		sshoal_subsystem_open(&sftp, client, "sftp", NULL, NULL), 0);
	write_bytes(sftp, init, sizeof init);
	assert_int_equal(read_bytes(sftp, SSHOAL_STDOUT, answer, 9), 9);
	assert_int_equal(answer[4], 2);
	assert_int_equal(answer[8], 3);
	assert_int_equal(sshoal_subsystem_open(&none, client, "no-such-thing",
					       NULL, NULL),
			 SSHOAL_ECHANNEL);
	assert_null(none);
	assert_int_equal(sshoal_command_close_stdin(sftp), 0);
	sshoal_outcome outcome;
	int rc = sshoal_command_wait(sftp, &outcome, LONG_MS);
	assert_true(rc == 0 || rc == SSHOAL_ENOSTATUS);
	sshoal_command_free(sftp);
	assert_fine(client);
	sshoal_client_close(client);
	site_stop(&site);
}

/* --- after the client --- */

static void what_outlives_its_client_is_closed(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *commands[4];
	for (int i = 0; i < 4; i++)
		commands[i] = started(client, "cat", NULL);
	sshoal_command *over = started(client, "exit 3", NULL);
	await_status(over, 3);
	sshoal_client_close(client);
	static const int order[] = { 2, 0, 3, 1 };
	for (int i = 0; i < 4; i++) {
		sshoal_command *command = commands[order[i]];
		char byte;
		int stream;
		sshoal_outcome outcome;
		assert_int_equal(sshoal_command_read(command, SSHOAL_STDOUT,
						     &byte, 1, -1),
				 SSHOAL_ECLOSED);
		assert_int_equal(
			sshoal_command_read_any(command, &stream, &byte, 1, -1),
			SSHOAL_ECLOSED);
		assert_int_equal(sshoal_command_write(command, "x", 1, -1),
				 SSHOAL_ECLOSED);
		assert_int_equal(sshoal_command_wait(command, &outcome, -1),
				 SSHOAL_ECLOSED);
		assert_int_equal(sshoal_command_close_stdin(command),
				 SSHOAL_ECLOSED);
		assert_true(sshoal_command_resize(command, 9, 9) < 0);
		(void)sshoal_command_is_over(command);
		assert_true(sshoal_command_error_text(command)[0] != 0);
		sshoal_command_free(command);
	}
	sshoal_command_free(over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_run_at_once_and_no_more),
		cmocka_unit_test(max_channels_is_the_callers),
		cmocka_unit_test(places_of_freed_commands_come_back),
		cmocka_unit_test(a_wait_for_a_place_has_the_commands_limit),
		cmocka_unit_test(ends_are_told_once),
		cmocka_unit_test(commands_take_turns),
		cmocka_unit_test(a_shell_has_a_terminal_that_can_be_resized),
		cmocka_unit_test(a_subsystem_talks),
		cmocka_unit_test(what_outlives_its_client_is_closed),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
