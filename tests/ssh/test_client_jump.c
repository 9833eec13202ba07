/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/bastion.h>
#include <sshoal/command.h>

#include "servers/port.h"
#include "ssh/client_rig.h"
#include "ssh/yard.h"

/* One client to a host behind others. */

/* Writes the config and sets the options that it is for. */
static sshoal_client_options options_with(const struct yard *yard,
					  const char *more)
{
	sshoal_config_free(yard_config(yard, more));
	sshoal_client_options options =
		site_options(&yard->behind, "127.0.0.1");
	options.known_hosts_file = NULL;
	options.ssh_config_file = yard->config_path;
	return options;
}

/* What "Host 127.0.0.1" needs besides. */
static void known(char more[3 * SCRATCH_PATH_MAX], const struct yard *yard,
		  const char *words)
{
	(void)snprintf(more, 3 * SCRATCH_PATH_MAX,
		       "Host 127.0.0.1\n  UserKnownHostsFile %s\n%s",
		       yard->behind.known_hosts, words);
}

static void expect_fine(const sshoal_client_options *options)
{
	sshoal_client *client = client_of(options);
	assert_fine(client);
	sshoal_client_close(client);
}

static void expect_fault(const sshoal_client_options *options, int code,
			 const char *text)
{
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_client_open(&client, options, &error), code, "open",
		    error.text);
	if (!strstr(error.text, text))
		fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void a_jump_of_the_options_is_followed(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX];
	known(more, yard, "");
	size_t first = yard_logins(&yard->gates[0]);
	size_t second = yard_logins(&yard->gates[1]);
	sshoal_client_options options = options_with(yard, more);
	options.jump = "gate0,gate1";
	expect_fine(&options);
	assert_int_equal(yard_logins(&yard->gates[0]) - first, 1);
	assert_int_equal(yard_logins(&yard->gates[1]) - second, 1);
}

static void a_jump_of_the_config_is_followed(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX];
	known(more, yard, "  ProxyJump gate1\nHost gate1\n  ProxyJump gate0\n");
	size_t first = yard_logins(&yard->gates[0]);
	sshoal_client_options options = options_with(yard, more);
	expect_fine(&options);
	assert_int_equal(yard_logins(&yard->gates[0]) - first, 1);
	options.jump = "none";
	expect_fine(&options);
	assert_int_equal(yard_logins(&yard->gates[0]) - first, 1);
}

static void a_jump_that_fails_is_told_by_name(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX];
	known(more, yard, "Host gate0\n  User nobody-there\n");
	sshoal_client_options options = options_with(yard, more);
	options.jump = "gate0";
	expect_fault(&options, SSHOAL_EAUTH, "jump host gate0: ");
	known(more, yard,
	      "Host gate0\n  ProxyJump gate1\n"
	      "Host gate1\n  ProxyJump gate0\n");
	options = options_with(yard, more);
	options.jump = "gate0";
	expect_fault(&options, SSHOAL_EINVAL, "circle");
	options.jump = "gate0,,gate1";
	expect_fault(&options, SSHOAL_EINVAL, "column 7");
}

static void a_command_is_followed_and_ended(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX];
	char words[2 * SCRATCH_PATH_MAX];
	(void)snprintf(words, sizeof words, "  ProxyCommand %s %%h %%p %s\n",
		       RELAY_PROGRAM, yard->pids);
	known(more, yard, words);
	size_t before = yard_relay_count(yard);
	sshoal_client_options options = options_with(yard, more);
	expect_fine(&options);
	assert_int_equal(yard_relay_count(yard) - before, 1);
	options.proxy_command = "none";
	expect_fine(&options);
	assert_int_equal(yard_relay_count(yard) - before, 1);
	(void)snprintf(words, sizeof words, "%s %%h %%p %s", RELAY_PROGRAM,
		       yard->pids);
	options.proxy_command = words;
	expect_fine(&options);
	assert_int_equal(yard_relay_count(yard) - before, 2);
	yard_expect_no_relay(yard);
}

