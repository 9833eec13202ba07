/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
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

#include "servers/port.h"
#include "ssh/client_rig.h"
#include "ssh/observed.h"
#include "ssh/yard.h"

/* Fleets of hosts behind others. */

#define HOSTS 20
#define ADDRESS "echo $SSH_CONNECTION | cut -d' ' -f3"

static int setup(void **state)
{
	struct yard *yard = calloc(1, sizeof *yard);
	if (!yard)
		return -1;
	yard_start(yard, NULL);
	*state = yard;
	return 0;
}

static int teardown(void **state)
{
	yard_stop(*state);
	free(*state);
	return 0;
}

static void run_all(struct observed *observed, sshoal_fleet *fleet,
		    const char *command)
{
	if (observe(observed, fleet, command))
		fail_msg("%s", sshoal_fleet_error_text(fleet));
	sshoal_fleet_free(fleet);
}

static void assert_own_addresses(const struct observed *observed)
{
	for (unsigned i = 0; i < observed->count; i++) {
		char line[64];
		(void)snprintf(line, sizeof line, "127.0.%u.%u\n", 1 + i / 250,
			       1 + i % 250);
		assert_seen_ok(observed, i, line);
	}
}

/* One connection to a jump host, as a rule: more are made where hosts wait for
 * it for 300 ms, as on a machine that is busy. */
static void assert_few(size_t connections)
{
	assert_in_range(connections, 1, 8);
}

/* --- the way --- */

static void all_share_few_connections(void **state)
{
	const struct yard *yard = *state;
	struct observed observed = { .list = NULL };
	size_t before = yard_logins(&yard->gates[0]);
	run_all(&observed, yard_fleet(yard, NULL, "gate0", HOSTS, NULL),
		ADDRESS);
	assert_own_addresses(&observed);
	observed_free(&observed);
	assert_few(yard_logins(&yard->gates[0]) - before);
	assert_int_equal(yard_logins(&yard->gates[1]), 0);
}

static void each_hop_is_logged_in_to_by_its_own_settings(void **state)
{
	const struct yard *yard = *state;
	struct observed observed = { .list = NULL };
	size_t first = yard_logins(&yard->gates[0]);
	size_t second = yard_logins(&yard->gates[1]);
	run_all(&observed, yard_fleet(yard, NULL, "gate0,gate1", HOSTS, NULL),
		ADDRESS);
	assert_own_addresses(&observed);
	observed_free(&observed);
	assert_few(yard_logins(&yard->gates[0]) - first);
	assert_few(yard_logins(&yard->gates[1]) - second);
}

static void ssh_config_says_what_lies_before(void **state)
{
	const struct yard *yard = *state;
	struct observed observed = { .list = NULL };
	size_t first = yard_logins(&yard->gates[0]);
	size_t second = yard_logins(&yard->gates[1]);
	/* The nearest has one before it by its own settings; and the hosts do
	 * not go through themselves. */
	run_all(&observed,
		yard_fleet(yard, NULL, NULL, 3,
			   "Host 127.0.1.2\n  ProxyJump none\n"
			   "Host 127.0.1.*\n  ProxyJump gate1\n"
			   "Host gate*\n  ProxyJump gate0\n"),
		ADDRESS);
	assert_own_addresses(&observed);
	observed_free(&observed);
	assert_few(yard_logins(&yard->gates[0]) - first);
	assert_few(yard_logins(&yard->gates[1]) - second);
}

static void a_circle_is_told_before_anything_is_contacted(void **state)
{
	const struct yard *yard = *state;
	sshoal_fleet *fleet = yard_fleet(yard, NULL, "gate0", 1,
					 "Host gate0\n  ProxyJump gate1\n"
					 "Host gate1\n  ProxyJump gate0\n");
	struct observed observed = { .list = NULL };
	size_t before = yard_connections(&yard->gates[0]);
	assert_int_equal(observe(&observed, fleet, "true"), SSHOAL_EINVAL);
	assert_non_null(strstr(sshoal_fleet_error_text(fleet), "circle"));
	observed_free(&observed);
	sshoal_fleet_free(fleet);
	assert_int_equal(yard_connections(&yard->gates[0]), before);
}

/* --- jump hosts that are none --- */

static void assert_all(const struct observed *observed, int status,
		       const char *text)
{
	const struct expected expected = { .status = status,
					   .phase = ANY_PHASE,
					   .ran = SSHOAL_RAN_NO,
					   .exit = -1,
					   .text = text };
	for (size_t i = 0; i < observed->count; i++)
		assert_seen(observed, i, &expected);
}

