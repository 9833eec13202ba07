/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/command.h>

#include "servers/site.h"

/* What sshoal_command_end() does to commands on a real server. */

#define LONG_MS 60000

static sshoal_client *open_client(const struct site *site)
{
	const sshoal_client_options options = site_options(site, "127.0.0.1");
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_client_open(&client, &options, &error))
		fail_msg("%s", error.text);
	return client;
}

static sshoal_command *start(sshoal_client *client, const char *line)
{
	sshoal_command *command = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_command_start(&command, client, line, NULL, &error))
		fail_msg("%s: %s", line, error.text);
	return command;
}

/* Reads until the command has said so much. */
static void await_words(sshoal_command *command, const char *words)
{
	char seen[64] = "";
	size_t n = 0;
	while (n < strlen(words)) {
		int64_t got =
			sshoal_command_read(command, SSHOAL_STDOUT, seen + n,
					    sizeof seen - n, LONG_MS);
		assert_true(got > 0);
		n += (size_t)got;
	}
	assert_memory_equal(seen, words, strlen(words));
}

static void signals_reach_whatever_runs(void **state)
{
	static const struct {
		const char *line;
		const char *signal;
	} cases[] = {
		{ "echo up; sleep 601", "TERM" },
		{ "echo up; sleep 601; echo went on", "TERM" },
		{ "echo up; sh -c 'sleep 601 | cat'", "TERM" },
		{ "trap '' TERM; echo up; sleep 601; sleep 601", "KILL" },
	};
	sshoal_client *client = open_client(*state);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_command *command = start(client, cases[i].line);
		await_words(command, "up\n");
		int how = 0;
		assert_int_equal(sshoal_command_end(command, 1500, &how), 0);
		assert_int_equal(how, SSHOAL_END_KILLED);
		sshoal_outcome outcome;
		assert_int_equal(
			sshoal_command_wait(command, &outcome, LONG_MS), 0);
		assert_string_equal(outcome.exit_signal, cases[i].signal);
		assert_int_equal(outcome.exit_status, -1);
		sshoal_command_free(command);
	}
	/* The connection is none the worse for it. */
	sshoal_output output;
	assert_int_equal(
		sshoal_client_run(client, "echo fine", NULL, &output, NULL), 0);
	assert_string_equal(output.stdout_data, "fine\n");
	sshoal_output_fini(&output);
	sshoal_client_close(client);
}

static void one_that_has_ended_is_left_alone(void **state)
{
	sshoal_client *client = open_client(*state);
	sshoal_command *command = start(client, "exit 3");
	sshoal_outcome outcome;
	assert_int_equal(sshoal_command_wait(command, &outcome, LONG_MS), 0);
	int how = 0;
	assert_int_equal(sshoal_command_end(command, 1000, &how), 0);
	assert_int_equal(how, SSHOAL_END_KILLED);
	assert_int_equal(sshoal_command_wait(command, &outcome, 0), 0);
	assert_int_equal(outcome.exit_status, 3);
	sshoal_command_free(command);
	sshoal_client_close(client);
}

static void no_other_command_is_hit(void **state)
{
	sshoal_client *client = open_client(*state);
	sshoal_command *other = start(client, "echo up; cat; exit 5");
	sshoal_command *command = start(client, "echo up; sleep 601");
	await_words(other, "up\n");
	await_words(command, "up\n");
	int how = 0;
	assert_int_equal(sshoal_command_end(command, 0, &how), 0);
	/* Only libssh2 1.11 can have a server end it, and only some do. */
	assert_in_range(how, SSHOAL_END_KILLED, SSHOAL_END_UNKNOWN);
	assert_false(sshoal_command_is_over(other));
	assert_int_equal(sshoal_command_close_stdin(other), 0);
	sshoal_outcome outcome;
	assert_int_equal(sshoal_command_wait(other, &outcome, LONG_MS), 0);
	assert_int_equal(outcome.exit_status, 5);
	sshoal_command_free(other);
	if (how != SSHOAL_END_KILLED) {
		/* Now it is the only one. */
		assert_int_equal(sshoal_command_end(command, 0, &how), 0);
		assert_int_equal(how, SSHOAL_END_KILLED);
	}
	sshoal_command_free(command);
	sshoal_client_close(client);
}

static void nonsense_is_refused(void **state)
{
	sshoal_client *client = open_client(*state);
	sshoal_command *command = start(client, "cat");
	assert_int_equal(sshoal_command_end(NULL, 0, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_end(command, -1, NULL), SSHOAL_EINVAL);
	sshoal_client_close(client);
	int how = 0;
	assert_int_equal(sshoal_command_end(command, 1000, &how),
			 SSHOAL_ECLOSED);
	assert_int_equal(how, SSHOAL_END_UNKNOWN);
	sshoal_command_free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_reach_whatever_runs),
		cmocka_unit_test(one_that_has_ended_is_left_alone),
		cmocka_unit_test(no_other_command_is_hit),
		cmocka_unit_test(nonsense_is_refused),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
