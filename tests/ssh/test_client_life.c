/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ssh/client_rig.h"

/* Clients that live long, servers that die, and many threads. */

#define THREADS 100
#define COMMANDS 1000

/* The process of the server that serves a client. */
static pid_t server_of(sshoal_client *client)
{
	sshoal_output output;
	assert_int_equal(
		sshoal_client_run(client, "echo $PPID", NULL, &output, NULL),
		0);
	pid_t pid = (pid_t)strtol(output.stdout_data, NULL, 10);
	assert_true(pid > 1);
	sshoal_output_fini(&output);
	return pid;
}

static void a_server_that_is_stopped_is_declared_dead(void **state)
{
	sshoal_client_options options = site_options(*state, "127.0.0.1");
	options.keepalive_interval_ms = 2000;
	options.keepalive_count = 2;
	sshoal_client *client = client_of(&options);
	sshoal_command *command = started(client, "echo up; cat", NULL);
	await_text(command, "up\n");
	pid_t server = server_of(client);
	assert_int_equal(kill(server, SIGSTOP), 0);
	int rc = 0;
	int64_t from_ms = now_ms();
	while (rc == 0 || rc == SSHOAL_ETIMEOUT)
		rc = sshoal_client_pump(client, 100);
	int64_t took_ms = now_ms() - from_ms;
	assert_code(rc, SSHOAL_ELOST, "pump", sshoal_client_error_text(client));
	assert_true(sshoal_client_error_text(client)[0] != 0);
	/* Two that were not answered, each after its interval. */
	assert_true(took_ms >= 3000);
	char byte;
	assert_int_equal(
		sshoal_command_read(command, SSHOAL_STDOUT, &byte, 1, -1),
		SSHOAL_ELOST);
	assert_int_equal(sshoal_client_pump(client, -1), SSHOAL_ELOST);
	(void)kill(server, SIGKILL);
	sshoal_command_free(command);
	sshoal_client_close(client);
}

static void a_silent_but_living_server_is_not(void **state)
{
	sshoal_client_options options = site_options(*state, "127.0.0.1");
	options.keepalive_interval_ms = 2000;
	options.keepalive_count = 1;
	sshoal_client *client = client_of(&options);
	/* Longer than it would take to declare it dead. */
	int64_t until_ms = now_ms() + 5000;
	while (now_ms() < until_ms) {
		int rc = sshoal_client_pump(client, 500);
		if (rc != SSHOAL_ETIMEOUT)
			assert_code(rc, 0, "pump",
				    sshoal_client_error_text(client));
	}
	assert_fine(client);
	sshoal_client_close(client);
}

/* The server asks every second, and gives up after some without an answer. */
static void an_idle_client_that_is_pumped_answers(void **state)
{
	(void)state;
	struct site site;
	const struct sshd_plan plan = { .log_level = "DEBUG1",
					.more = "ClientAliveInterval 1\n"
						"ClientAliveCountMax 3\n" };
	assert_int_equal(site_start(&site, &plan), 0);
	sshoal_client *client = client_at(&site);
	while (process_count(site.sshd.process, "for keepalive") < 5) {
		int rc = sshoal_client_pump(client, 100);
		if (rc != SSHOAL_ETIMEOUT)
			assert_code(rc, 0, "pump",
				    sshoal_client_error_text(client));
	}
	/* The server says on the standard error what it does. */
	(void)server_of(client);
	sshoal_client_close(client);
	site_stop(&site);
}