/* Has hosts go through a jump host that fails, and looks at what each gets. */
static void expect_fault(const struct yard *yard, const char *jump,
			 const char *more, int status, const char *text)
{
	struct observed observed = { .list = NULL };
	run_all(&observed, yard_fleet(yard, NULL, jump, HOSTS, more), "true");
	assert_all(&observed, status, text);
	observed_free(&observed);
}

static void a_jump_host_that_fails_gives_its_status(void **state)
{
	struct yard *yard = *state;
	uint16_t closed = 0;
	int fd = port_closed(&closed);
	char more[3 * SCRATCH_PATH_MAX];
	assert_true(fd >= 0);
	(void)snprintf(more, sizeof more, "Host gate0\n  Port %u\n", closed);
	expect_fault(yard, "gate0", more, SSHOAL_STATUS_REFUSED,
		     "jump host gate0: ");
	(void)close(fd);
	expect_fault(yard, "gate0", "Host gate0\n  HostName no-such.invalid\n",
		     SSHOAL_STATUS_DNS, "jump host gate0: ");
	size_t before = yard_connections(&yard->gates[0]);
	(void)snprintf(more, sizeof more,
		       "Host gate0\n  UserKnownHostsFile none\n");
	expect_fault(yard, "gate0", more, SSHOAL_STATUS_HOST_KEY_UNKNOWN,
		     "jump host gate0: ");
	char changed[SCRATCH_PATH_MAX];
	scratch_path(changed, yard->behind.scratch, "changed");
	assert_int_equal(keypair_publish(yard->gates[1].host_key, changed,
					 "[127.0.0.1]:%u ",
					 (unsigned)yard->gates[0].sshd.port),
			 0);
	(void)snprintf(more, sizeof more,
		       "Host gate0\n  UserKnownHostsFile %s\n", changed);
	expect_fault(yard, "gate0", more, SSHOAL_STATUS_HOST_KEY_CHANGED,
		     "jump host gate0: ");
	expect_fault(yard, "gate1,gate0", "Host gate0\n  User nobody-there\n",
		     SSHOAL_STATUS_AUTH, "jump host gate0: ");
	/* Nobody asked again. */
	assert_int_equal(yard_connections(&yard->gates[0]) - before, 3);
}

static void a_jump_host_behind_another_is_told_by_name(void **state)
{
	struct yard *yard = *state;
	uint16_t closed = 0;
	int fd = port_closed(&closed);
	char more[64];
	assert_true(fd >= 0);
	(void)snprintf(more, sizeof more, "Host gate1\n  Port %u\n", closed);
	expect_fault(yard, "gate0,gate1", more, SSHOAL_STATUS_REFUSED,
		     "jump host gate1: jump host gate0: ");
	(void)close(fd);
}

static void a_jump_host_that_is_busy_is_asked_again(void **state)
{
	const struct yard *yard = *state;
	struct peers peers;
	struct observed observed = { .list = NULL };
	char more[64];
	assert_int_equal(peers_start(&peers, &yard->behind), 0);
	const sshoal_client_options busy =
		raw_options(&peers, &yard->behind, "max-startups");
	(void)snprintf(more, sizeof more, "Host gate0\n  Port %u\n", busy.port);
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	run_all(&observed, yard_fleet(yard, &options, "gate0", HOSTS, more),
		"true");
	assert_all(&observed, SSHOAL_STATUS_PROTOCOL,
		   "jump host gate0: the server is busy");
	/* Its delays are 250 ms and doubled, and a random half of that at
	 * least. */
	assert_true(observed.summary.duration_ms > 3000);
	observed_free(&observed);
	peers_stop(&peers);
}

/* --- hosts behind that fail --- */

static void what_the_jump_host_says_is_the_hosts_status(void **state)
{
	const struct yard *yard = *state;
	uint16_t closed = 0;
	int fd = port_closed(&closed);
	assert_true(fd >= 0);
	sshoal_fleet *fleet = yard_fleet(yard, NULL, "gate0", 1, NULL);
	sshoal_client_options target = site_options(&yard->behind, "127.0.0.1");
	target.jump = "gate0";
	target.port = closed;
	fleet_with(fleet, &target);
	target.host = "no-such-host.invalid";
	fleet_with(fleet, &target);
	struct observed observed = { .list = NULL };
	run_all(&observed, fleet, "echo ok");
	assert_seen_ok(&observed, 0, "ok\n");
	assert_seen_status(&observed, 1, SSHOAL_STATUS_REFUSED);
	assert_seen_status(&observed, 2, SSHOAL_STATUS_DNS);
	assert_non_null(strstr(observed.list[1].text, "gate0"));
	observed_free(&observed);
	(void)close(fd);
}