static void a_command_that_fails_is_quoted(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX];
	known(more, yard, "");
	sshoal_client_options options = options_with(yard, more);
	options.proxy_command = "sh -c 'echo no way to %n port %p >&2; exit 9'";
	expect_fault(&options, SSHOAL_EUNREACHABLE,
		     "ended with status 9: no way to 127.0.0.1 port ");
	options.proxy_command = "nc %h %x";
	expect_fault(&options, SSHOAL_EFORMAT, "%x");
	known(more, yard, "  ProxyUseFdpass yes\n  ProxyCommand foo\n");
	options = options_with(yard, more);
	expect_fault(&options, SSHOAL_EUNSUPPORTED, "ProxyUseFdpass");
}

/* A command that is lost in the middle tells why. */
static void a_lost_command_tells_why(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX];
	char words[2 * SCRATCH_PATH_MAX];
	known(more, yard, "");
	sshoal_client_options options = options_with(yard, more);
	(void)snprintf(words, sizeof words,
		       "sh -c '%s %%h %%p %s; echo the relay ended >&2'",
		       RELAY_PROGRAM, yard->pids);
	options.proxy_command = words;
	size_t before = yard_relay_count(yard);
	sshoal_client *client = client_of(&options);
	assert_int_equal(kill(yard_relay(yard, before), SIGKILL), 0);
	int rc = 0;
	while (rc == 0)
		rc = sshoal_client_pump(client, LONG_MS);
	assert_int_equal(rc, SSHOAL_ELOST);
	assert_non_null(
		strstr(sshoal_client_error_text(client), "the relay ended"));
	sshoal_client_close(client);
	yard_expect_no_relay(yard);
}

/* --- giving up --- */

struct canceller {
	sshoal_cancel *cancel;
	struct site *gate;
	pthread_t thread;
};

/* Cancels once the jump host is logged in to. */
static void *cancel_later(void *argument)
{
	struct canceller *canceller = argument;
	(void)process_wait(canceller->gate->sshd.process, "Accepted publickey",
			   1, 60000);
	(void)poll(NULL, 0, 100);
	(void)sshoal_cancel_trigger(canceller->cancel, SSHOAL_CANCEL_END);
	return NULL;
}

static void a_cancel_ends_the_wait_for_a_host_behind(void **state)
{
	struct yard *yard = *state;
	uint16_t port = 0;
	int listener = port_listen(&port, 0);
	int fds[8];
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	for (size_t i = 0; i < 8; i++) {
		fds[i] = socket(AF_INET,
				SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (const struct sockaddr *)&address,
			      sizeof address);
	}
	(void)poll(NULL, 0, 300);
	char more[3 * SCRATCH_PATH_MAX];
	known(more, yard, "");
	sshoal_client_options options = options_with(yard, more);
	struct canceller canceller = { .gate = &yard->gates[0] };
	options.jump = "gate0";
	options.port = port;
	assert_int_equal(sshoal_cancel_new(&canceller.cancel), 0);
	options.cancel = canceller.cancel;
	assert_int_equal(pthread_create(&canceller.thread, NULL, cancel_later,
					&canceller),
			 0);
	int64_t begun_ms = now_ms();
	expect_fault(&options, SSHOAL_ECANCELLED, "");
	assert_true(now_ms() - begun_ms < LONG_MS / 2);
	assert_int_equal(pthread_join(canceller.thread, NULL), 0);
	sshoal_cancel_free(canceller.cancel);
	for (size_t i = 0; i < 8; i++)
		(void)close(fds[i]);
	(void)close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jump_of_the_options_is_followed),
		cmocka_unit_test(a_jump_of_the_config_is_followed),
		cmocka_unit_test(a_jump_that_fails_is_told_by_name),
		cmocka_unit_test(a_command_is_followed_and_ended),
		cmocka_unit_test(a_command_that_fails_is_quoted),
		cmocka_unit_test(a_lost_command_tells_why),
		cmocka_unit_test(a_cancel_ends_the_wait_for_a_host_behind),
	};
	return cmocka_run_group_tests(tests, yard_setup, yard_teardown);
}