static void a_killed_server_is_lost_after_what_came(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *commands[3], *late = NULL;
	for (int i = 0; i < 3; i++)
		commands[i] =
			started(client, "echo one; echo two >&2; cat", NULL);
	pid_t server = server_of(client);
	for (int i = 0; i < 3; i++)
		await_text(commands[i], "one\n");
	/* A byte that comes back shows that all before it is here. */
	for (int i = 0; i < 3; i++) {
		char byte;
		assert_int_equal(
			read_bytes(commands[i], SSHOAL_STDERR, &byte, 1), 1);
		write_text(commands[i], "x");
		await_text(commands[i], "x");
	}
	assert_int_equal(kill(server, SIGKILL), 0);
	int rc = 0;
	while (rc == 0)
		rc = sshoal_client_pump(client, LONG_MS);
	assert_code(rc, SSHOAL_ELOST, "pump", sshoal_client_error_text(client));
	for (int i = 0; i < 3; i++) {
		char rest[8] = "";
		int stream = 0;
		sshoal_outcome outcome;
		assert_true(sshoal_command_is_over(commands[i]));
		assert_int_equal(sshoal_command_read_any(commands[i], &stream,
							 rest, sizeof rest, -1),
				 3);
		assert_int_equal(stream, SSHOAL_STDERR);
		assert_string_equal(rest, "wo\n");
		assert_int_equal(sshoal_command_read_any(commands[i], &stream,
							 rest, sizeof rest, -1),
				 SSHOAL_ELOST);
		assert_int_equal(sshoal_command_write(commands[i], "x", 1, -1),
				 SSHOAL_ELOST);
		assert_int_equal(sshoal_command_wait(commands[i], &outcome, -1),
				 SSHOAL_ELOST);
		assert_int_equal(outcome.exit_status, -1);
		assert_true(sshoal_command_error_text(commands[i])[0] != 0);
	}
	assert_int_equal(sshoal_command_start(&late, client, "x", NULL, NULL),
			 SSHOAL_ELOST);
	sshoal_client_close(client);
	for (int i = 0; i < 3; i++)
		sshoal_command_free(commands[i]);
}

/* Bytes and the end of the connection come together. */
static void whichever_came_is_read_before_the_loss(void **state)
{
	struct peers peers;
	assert_int_equal(peers_start(&peers, *state), 0);
	const sshoal_client_options options =
		evil_options(&peers, *state, "cut");
	for (int round = 0; round < 20; round++) {
		sshoal_client *client = client_of(&options);
		sshoal_command *command = started(client, "x", NULL);
		char bytes[4096];
		int64_t came = 0, n = 1;
		while (n > 0) {
			int stream = SSHOAL_STDERR;
			n = sshoal_command_read_any(command, &stream, bytes,
						    sizeof bytes, LONG_MS);
			came += n > 0 ? n : 0;
			assert_true(n < 0 || stream == SSHOAL_STDOUT);
		}
		assert_int_equal(n, SSHOAL_ELOST);
		assert_int_equal(came, 1000);
		sshoal_command_free(command);
		sshoal_client_close(client);
	}
	peers_stop(&peers);
}

/* --- many --- */

static void a_thousand_commands_take_no_more_memory(void **state)
{
	sshoal_client *client = client_at(*state);
	long before = -1;
	size_t fds = 0;
	for (int i = 0; i < COMMANDS; i++) {
		char line[64], words[16];
		sshoal_output output;
		if (i == COMMANDS / 5) {
			before = memory_kib("VmRSS:");
			fds = count_fds();
		}
		(void)snprintf(line, sizeof line, "echo %d; exit %d", i,
			       i % 256);
		(void)snprintf(words, sizeof words, "%d\n", i);
		assert_int_equal(
			sshoal_client_run(client, line, NULL, &output, NULL),
			0);
		assert_string_equal(output.stdout_data, words);
		assert_int_equal(output.exit_status, i % 256);
		sshoal_output_fini(&output);
	}
	long after = memory_kib("VmRSS:");
	assert_int_equal(count_fds(), fds);
#ifndef SSHOAL_SANITIZE
	if (after - before > 512)
		fail_msg("%ld KiB of memory, then %ld KiB", before, after);
#else
	(void)before, (void)after;
#endif
	sshoal_client_close(client);
}

struct worker {
	const struct site *site;
	pthread_t thread;
	unsigned number;
	int rc;
	char text[sizeof(sshoal_error)];
};

