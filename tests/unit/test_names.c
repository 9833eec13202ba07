/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sshoal/fleet.h>

#include "name_server.h"

/* How a run fares whose hosts have names. None of them takes a connection. */

/* No multiple of the 100 ms after which late look-ups are swept up, so that
 * all of them are found late at the same moment. */
#define LIMIT_MS 150
#define HOSTS 200

/* The limit of one that waits while others come to their ends, and theirs,
 * which a busy machine does not reach. */
#define SLOW_MS 3000
#define LONG_MS 60000

static int setup(void **state)
{
	(void)state;
	return name_server_start();
}

static int teardown(void **state)
{
	(void)state;
	return name_server_stop();
}

/* A port of all of 127.0.0.0/8 that refuses while the socket is open. */
static int closed_socket(uint16_t *port)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t size = sizeof any;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&any, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &size), 0);
	*port = ntohs(any.sin_port);
	return fd;
}

/* What a run said of its hosts, in the order it said it. */
struct seen {
	size_t results;
	struct {
		size_t index;
		int status;
		int phase;
		char text[100];
	} list[HOSTS];
};

static int on_result(const sshoal_result *result, void *data)
{
	struct seen *seen = data;
	const char *text = sshoal_result_error_text(result);
	size_t i = seen->results++;
	if (i >= HOSTS)
		return 1;
	seen->list[i].index = sshoal_result_index(result);
	seen->list[i].status = sshoal_result_status(result);
	seen->list[i].phase = sshoal_result_phase(result);
	(void)snprintf(seen->list[i].text, sizeof seen->list[i].text, "%s",
		       text ? text : "");
	return 0;
}

static sshoal_fleet *new_fleet(sshoal_cancel *cancel)
{
	sshoal_fleet *fleet = NULL;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 1;
	options.cancel = cancel;
	assert_int_equal(sshoal_fleet_new(&fleet, &options, NULL), 0);
	return fleet;
}

static void add(sshoal_fleet *fleet, const char *host, uint32_t port,
		int64_t limit_ms)
{
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = host;
	options.port = port;
	options.user = "nobody";
	options.known_hosts_file = "/dev/null";
	options.connect_timeout_ms = limit_ms;
	assert_int_equal(sshoal_fleet_add(fleet, &options, NULL), 0);
}

static sshoal_summary run(sshoal_fleet *fleet, struct seen *seen)
{
	static const sshoal_fleet_callbacks callbacks = { .result = on_result };
	sshoal_job job = SSHOAL_JOB_INIT;
	sshoal_summary summary;
	job.kind = SSHOAL_JOB_PING;
	*seen = (struct seen){ .results = 0 };
	assert_int_equal(
		sshoal_fleet_run(fleet, &job, &callbacks, seen, &summary), 0);
	assert_int_equal(seen->results, summary.targets);
	return summary;
}

static void every_host_ends_though_no_name_server_answers(void **state)
{
	(void)state;
	struct seen seen;
	sshoal_fleet *fleet = new_fleet(NULL);
	/* More than are looked up ahead of their turn. */
	for (unsigned i = 0; i < HOSTS; i++) {
		char host[32];
		(void)snprintf(host, sizeof host, "waits-%u", i);
		add(fleet, host, 22, LIMIT_MS);
	}
	sshoal_summary summary = run(fleet, &seen);
	assert_int_equal(summary.statuses[SSHOAL_STATUS_CONNECT_TIMEOUT],
			 HOSTS);
	for (size_t i = 0; i < HOSTS; i++) {
		assert_int_equal(seen.list[i].phase, SSHOAL_PHASE_DNS);
		assert_string_equal(seen.list[i].text,
				    "the name server did not answer");
	}
	sshoal_fleet_free(fleet);
}

