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

#include <sshoal/fleet.h>

#include "servers/evil_table.h"
#include "servers/port.h"
#include "servers/site.h"
#include "ssh/client_rig.h"
#include "ssh/observed.h"

/* A password that many hosts share goes to three of them first. */

#define HOSTS 10

struct probes {
	struct site site;
	struct peers peers;
};

static int setup(void **state)
{
	struct probes *all = calloc(1, sizeof *all);
	if (!all || site_start(&all->site, NULL))
		return -1;
	*state = all;
	return peers_start(&all->peers, &all->site);
}

static int teardown(void **state)
{
	struct probes *all = *state;
	peers_stop(&all->peers);
	site_stop(&all->site);
	free(all);
	return 0;
}

static unsigned count_of(const struct observed *observed, int status)
{
	return (unsigned)observed->summary.statuses[status];
}

static sshoal_fleet_options settings(uint32_t flags)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.logins_per_address = HOSTS;
	options.flags = flags;
	return options;
}

/* So many hosts with a password, of which the first are not there; each is
 * pinged. */
static void ping(struct observed *observed, const struct probes *all,
		 const char *password, unsigned gone, uint32_t flags)
{
	const sshoal_fleet_options options = settings(flags);
	sshoal_fleet *fleet = fleet_of(&options);
	uint16_t closed = 0;
	int fd = port_closed(&closed);
	assert_true(fd >= 0);
	for (unsigned i = 0; i < HOSTS; i++) {
		sshoal_client_options client =
			evil_options(&all->peers, &all->site, "exit-0");
		client.password = password;
		if (i < gone)
			client.port = closed;
		fleet_with(fleet, &client);
	}
	*observed = (struct observed){ .list = NULL };
	assert_int_equal(observe(observed, fleet, NULL), 0);
	sshoal_fleet_free(fleet);
	(void)close(fd);
}

static void a_wrong_password_goes_to_three_hosts(void **state)
{
	const struct probes *all = *state;
	struct process *evil = all->peers.evil;
	size_t before = process_count(evil, "secret exit-0\n");
	struct observed observed;
	ping(&observed, all, "not this one", 0, 0);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_AUTH), 3);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_NOT_STARTED),
			 HOSTS - 3);
	for (size_t i = 0; i < HOSTS; i++) {
		if (observed.list[i].status != SSHOAL_STATUS_NOT_STARTED)
			continue;
		assert_non_null(strstr(observed.list[i].text,
				       "its password was refused by "));
		assert_int_equal(observed.list[i].attempts, 0);
	}
	observed_free(&observed);
	assert_true(process_wait(evil, "secret exit-0\n", before + 3, 30000));
	assert_int_equal(process_count(evil, "secret exit-0\n"), before + 3);
}

static void a_right_one_goes_to_all(void **state)
{
	struct observed observed;
	ping(&observed, *state, EVIL_PASSWORD, 0, 0);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_OK), HOSTS);
	observed_free(&observed);
}

static void hosts_that_are_not_there_say_nothing_of_it(void **state)
{
	struct observed observed;
	ping(&observed, *state, EVIL_PASSWORD, 5, 0);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_OK), HOSTS - 5);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_REFUSED), 5);
	observed_free(&observed);
	ping(&observed, *state, "not this one", 5, 0);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_AUTH), 3);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_REFUSED), 5);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_NOT_STARTED),
			 HOSTS - 8);
	observed_free(&observed);
}

static void it_can_be_turned_off(void **state)
{
	struct observed observed;
	ping(&observed, *state, "not this one", 0,
	     SSHOAL_FLEET_NO_PASSWORD_PROBE);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_AUTH), HOSTS);
	observed_free(&observed);
}

static void a_login_by_key_is_enough(void **state)
{
	const struct probes *all = *state;
	const sshoal_fleet_options options = settings(0);
	sshoal_fleet *fleet = fleet_of(&options);
	for (unsigned i = 0; i < HOSTS; i++) {
		char host[32];
		(void)snprintf(host, sizeof host, "127.0.4.%u", i + 1);
		sshoal_client_options client = site_options(&all->site, host);
		client.password = "not this one";
		fleet_with(fleet, &client);
	}
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "true"), 0);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_OK), HOSTS);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void each_password_is_tried_by_itself(void **state)
{
	const struct probes *all = *state;
	const sshoal_fleet_options options = settings(0);
	sshoal_fleet *fleet = fleet_of(&options);
	for (unsigned i = 0; i < 2 * HOSTS; i++) {
		sshoal_client_options client =
			evil_options(&all->peers, &all->site, "exit-0");
		client.password = i % 2 ? EVIL_PASSWORD : "not this one";
		fleet_with(fleet, &client);
	}
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, NULL), 0);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_OK), HOSTS);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_AUTH), 3);
	assert_int_equal(count_of(&observed, SSHOAL_STATUS_NOT_STARTED),
			 HOSTS - 3);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_password_goes_to_three_hosts),
		cmocka_unit_test(a_right_one_goes_to_all),
		cmocka_unit_test(hosts_that_are_not_there_say_nothing_of_it),
		cmocka_unit_test(it_can_be_turned_off),
		cmocka_unit_test(a_login_by_key_is_enough),
		cmocka_unit_test(each_password_is_tried_by_itself),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