/* A socket that nobody accepts from, so full that it drops who comes. */
struct swallower {
	int listener;
	uint16_t port;
	int fds[8];
};

static void swallower_start(struct swallower *swallower)
{
	swallower->listener = port_listen(&swallower->port, 0);
	assert_true(swallower->listener >= 0);
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(swallower->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	bool full = false;
	for (size_t i = 0; i < 8; i++)
		swallower->fds[i] = -1;
	for (size_t i = 0; i < 8 && !full; i++) {
		int fd = socket(AF_INET,
				SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_true(fd >= 0);
		swallower->fds[i] = fd;
		(void)connect(fd, (const struct sockaddr *)&address,
			      sizeof address);
		struct pollfd let_in = { .fd = fd, .events = POLLOUT };
		full = poll(&let_in, 1, 300) == 0;
	}
	assert_true(full);
}

static void swallower_stop(const struct swallower *swallower)
{
	for (size_t i = 0; i < 8; i++)
		if (swallower->fds[i] >= 0)
			(void)close(swallower->fds[i]);
	(void)close(swallower->listener);
}

static void hosts_that_swallow_are_late_alone(void **state)
{
	const struct yard *yard = *state;
	struct swallower swallower;
	swallower_start(&swallower);
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.logins_per_address = 64;
	sshoal_fleet *fleet = yard_fleet(yard, &options, "gate0", 0, NULL);
	size_t before = yard_logins(&yard->gates[0]);
	for (int i = 0; i < 2 * HOSTS; i++) {
		sshoal_client_options target =
			site_options(&yard->behind, "127.0.0.1");
		target.jump = "gate0";
		if (i % 4 == 0) {
			target.port = swallower.port;
			target.connect_timeout_ms = 3000;
		}
		fleet_with(fleet, &target);
	}
	struct observed observed = { .list = NULL };
	run_all(&observed, fleet, "echo ok");
	for (size_t i = 0; i < 2 * HOSTS; i++) {
		if (i % 4 == 0)
			assert_seen_status(&observed, i,
					   SSHOAL_STATUS_CONNECT_TIMEOUT);
		else
			assert_seen_ok(&observed, i, "ok\n");
	}
	observed_free(&observed);
	/* One open waits on each connection. */
	size_t connections = yard_logins(&yard->gates[0]) - before;
	assert_in_range(connections, 2, 8);
	swallower_stop(&swallower);
}

/* --- many --- */

static void five_hundred_hosts_load_a_stock_server_lightly(void **state)
{
	(void)state;
	struct yard yard;
	const struct sshd_plan stock = { .more = "MaxStartups 10:30:100\n" };
	yard_start(&yard, &stock);
	struct observed observed = { .list = NULL };
	run_all(&observed, yard_fleet(&yard, NULL, "gate0", 500, NULL),
		ADDRESS);
	assert_own_addresses(&observed);
	observed_free(&observed);
	assert_few(yard_connections(&yard.gates[0]));
	yard_stop(&yard);
}

/* --- a jump host that is lost --- */

/* "gate0" by a command whose process can be ended and stopped. */
static void by_relay(char more[2 * SCRATCH_PATH_MAX + 160],
		     const struct yard *yard, const char *settings)
{
	(void)snprintf(more, 2 * SCRATCH_PATH_MAX + 160,
		       "Host gate0\n  ProxyCommand %s %%h %%p %s\n%s",
		       RELAY_PROGRAM, yard->pids, settings);
}

/* What is done to the relay once so many hosts run. */
struct blow {
	const struct yard *yard;
	size_t relay;
	size_t hosts;
	size_t up;
	int number;
};

static int on_up(const sshoal_target *target, int stream, const void *bytes,
		 size_t size_bytes, void *data)
{
	struct blow *blow = data;
	(void)target;
	(void)stream;
	(void)bytes;
	(void)size_bytes;
	if (++blow->up == blow->hosts)
		(void)kill(yard_relay(blow->yard, blow->relay), blow->number);
	return 0;
}

static void a_lost_jump_host_is_dialed_again(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	by_relay(more, yard, "");
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 4;
	struct blow blow = { .yard = yard,
			     .relay = yard_relay_count(yard),
			     .hosts = 4,
			     .number = SIGKILL };
	struct observed observed = { .on_output = on_up, .data = &blow };
	/* The first four would go on; the others end at once. */
	run_all(&observed, yard_fleet(yard, &options, "gate0", HOSTS, more),
		"case $SSH_CONNECTION in *\" 127.0.1.\"[1-4]\" \"*) echo up; "
		"exec sleep 300;; *) exec echo ok;; esac");
	for (size_t i = 0; i < 4; i++)
		assert_seen_status(&observed, i, SSHOAL_STATUS_LOST);
	for (size_t i = 4; i < HOSTS; i++)
		assert_seen_ok(&observed, i, "ok\n");
	observed_free(&observed);
	assert_true(yard_relay_count(yard) - blow.relay >= 2);
	yard_expect_no_relay(yard);
}

static void a_jump_host_that_stops_is_found_out(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	by_relay(more, yard, "  ConnectTimeout 10\n");
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	const sshoal_client_options none = SSHOAL_CLIENT_OPTIONS_INIT;
	options.parallel = 4;
	options.defaults = &none;
	options.timeout_ms = 10000;
	struct blow blow = { .yard = yard,
			     .relay = yard_relay_count(yard),
			     .hosts = 4,
			     .number = SIGSTOP };
	struct observed observed = { .on_output = on_up, .data = &blow };
	run_all(&observed, yard_fleet(yard, &options, "gate0", HOSTS, more),
		"case $SSH_CONNECTION in *\" 127.0.1.\"[1-4]\" \"*) echo up; "
		"exec sleep 300;; *) exec echo ok;; esac");
	for (size_t i = 0; i < 4; i++)
		assert_seen_status(&observed, i, SSHOAL_STATUS_TIMEOUT);
	/* Once it does not answer it is dialed again. */
	for (size_t i = 4; i < HOSTS; i++)
		assert_seen_ok(&observed, i, "ok\n");
	assert_true(yard_relay_count(yard) - blow.relay >= 2);
	observed_free(&observed);
	yard_expect_no_relay(yard);
}

/* One that is to be asked for a sign of life is lost without anybody waiting for
 * it. */
static void a_jump_host_that_stops_loses_what_runs(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	by_relay(more, yard,
		 "  ServerAliveInterval 2\n  ServerAliveCountMax 1\n");
	struct blow blow = { .yard = yard,
			     .relay = yard_relay_count(yard),
			     .hosts = 4,
			     .number = SIGSTOP };
	struct observed observed = { .on_output = on_up, .data = &blow };
	run_all(&observed, yard_fleet(yard, NULL, "gate0", 4, more),
		"echo up; exec sleep 300");
	for (size_t i = 0; i < 4; i++)
		assert_seen_status(&observed, i, SSHOAL_STATUS_LOST);
	observed_free(&observed);
	yard_expect_no_relay(yard);
}

/* --- by a command --- */

static void a_command_connects_in_our_place(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	(void)snprintf(more, sizeof more,
		       "Host 127.0.1.*\n  ProxyCommand %s %%h %%p %s\n",
		       RELAY_PROGRAM, yard->pids);
	size_t before = yard_relay_count(yard);
	struct observed observed = { .list = NULL };
	run_all(&observed, yard_fleet(yard, NULL, NULL, HOSTS, more), ADDRESS);
	assert_own_addresses(&observed);
	observed_free(&observed);
	assert_int_equal(yard_relay_count(yard) - before, HOSTS);
	yard_expect_no_relay(yard);
}

static void a_command_that_fails_is_quoted(void **state)
{
	const struct yard *yard = *state;
	static const struct {
		const char *more;
		int status;
		const char *text;
	} cases[] = {
		{ "Host *\n ProxyCommand sh -c 'echo a >&2; echo b >&2;"
		  "printf \"c \\033[31m\\n\" >&2; exit 3'\n",
		  SSHOAL_STATUS_UNREACHABLE,
		  "the proxy command ended with status 3: b; c \\x1b[31m" },
		{ "Host *\n ProxyCommand kill -9 $$\n",
		  SSHOAL_STATUS_UNREACHABLE,
		  "the proxy command ended by signal 9" },
		{ "Host *\n ProxyCommand /no/such/command %h\n",
		  SSHOAL_STATUS_LOCAL, "ended with status 127: " },
		{ "Host *\n ProxyCommand sh -c 'echo no way >&2; "
		  "exec sleep 300'\n ConnectTimeout 1\n",
		  SSHOAL_STATUS_CONNECT_TIMEOUT,
		  "its proxy command said: no way" },
		{ "Host *\n ProxyUseFdpass yes\n ProxyCommand foo\n",
		  SSHOAL_STATUS_LOCAL, "ProxyUseFdpass" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_client_options none = SSHOAL_CLIENT_OPTIONS_INIT;
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		options.defaults = &none;
		sshoal_fleet *fleet =
			yard_fleet(yard, &options, NULL, 0, cases[i].more);
		sshoal_client_options target =
			site_options(&yard->behind, "127.0.0.1");
		target.connect_timeout_ms = 0;
		fleet_with(fleet, &target);
		struct observed observed = { .list = NULL };
		run_all(&observed, fleet, "true");
		assert_all(&observed, cases[i].status, cases[i].text);
		observed_free(&observed);
	}
}

/* Whatever a command begins ends with its connection. */
static void a_command_is_ended_with_all_it_began(void **state)
{
	const struct yard *yard = *state;
	char more[3 * SCRATCH_PATH_MAX + 160];
	/* It takes no notice of TERM, and has begun another process. */
	(void)snprintf(more, sizeof more,
		       "Host *\n  ConnectTimeout 2\n  ProxyCommand "
		       "sh -c 'trap \"\" TERM; echo $$ >>%s; "
		       "(echo $(exec sh -c \"echo \\$PPID\") >>%s; "
		       "sleep 300) & sleep 300'\n",
		       yard->pids, yard->pids);
	size_t before = yard_relay_count(yard);
	sshoal_client_options none = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.defaults = &none;
	sshoal_fleet *fleet = yard_fleet(yard, &options, NULL, 0, more);
	sshoal_client_options target = site_options(&yard->behind, "127.0.0.1");
	target.connect_timeout_ms = 0;
	fleet_with(fleet, &target);
	struct observed observed = { .list = NULL };
	run_all(&observed, fleet, "true");
	assert_all(&observed, SSHOAL_STATUS_CONNECT_TIMEOUT, NULL);
	observed_free(&observed);
	assert_int_equal(yard_relay_count(yard) - before, 2);
	/* Who is not our child is waited for by init. */
	for (int i = 0; i < 2000; i++) {
		if (kill(yard_relay(yard, before + 1), 0) != 0)
			break;
		(void)poll(NULL, 0, 10);
	}
	yard_expect_no_relay(yard);
}

static int cancel_at_once(const sshoal_target *target, int stream,
			  const void *bytes, size_t size_bytes, void *data)
{
	(void)target;
	(void)stream;
	(void)bytes;
	(void)size_bytes;
	(void)data;
	return 1;
}

static void a_run_that_is_ended_leaves_no_command(void **state)
{
	const struct yard *yard = *state;
	char more[2 * SCRATCH_PATH_MAX + 160];
	(void)snprintf(more, sizeof more,
		       "Host *\n  ProxyCommand %s %%h %%p %s\n", RELAY_PROGRAM,
		       yard->pids);
	struct observed observed = { .on_output = cancel_at_once };
	run_all(&observed, yard_fleet(yard, NULL, NULL, HOSTS, more),
		"echo up; exec sleep 300");
	observed_free(&observed);
	yard_expect_no_relay(yard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_share_few_connections),
		cmocka_unit_test(each_hop_is_logged_in_to_by_its_own_settings),
		cmocka_unit_test(ssh_config_says_what_lies_before),
		cmocka_unit_test(a_circle_is_told_before_anything_is_contacted),
		cmocka_unit_test(a_jump_host_that_fails_gives_its_status),
		cmocka_unit_test(a_jump_host_behind_another_is_told_by_name),
		cmocka_unit_test(a_jump_host_that_is_busy_is_asked_again),
		cmocka_unit_test(what_the_jump_host_says_is_the_hosts_status),
		cmocka_unit_test(hosts_that_swallow_are_late_alone),
		cmocka_unit_test(
			five_hundred_hosts_load_a_stock_server_lightly),
		cmocka_unit_test(a_lost_jump_host_is_dialed_again),
		cmocka_unit_test(a_jump_host_that_stops_is_found_out),
		cmocka_unit_test(a_jump_host_that_stops_loses_what_runs),
		cmocka_unit_test(a_command_connects_in_our_place),
		cmocka_unit_test(a_command_that_fails_is_quoted),
		cmocka_unit_test(a_command_is_ended_with_all_it_began),
		cmocka_unit_test(a_run_that_is_ended_leaves_no_command),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