static void *work(void *argument)
{
	struct worker *worker = argument;
	sshoal_client_options options = site_options(worker->site, "127.0.0.1");
	sshoal_client *client = NULL;
	sshoal_error error = { .text = "" };
	char host[32], line[32];
	(void)snprintf(host, sizeof host, "127.0.2.%u", worker->number + 1);
	(void)snprintf(line, sizeof line, "echo %u", worker->number);
	options.host = host;
	worker->rc = sshoal_client_open(&client, &options, &error);
	for (int i = 0; i < 3 && worker->rc == 0; i++) {
		sshoal_output output;
		worker->rc =
			sshoal_client_run(client, line, NULL, &output, &error);
		if (worker->rc == 0 &&
		    strtoul(output.stdout_data, NULL, 10) != worker->number)
			worker->rc = 1;
		sshoal_output_fini(&output);
	}
	(void)snprintf(worker->text, sizeof worker->text, "%s", error.text);
	sshoal_client_close(client);
	return NULL;
}

static void a_hundred_clients_in_a_hundred_threads(void **state)
{
	static struct worker workers[THREADS];
	size_t fds = count_fds();
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .site = *state, .number = i };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]),
				 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_code(workers[i].rc, 0, "worker", workers[i].text);
	assert_int_equal(count_fds(), fds);
}

/* --- two threads on one client --- */

struct intruder {
	sshoal_client *client;
	sshoal_cancel *cancel;
	atomic_bool refused;
};

/* Calls until it is told that another thread is in a call. */
static void *intrude(void *argument)
{
	struct intruder *intruder = argument;
	int rc = 0;
	while (rc != SSHOAL_EINVAL)
		rc = sshoal_client_pump(intruder->client, 0);
	intruder->refused = true;
	(void)sshoal_cancel_trigger(intruder->cancel, SSHOAL_CANCEL_END);
	return NULL;
}

static void two_threads_on_one_client_get_a_code(void **state)
{
	struct intruder intruder = { .client = NULL };
	pthread_t thread;
	sshoal_client_options options = site_options(*state, "127.0.0.1");
	assert_int_equal(sshoal_cancel_new(&intruder.cancel), 0);
	options.cancel = intruder.cancel;
	intruder.client = client_of(&options);
	sshoal_command *command = started(intruder.client, "cat", NULL);
	assert_int_equal(pthread_create(&thread, NULL, intrude, &intruder), 0);
	int64_t rc = SSHOAL_EINVAL;
	char byte;
	/* It is refused itself as long as the other is in its call. */
	while (rc == SSHOAL_EINVAL)
		rc = sshoal_command_read(command, SSHOAL_STDOUT, &byte, 1, -1);
	assert_int_equal(rc, SSHOAL_ECANCELLED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(intruder.refused);
	sshoal_command_free(command);
	sshoal_client_close(intruder.client);
	sshoal_cancel_free(intruder.cancel);
}

static void *run_one(void *argument)
{
	sshoal_output output;
	int rc = sshoal_client_run(argument, "echo x", NULL, &output, NULL);
	sshoal_output_fini(&output);
	return rc ? argument : NULL;
}

static void a_client_changes_threads_between_calls(void **state)
{
	sshoal_client *client = client_at(*state);
	for (int i = 0; i < 5; i++) {
		pthread_t thread;
		void *failed = NULL;
		assert_int_equal(pthread_create(&thread, NULL, run_one, client),
				 0);
		assert_int_equal(pthread_join(thread, &failed), 0);
		assert_null(failed);
	}
	sshoal_client_close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_is_stopped_is_declared_dead),
		cmocka_unit_test(a_silent_but_living_server_is_not),
		cmocka_unit_test(an_idle_client_that_is_pumped_answers),
		cmocka_unit_test(a_killed_server_is_lost_after_what_came),
		cmocka_unit_test(whichever_came_is_read_before_the_loss),
		cmocka_unit_test(a_thousand_commands_take_no_more_memory),
		cmocka_unit_test(a_hundred_clients_in_a_hundred_threads),
		cmocka_unit_test(two_threads_on_one_client_get_a_code),
		cmocka_unit_test(a_client_changes_threads_between_calls),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
