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
	yard_run(&observed, yard_fleet(yard, NULL, "gate0", HOSTS, NULL),
		 YARD_ADDRESS);
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
	yard_run(&observed, yard_fleet(yard, NULL, "gate0,gate1", HOSTS, NULL),
		 YARD_ADDRESS);
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
	yard_run(&observed,
		 yard_fleet(yard, NULL, NULL, 3,
			    "Host 127.0.1.2\n  ProxyJump none\n"
			    "Host 127.0.1.*\n  ProxyJump gate1\n"
			    "Host gate*\n  ProxyJump gate0\n"),
		 YARD_ADDRESS);
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

/* Has hosts go through a jump host that fails, and looks at what each gets. */
static void expect_fault(const struct yard *yard, const char *jump,
			 const char *more, int status, const char *text)
{
	struct observed observed = { .list = NULL };
	yard_run(&observed, yard_fleet(yard, NULL, jump, HOSTS, more), "true");
	assert_seen_all(&observed, status, text);
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
	yard_run(&observed, yard_fleet(yard, &options, "gate0", HOSTS, more),
		 "true");
	assert_seen_all(&observed, SSHOAL_STATUS_PROTOCOL,
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
	yard_run(&observed, fleet, "echo ok");
	assert_seen_ok(&observed, 0, "ok\n");
	assert_seen_status(&observed, 1, SSHOAL_STATUS_REFUSED);
	assert_seen_status(&observed, 2, SSHOAL_STATUS_DNS);
	assert_non_null(strstr(observed.list[1].text, "gate0"));
	observed_free(&observed);
	(void)close(fd);
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
	};
	return cmocka_run_group_tests(tests, yard_setup, yard_teardown);
}
