/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers/evil_table.h"
#include "servers/keypair.h"
#include "servers/process.h"
#include "servers/raw_table.h"
#include "servers/scratch.h"
#include "ssh/observed.h"

/* Servers that are none, or misbehave: each ends its host with the status it
 * deserves, all at a time and within the limits. */

/* The limit of what is to reach it, and that of all else, which nothing does
 * however busy the machine. */
#define LIMIT_MS 6000
#define LONG_MS 120000

/* How many misbehave at a time before their login is done. */
#define LOGINS 4

/* The most behaviours of one kind. */
#define EVIL_MAX 64

struct strange {
	struct scratch *scratch;
	struct process *raw;
	struct process *evil;
	char host_key[SCRATCH_PATH_MAX];
	char known_hosts[SCRATCH_PATH_MAX];
	unsigned evil_port;
};

/* The number that follows a word in what a server said. */
static unsigned number_after(struct process *process, const char *word)
{
	char *log = process_log(process);
	char key[64];
	unsigned number = 0;
	(void)snprintf(key, sizeof key, "%s ", word);
	const char *line = log;
	while (line && strncmp(line, key, strlen(key)) != 0) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (line)
		(void)sscanf(line + strlen(key), "%u", &number);
	free(log);
	return number;
}

static int start_raw(struct strange *strange)
{
	const char *const command[] = { RAW_PROGRAM, NULL };
	const struct process_plan plan = { .command = command };
	if (process_start(&strange->raw, &plan))
		return -1;
	return process_wait(strange->raw, "ready\n", 1, 30000) ? 0 : -1;
}

static int start_evil(struct strange *strange)
{
	const struct keypair_plan ed25519 = { .type = "ed25519" };
	scratch_path(strange->host_key, strange->scratch, "host_key");
	scratch_path(strange->known_hosts, strange->scratch, "known_hosts");
	const char *const command[] = { EVIL_PROGRAM, strange->host_key, NULL };
	const struct process_plan plan = { .command = command };
	if (keypair_make(strange->host_key, &ed25519) ||
	    process_start(&strange->evil, &plan) ||
	    !process_wait(strange->evil, "port ", 1, 30000))
		return -1;
	strange->evil_port = number_after(strange->evil, "port");
	return keypair_publish(strange->host_key, strange->known_hosts,
			       "[127.0.0.1]:%u ", strange->evil_port);
}

static int setup(void **state)
{
	struct strange *strange = calloc(1, sizeof *strange);
	if (!strange || scratch_new(&strange->scratch))
		return -1;
	*state = strange;
	return start_raw(strange) || start_evil(strange) ? -1 : 0;
}

static int teardown(void **state)
{
	struct strange *strange = *state;
	process_stop(strange->evil);
	process_stop(strange->raw);
	scratch_free(strange->scratch);
	free(strange);
	return 0;
}

static sshoal_fleet_options limits(void)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.timeout_ms = LONG_MS;
	options.detach_grace_ms = 5000;
	options.retry_delay_ms = 10;
	options.logins_per_address = 100;
	/* They have one password, and all of them are to be met. */
	options.flags = SSHOAL_FLEET_NO_PASSWORD_PROBE;
	return options;
}

static sshoal_client_options at(const struct strange *strange, unsigned port,
				const char *user)
{
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = "127.0.0.1";
	options.port = port;
	options.user = user;
	options.password = EVIL_PASSWORD;
	options.known_hosts_file = strange->known_hosts;
	options.connect_timeout_ms = LONG_MS;
	options.login_timeout_ms = LONG_MS;
	return options;
}

/* So many were under way at a time, and the long limit ended none. */
static void assert_at_a_time(const struct observed *observed, size_t count)
{
	assert_in_range(observed->most_under_way, count, observed->count);
	for (size_t i = 0; i < observed->count; i++)
		if (observed->list[i].duration_ms >= LONG_MS)
			fail_msg("target %zu took %.0f ms", i,
				 observed->list[i].duration_ms);
}

static void what_is_no_ssh_server_is_told_apart(void **state)
{
	const struct strange *strange = *state;
	const sshoal_fleet_options options = limits();
	sshoal_fleet *fleet = fleet_of(&options);
	for (size_t i = 0; i < raw_behaviour_count; i++) {
		const struct raw_behaviour *raw = &raw_behaviours[i];
		sshoal_client_options client = at(
			strange, number_after(strange->raw, raw->name), "root");
		if (raw->statuses & 1u << SSHOAL_STATUS_CONNECT_TIMEOUT)
			client.connect_timeout_ms = LIMIT_MS;
		fleet_with(fleet, &client);
	}
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "true"), 0);
	for (size_t i = 0; i < raw_behaviour_count; i++) {
		const struct raw_behaviour *raw = &raw_behaviours[i];
		const struct seen *seen = &observed.list[i];
		if (raw->statuses & (1u << seen->status) &&
		    seen->phase == raw->phase && seen->ran == SSHOAL_RAN_NO &&
		    (seen->attempts > 1) == raw->asked_again)
			continue;
		print_error("%s:\n", raw->name);
		const struct expected expected = {
			.status = raw->statuses & 1u << SSHOAL_STATUS_PROTOCOL ?
					  SSHOAL_STATUS_PROTOCOL :
					  SSHOAL_STATUS_CONNECT_TIMEOUT,
			.phase = raw->phase,
			.ran = SSHOAL_RAN_NO,
			.exit = -1,
		};
		assert_seen(&observed, i, &expected);
		fail_msg("%s: %u attempts", raw->name, seen->attempts);
	}
	assert_at_a_time(&observed, raw_behaviour_count);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void assert_evil(const struct observed *observed, size_t index,
			const struct evil_behaviour *evil)
{
	const struct seen *seen = &observed->list[index];
	const struct expected expected = {
		.status = evil->status,
		.phase = evil->phase == SSHOAL_PHASE_CLOSE ? ANY_PHASE :
							     evil->phase,
		.ran = evil->ran,
		.exit = evil->exit,
	};
	if (seen->status != expected.status || seen->ran != expected.ran)
		print_error("%s:\n", evil->user);
	assert_seen(observed, index, &expected);
	assert_int_equal(seen->held, evil->held);
	assert_string_equal(seen->signal, evil->signal ? evil->signal : "");
	if (evil->stream == EVIL_STREAM_NONE &&
	    evil->exec == EVIL_ANSWER_ACCEPT) {
		assert_int_equal(seen->streams[0].bytes, evil->stdout_bytes);
		assert_int_equal(seen->streams[1].bytes, evil->stderr_bytes);
	}
}

