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

/* Many hosts behind one, some of which do not answer. */

#define HOSTS 20

/* One connection to a jump host, as a rule: more are made where hosts wait for
 * it for 300 ms, as on a machine that is busy. */
static void assert_few(size_t connections)
{
	assert_in_range(connections, 1, 8);
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
			target.connect_timeout_ms = 1500;
		}
		fleet_with(fleet, &target);
	}
	struct observed observed = { .list = NULL };
	yard_run(&observed, fleet, "echo ok");
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

static void five_hundred_hosts_load_a_stock_server_lightly(void **state)
{
	(void)state;
	struct yard yard;
	const struct sshd_plan stock = { .more = "MaxStartups 10:30:100\n" };
	yard_start(&yard, &stock);
	struct observed observed = { .list = NULL };
	yard_run(&observed, yard_fleet(&yard, NULL, "gate0", 500, NULL),
		 YARD_ADDRESS);
	assert_own_addresses(&observed);
	observed_free(&observed);
	assert_few(yard_connections(&yard.gates[0]));
	yard_stop(&yard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_that_swallow_are_late_alone),
		cmocka_unit_test(
			five_hundred_hosts_load_a_stock_server_lightly),
	};
	return cmocka_run_group_tests(tests, yard_setup, yard_teardown);
}