static void a_slow_name_holds_nobody_up(void **state)
{
	(void)state;
	struct seen seen;
	uint16_t port;
	int fd = closed_socket(&port);
	sshoal_fleet *fleet = new_fleet(NULL);
	add(fleet, "waits", port, SLOW_MS);
	add(fleet, "127.0.0.1", port, LONG_MS);
	add(fleet, "families-4", port, LONG_MS);
	sshoal_summary summary = run(fleet, &seen);
	assert_int_equal(summary.statuses[SSHOAL_STATUS_REFUSED], 2);
	assert_int_equal(seen.list[2].index, 0);
	assert_int_equal(seen.list[2].status, SSHOAL_STATUS_CONNECT_TIMEOUT);
	sshoal_fleet_free(fleet);
	(void)close(fd);
}

static void a_name_is_looked_up_once(void **state)
{
	(void)state;
	struct seen seen;
	uint16_t port;
	int fd = closed_socket(&port);
	sshoal_fleet *fleet = new_fleet(NULL);
	for (unsigned i = 0; i < 20; i++) {
		char user[16];
		(void)snprintf(user, sizeof user, "user%u", i);
		sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
		options.host = i % 2 ? "families-4" : "families-44";
		options.user = user;
		options.port = port;
		options.known_hosts_file = "/dev/null";
		options.connect_timeout_ms = LONG_MS;
		assert_int_equal(sshoal_fleet_add(fleet, &options, NULL), 0);
	}
	sshoal_summary summary = run(fleet, &seen);
	assert_int_equal(summary.statuses[SSHOAL_STATUS_REFUSED], 20);
	assert_int_equal(name_server_asked(), 2);
	sshoal_fleet_free(fleet);
	(void)close(fd);
}

static void a_name_without_an_address_is_dns(void **state)
{
	(void)state;
	static const struct {
		int number, status;
	} table[] = {
		{ EAI_NONAME, SSHOAL_STATUS_DNS },
		{ EAI_AGAIN, SSHOAL_STATUS_DNS },
		{ EAI_MEMORY, SSHOAL_STATUS_LOCAL },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct seen seen;
		char host[32];
		(void)snprintf(host, sizeof host, "fails-%d-0",
			       -table[i].number);
		sshoal_fleet *fleet = new_fleet(NULL);
		add(fleet, host, 22, LONG_MS);
		sshoal_summary summary = run(fleet, &seen);
		assert_int_equal(summary.statuses[table[i].status], 1);
		assert_int_equal(seen.list[0].phase, SSHOAL_PHASE_DNS);
		assert_string_equal(seen.list[0].text,
				    gai_strerror(table[i].number));
		sshoal_fleet_free(fleet);
	}
}

static void *cancel_when_asked(void *argument)
{
	while (name_server_waiting() == 0)
		(void)sched_yield();
	(void)sshoal_cancel_trigger(argument, SSHOAL_CANCEL_END);
	return NULL;
}

static void a_cancel_does_not_wait_for_a_name_server(void **state)
{
	(void)state;
	struct seen seen;
	sshoal_cancel *cancel = NULL;
	pthread_t thread;
	assert_int_equal(sshoal_cancel_new(&cancel), 0);
	sshoal_fleet *fleet = new_fleet(cancel);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.known_hosts_file = "/dev/null";
	options.connect_timeout_ms = -1;
	options.user = "nobody";
	options.host = "waits-1";
	assert_int_equal(sshoal_fleet_add(fleet, &options, NULL), 0);
	options.host = "waits-2";
	assert_int_equal(sshoal_fleet_add(fleet, &options, NULL), 0);
	assert_int_equal(
		pthread_create(&thread, NULL, cancel_when_asked, cancel), 0);
	sshoal_summary summary = run(fleet, &seen);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(summary.statuses[SSHOAL_STATUS_NOT_STARTED], 2);
	sshoal_fleet_free(fleet);
	sshoal_cancel_free(cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_host_ends_though_no_name_server_answers, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_slow_name_holds_nobody_up,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_is_looked_up_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_name_without_an_address_is_dns, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_cancel_does_not_wait_for_a_name_server, setup,
			teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