/* Runs the behaviours of one kind: those that are to reach the command's limit,
 * or all others. */
static void run_evil(const struct strange *strange, bool reach_limit)
{
	const struct evil_behaviour *added[EVIL_MAX];
	size_t count = 0;
	sshoal_fleet_options options = limits();
	options.logins = LOGINS;
	if (reach_limit)
		options.timeout_ms = LIMIT_MS;
	sshoal_fleet *fleet = fleet_of(&options);
	for (size_t i = 0; i < evil_behaviour_count; i++) {
		const struct evil_behaviour *evil = &evil_behaviours[i];
		if ((evil->status == SSHOAL_STATUS_TIMEOUT) != reach_limit)
			continue;
		sshoal_client_options client =
			at(strange, strange->evil_port, evil->user);
		if (evil->status == SSHOAL_STATUS_CONNECT_TIMEOUT)
			client.login_timeout_ms = LIMIT_MS;
		fleet_with(fleet, &client);
		assert_true(count < EVIL_MAX);
		added[count++] = evil;
	}
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "true"), 0);
	for (size_t i = 0; i < count; i++)
		assert_evil(&observed, i, added[i]);
	assert_at_a_time(&observed, reach_limit ? count : LOGINS);
	/* The same name with many users: each label is its own. */
	for (size_t i = 1; i < count; i++)
		assert_string_not_equal(observed.list[i].host,
					observed.list[0].host);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void a_server_that_misbehaves_is_told_apart(void **state)
{
	run_evil(*state, false);
}

static void a_server_that_never_ends_is_ended_at_the_limit(void **state)
{
	run_evil(*state, true);
}

static void a_shown_prompt_gets_no_password(void **state)
{
	const struct strange *strange = *state;
	const sshoal_client_options client =
		at(strange, strange->evil_port, "prompt-shown");
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &client, "true");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_AUTH);
	assert_null(strstr(observed.list[0].text, EVIL_PASSWORD));
	assert_true(
		process_wait(strange->evil, "login prompt-shown\n", 1, 30000));
	assert_int_equal(process_count(strange->evil, "secret prompt-shown\n"),
			 0);
	observed_free(&observed);
}

static void an_unproven_host_gets_no_password(void **state)
{
	const struct strange *strange = *state;
	char empty[SCRATCH_PATH_MAX];
	scratch_path(empty, strange->scratch, "empty");
	assert_int_equal(scratch_write(empty, 0600, "%s", ""), 0);
	sshoal_client_options client =
		at(strange, strange->evil_port, "exit-0");
	client.known_hosts_file = empty;
	size_t logins = process_count(strange->evil, "login exit-0\n");
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &client, "true");
	static const struct expected expected = {
		SSHOAL_STATUS_HOST_KEY_UNKNOWN, SSHOAL_PHASE_KEX, SSHOAL_RAN_NO,
		-1, NULL
	};
	assert_seen(&observed, 0, &expected);
	observed_free(&observed);
	/* Then one that is proven: whatever the first did is in the log. */
	client.known_hosts_file = strange->known_hosts;
	observe_one(&observed, NULL, &client, "true");
	assert_seen_ok(&observed, 0, "");
	observed_free(&observed);
	assert_true(process_wait(strange->evil, "login exit-0\n", logins + 1,
				 30000));
	assert_int_equal(process_count(strange->evil, "login exit-0\n"),
			 logins + 1);
}

static void a_failed_login_is_not_retried(void **state)
{
	const struct strange *strange = *state;
	sshoal_fleet_options options = limits();
	options.retries = 3;
	sshoal_client_options client =
		at(strange, strange->evil_port, "exit-0");
	client.password = "wrong";
	struct observed observed = { .list = NULL };
	observe_one(&observed, &options, &client, "true");
	static const struct expected expected = { SSHOAL_STATUS_AUTH,
						  SSHOAL_PHASE_AUTH,
						  SSHOAL_RAN_NO, -1,
						  "password" };
	assert_seen(&observed, 0, &expected);
	assert_int_equal(observed.list[0].attempts, 1);
	assert_null(strstr(observed.list[0].text, "wrong"));
	observed_free(&observed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_ssh_server_is_told_apart),
		cmocka_unit_test(a_server_that_misbehaves_is_told_apart),
		cmocka_unit_test(
			a_server_that_never_ends_is_ended_at_the_limit),
		cmocka_unit_test(a_shown_prompt_gets_no_password),
		cmocka_unit_test(an_unproven_host_gets_no_password),
		cmocka_unit_test(a_failed_login_is_not_retried),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
