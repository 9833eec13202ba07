/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
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
#include "servers/site.h"
#include "ssh/observed.h"

/* Many hosts at once: one sshd that answers on 127.0.1.1 and so on. */

#define HOSTS 20

static void assert_own_address(const struct observed *observed)
{
	for (size_t i = 0; i < observed->count; i++) {
		char line[64];
		(void)snprintf(line, sizeof line, "127.0.1.%zu\n", i + 1);
		assert_seen_ok(observed, i, line);
		assert_int_equal(observed->list[i].attempts, 1);
	}
}

static void every_host_gets_one_result_whatever_the_width(void **state)
{
	static const uint32_t widths[] = { 1, 4, HOSTS, 1000 };
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		options.parallel = widths[i];
		sshoal_fleet *fleet = fleet_of(&options);
		fleet_with_hosts(fleet, *state, HOSTS);
		struct observed observed = { .list = NULL };
		assert_int_equal(observe(&observed, fleet,
					 "echo $SSH_CONNECTION | "
					 "cut -d' ' -f3"),
				 0);
		assert_own_address(&observed);
		observed_free(&observed);
		sshoal_fleet_free(fleet);
	}
}

static void a_fleet_runs_again(void **state)
{
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, 5);
	for (int i = 0; i < 3; i++) {
		struct observed observed = { .list = NULL };
		assert_int_equal(observe(&observed, fleet, "echo again"), 0);
		for (size_t k = 0; k < 5; k++)
			assert_seen_ok(&observed, k, "again\n");
		observed_free(&observed);
	}
	fleet_with_hosts(fleet, *state, 1);
	assert_int_equal(sshoal_fleet_count(fleet), 6);
	sshoal_fleet_free(fleet);
}

static void an_empty_fleet_runs_at_once(void **state)
{
	(void)state;
	sshoal_fleet *fleet = fleet_of(NULL);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "true"), 0);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void a_command_is_required(void **state)
{
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, 1);
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_COMMAND;
	assert_int_equal(sshoal_fleet_run(fleet, &job, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_string_not_equal(sshoal_fleet_error_text(fleet), "");
	job.command = "true";
	assert_int_equal(sshoal_fleet_run(fleet, &job, NULL, NULL, NULL), 0);
	sshoal_fleet_free(fleet);
}

static void every_host_may_talk_much(void **state)
{
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, 8);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet,
				 "head -c 3000000 /dev/zero; "
				 "head -c 1000000 /dev/zero >&2"),
			 0);
	for (size_t i = 0; i < 8; i++) {
		assert_seen_status(&observed, i, SSHOAL_STATUS_OK);
		assert_int_equal(observed.list[i].streams[0].bytes, 3000000);
		assert_int_equal(observed.list[i].streams[1].bytes, 1000000);
	}
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

/* --- the mixed list --- */

struct mixed {
	struct site bad; /* another server, with another key */
	char empty[SCRATCH_PATH_MAX];
	char changed[SCRATCH_PATH_MAX];
	int closed_fd, deaf_fd, silent_fd;
	uint16_t closed, deaf, silent;
	int filling[8];
};

/* Fills the queue of a socket that nobody accepts from, so that it drops
 * whoever comes next. */
static void fill(struct mixed *mixed)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(mixed->deaf),
					     .sin_addr = {
						     htonl(INADDR_LOOPBACK) } };
	for (size_t i = 0; i < 8; i++) {
		int fd = socket(AF_INET,
				SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_true(fd >= 0);
		(void)connect(fd, (const struct sockaddr *)&address,
			      sizeof address);
		mixed->filling[i] = fd;
		struct pollfd let_in = { .fd = fd, .events = POLLOUT };
		if (poll(&let_in, 1, 300) == 0)
			return;
	}
	fail_msg("a socket that nobody accepts from took 8 connections");
}

static void mixed_start(struct mixed *mixed, const struct site *site)
{
	for (size_t i = 0; i < 8; i++)
		mixed->filling[i] = -1;
	assert_int_equal(site_start(&mixed->bad, NULL), 0);
	mixed->closed_fd = port_closed(&mixed->closed);
	mixed->deaf_fd = port_listen(&mixed->deaf, 0);
	mixed->silent_fd = port_listen(&mixed->silent, 16);
	assert_true(mixed->closed_fd >= 0 && mixed->deaf_fd >= 0 &&
		    mixed->silent_fd >= 0);
	fill(mixed);
	scratch_path(mixed->empty, mixed->bad.scratch, "empty");
	scratch_path(mixed->changed, mixed->bad.scratch, "changed");
	assert_int_equal(scratch_write(mixed->empty, 0600, "%s", ""), 0);
	/* The other server's key in the name of the first. */
	assert_int_equal(keypair_publish(mixed->bad.host_key, mixed->changed,
					 "[127.0.0.1]:%u ",
					 (unsigned)site->sshd.port),
			 0);
}

static void mixed_stop(struct mixed *mixed)
{
	for (size_t i = 0; i < 8; i++)
		if (mixed->filling[i] >= 0)
			(void)close(mixed->filling[i]);
	(void)close(mixed->closed_fd);
	(void)close(mixed->deaf_fd);
	(void)close(mixed->silent_fd);
	site_stop(&mixed->bad);
}

enum mixed_host {
	MIXED_GOOD,
	MIXED_CLOSED,
	MIXED_DEAF,
	MIXED_UNREACHABLE,
	MIXED_NO_NAME,
	MIXED_SILENT,
	MIXED_WRONG_PASSWORD,
	MIXED_UNKNOWN_KEY,
	MIXED_CHANGED_KEY,
	MIXED_NOT_FOUND,
	MIXED_KILLED,
	MIXED_COUNT
};

/* The limit of the hosts that are to reach it. */
#define MIXED_LIMIT_MS 3000

/* The command looks at the address it was reached on. */
#define MIXED_COMMAND \
	"case $SSH_CONNECTION in" \
	" *' 127.0.0.2 '*) no-such-command-anywhere;;" \
	" *' 127.0.0.3 '*) kill -9 $$;;" \
	" *) echo good;; esac"

static sshoal_client_options mixed_host(const struct mixed *mixed,
					const struct site *site,
					enum mixed_host which)
{
	sshoal_client_options options = site_options(site, "127.0.0.1");
	switch (which) {
	case MIXED_GOOD:
	case MIXED_COUNT:
		break;
	case MIXED_CLOSED:
		options.port = mixed->closed;
		break;
	case MIXED_DEAF:
		options.port = mixed->deaf;
		options.connect_timeout_ms = MIXED_LIMIT_MS;
		break;
	case MIXED_UNREACHABLE:
		/* TCP goes to no multicast address: Linux says so at once,
		 * whatever its routes. */
		options.host = "224.0.0.1";
		break;
	case MIXED_NO_NAME:
		options.host = "no-such-host.invalid";
		break;
	case MIXED_SILENT:
		options.port = mixed->silent;
		options.connect_timeout_ms = MIXED_LIMIT_MS;
		break;
	case MIXED_WRONG_PASSWORD:
		options.key_file = NULL;
		options.password = "wrong";
		break;
	case MIXED_UNKNOWN_KEY:
		options.known_hosts_file = mixed->empty;
		break;
	case MIXED_CHANGED_KEY:
		options.known_hosts_file = mixed->changed;
		break;
	case MIXED_NOT_FOUND:
		options.host = "127.0.0.2";
		break;
	case MIXED_KILLED:
		options.host = "127.0.0.3";
		break;
	}
	return options;
}

static const struct expected mixed_expected[MIXED_COUNT] = {
	[MIXED_GOOD] = { SSHOAL_STATUS_OK, ANY_PHASE, SSHOAL_RAN_YES, 0, NULL },
	[MIXED_CLOSED] = { SSHOAL_STATUS_REFUSED, SSHOAL_PHASE_CONNECT,
			   SSHOAL_RAN_NO, -1, NULL },
	[MIXED_DEAF] = { SSHOAL_STATUS_CONNECT_TIMEOUT, SSHOAL_PHASE_CONNECT,
			 SSHOAL_RAN_NO, -1, NULL },
	[MIXED_UNREACHABLE] = { SSHOAL_STATUS_UNREACHABLE, SSHOAL_PHASE_CONNECT,
				SSHOAL_RAN_NO, -1, NULL },
	[MIXED_NO_NAME] = { SSHOAL_STATUS_DNS, SSHOAL_PHASE_DNS, SSHOAL_RAN_NO,
			    -1, NULL },
	[MIXED_SILENT] = { SSHOAL_STATUS_CONNECT_TIMEOUT, SSHOAL_PHASE_KEX,
			   SSHOAL_RAN_NO, -1, NULL },
	[MIXED_WRONG_PASSWORD] = { SSHOAL_STATUS_AUTH, SSHOAL_PHASE_AUTH,
				   SSHOAL_RAN_NO, -1, NULL },
	[MIXED_UNKNOWN_KEY] = { SSHOAL_STATUS_HOST_KEY_UNKNOWN,
				SSHOAL_PHASE_KEX, SSHOAL_RAN_NO, -1, NULL },
	[MIXED_CHANGED_KEY] = { SSHOAL_STATUS_HOST_KEY_CHANGED,
				SSHOAL_PHASE_KEX, SSHOAL_RAN_NO, -1, NULL },
	[MIXED_NOT_FOUND] = { SSHOAL_STATUS_FAILED, ANY_PHASE, SSHOAL_RAN_YES,
			      127, NULL },
	[MIXED_KILLED] = { SSHOAL_STATUS_SIGNALED, ANY_PHASE, SSHOAL_RAN_YES,
			   -1, NULL },
};

static bool is_waiting(size_t index)
{
	size_t which = index % MIXED_COUNT;
	return which == MIXED_DEAF || which == MIXED_SILENT;
}

/* data: how many wait at this moment, and at most. */
static int count_waiting(const sshoal_target *target, void *data)
{
	unsigned *waiting = data;
	if (is_waiting(sshoal_target_index(target)) &&
	    ++waiting[0] > waiting[1])
		waiting[1] = waiting[0];
	return 0;
}

static int count_waiting_less(const sshoal_result *result, void *data)
{
	unsigned *waiting = data;
	waiting[0] -= is_waiting(sshoal_result_index(result));
	return 0;
}

static void each_fault_has_its_own_status(void **state)
{
	const struct site *site = *state;
	struct mixed mixed;
	mixed_start(&mixed, site);
	sshoal_fleet_options fleet_options = SSHOAL_FLEET_OPTIONS_INIT;
	fleet_options.logins_per_address = 3 * MIXED_COUNT;
	sshoal_fleet *fleet = fleet_of(&fleet_options);
	/* Each three times: the six hosts that wait do so at a time. */
	for (int i = 0; i < 3 * MIXED_COUNT; i++) {
		const sshoal_client_options options = mixed_host(
			&mixed, site, (enum mixed_host)(i % MIXED_COUNT));
		fleet_with(fleet, &options);
	}
	unsigned waiting[2] = { 0, 0 };
	struct observed observed = { .on_start = count_waiting,
				     .on_result = count_waiting_less,
				     .data = waiting };
	assert_int_equal(observe(&observed, fleet, MIXED_COMMAND), 0);
	for (size_t i = 0; i < 3 * MIXED_COUNT; i++)
		assert_seen(&observed, i, &mixed_expected[i % MIXED_COUNT]);
	assert_int_equal(waiting[1], 6);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
	mixed_stop(&mixed);
}

/* --- retries and limits of the run --- */

static void a_refused_connection_is_retried_as_often_as_asked(void **state)
{
	const struct site *site = *state;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.retries = 2;
	options.retry_delay_ms = 10;
	uint16_t port = 0;
	int fd = port_closed(&port);
	assert_true(fd >= 0);
	sshoal_client_options client = site_options(site, "127.0.0.1");
	client.port = port;
	struct observed observed = { .list = NULL };
	observe_one(&observed, &options, &client, "true");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_REFUSED);
	assert_int_equal(observed.list[0].attempts, 3);
	observed_free(&observed);
	(void)close(fd);

	client = site_options(site, "no-such-host.invalid");
	observe_one(&observed, &options, &client, "true");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_DNS);
	assert_true(observed.list[0].attempts <= 1);
	observed_free(&observed);
}

static void a_failing_command_is_never_retried(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.retries = 5;
	options.retry_delay_ms = 1;
	const sshoal_client_options client = site_options(*state, "127.0.0.1");
	struct observed observed = { .list = NULL };
	observe_one(&observed, &options, &client, "exit 7");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_FAILED);
	assert_int_equal(observed.list[0].attempts, 1);
	observed_free(&observed);
}

static void the_runs_deadline_ends_all(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 2;
	options.deadline_ms = 10000;
	sshoal_fleet *fleet = fleet_of(&options);
	fleet_with_hosts(fleet, *state, 4);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "sleep 600"), 0);
	static const struct expected ran = { SSHOAL_STATUS_TIMEOUT,
					     SSHOAL_PHASE_RUN, SSHOAL_RAN_YES,
					     -1, NULL };
	static const struct expected waited = { SSHOAL_STATUS_NOT_STARTED,
						SSHOAL_PHASE_QUEUE,
						SSHOAL_RAN_NO, -1, NULL };
	assert_seen(&observed, 0, &ran);
	assert_seen(&observed, 1, &ran);
	assert_seen(&observed, 2, &waited);
	assert_seen(&observed, 3, &waited);
	assert_int_equal(observed.list[3].attempts, 0);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

/* --- cancel --- */

static int cancel_by_return(const sshoal_target *target, int stream,
			    const void *bytes, size_t size_bytes, void *data)
{
	(void)target, (void)stream, (void)bytes, (void)size_bytes, (void)data;
	return 1;
}

/* ran: of enum sshoal_ran, whether the command was seen to its end. */
static void assert_cancelled(const struct observed *observed, int ran_at_all)
{
	const struct expected ran = { SSHOAL_STATUS_CANCELLED, SSHOAL_PHASE_RUN,
				      ran_at_all, -1, NULL };
	static const struct expected waited = { SSHOAL_STATUS_NOT_STARTED,
						SSHOAL_PHASE_QUEUE,
						SSHOAL_RAN_NO, -1, NULL };
	assert_seen(observed, 0, &ran);
	assert_seen(observed, 1, &waited);
	assert_seen(observed, 2, &waited);
}

static void a_callbacks_return_cancels(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 1;
	sshoal_fleet *fleet = fleet_of(&options);
	fleet_with_hosts(fleet, *state, 3);
	struct observed observed = { .on_output = cancel_by_return };
	(void)observe(&observed, fleet, "echo begun; sleep 600");
	assert_cancelled(&observed, SSHOAL_RAN_YES);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

struct trigger {
	sshoal_cancel *cancel;
	int level;
};

static int cancel_by_trigger(const sshoal_target *target, int stream,
			     const void *bytes, size_t size_bytes, void *data)
{
	const struct trigger *trigger = data;
	(void)target, (void)stream, (void)bytes, (void)size_bytes;
	(void)sshoal_cancel_trigger(trigger->cancel, trigger->level);
	return 0;
}

static void both_levels_of_cancel_end_the_run(void **state)
{
	static const int levels[] = { SSHOAL_CANCEL_END, SSHOAL_CANCEL_ABORT };
	static const int ran[] = { SSHOAL_RAN_YES, SSHOAL_RAN_UNKNOWN };
	static const int kills[] = { SSHOAL_END_KILLED, SSHOAL_END_UNKNOWN };
	for (size_t i = 0; i < 2; i++) {
		struct trigger trigger = { .level = levels[i] };
		assert_int_equal(sshoal_cancel_new(&trigger.cancel), 0);
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		options.parallel = 1;
		options.cancel = trigger.cancel;
		sshoal_fleet *fleet = fleet_of(&options);
		fleet_with_hosts(fleet, *state, 3);
		struct observed observed = { .on_output = cancel_by_trigger,
					     .data = &trigger };
		assert_int_equal(
			observe(&observed, fleet, "echo begun; sleep 600"), 0);
		assert_cancelled(&observed, ran[i]);
		assert_int_equal(observed.list[0].kill, kills[i]);
		observed_free(&observed);
		sshoal_fleet_free(fleet);
		sshoal_cancel_free(trigger.cancel);
	}
}

static void a_run_cancelled_before_it_began_starts_nobody(void **state)
{
	(void)state;
	struct site site; /* whose log is empty */
	assert_int_equal(site_start(&site, NULL), 0);
	sshoal_cancel *cancel = NULL;
	assert_int_equal(sshoal_cancel_new(&cancel), 0);
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_END), 0);
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.cancel = cancel;
	sshoal_fleet *fleet = fleet_of(&options);
	fleet_with_hosts(fleet, &site, 3);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "true"), 0);
	for (size_t i = 0; i < 3; i++)
		assert_seen_status(&observed, i, SSHOAL_STATUS_NOT_STARTED);
	/* Without cancel the same hosts are reached, and the first connection
	 * in the log is one of these. */
	sshoal_fleet *again = fleet_of(NULL);
	fleet_with_hosts(again, &site, 3);
	observed_free(&observed);
	assert_int_equal(observe(&observed, again, "true"), 0);
	assert_true(process_wait(site.sshd.process, "Accepted publickey", 3,
				 30000));
	assert_int_equal(process_count(site.sshd.process, "Connection from"),
			 3);
	observed_free(&observed);
	sshoal_fleet_free(again);
	sshoal_fleet_free(fleet);
	sshoal_cancel_free(cancel);
	site_stop(&site);
}

/* --- descriptors --- */

static size_t open_descriptors(void)
{
	size_t count = 0;
	for (int fd = 0; fd < 1024; fd++) {
		struct pollfd probe = { .fd = fd };
		if (poll(&probe, 1, 0) >= 0 && !(probe.revents & POLLNVAL))
			count++;
	}
	return count;
}

static void nothing_stays_open(void **state)
{
	size_t before = 0;
	/* The first round may open what the process keeps. */
	for (int i = 0; i < 3; i++) {
		sshoal_fleet *fleet = fleet_of(NULL);
		fleet_with_hosts(fleet, *state, 10);
		struct observed observed = { .list = NULL };
		assert_int_equal(observe(&observed, fleet, "exit 1"), 0);
		observed_free(&observed);
		sshoal_fleet_free(fleet);
		if (i == 0)
			before = open_descriptors();
	}
	assert_int_equal(open_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host_gets_one_result_whatever_the_width),
		cmocka_unit_test(a_fleet_runs_again),
		cmocka_unit_test(an_empty_fleet_runs_at_once),
		cmocka_unit_test(a_command_is_required),
		cmocka_unit_test(every_host_may_talk_much),
		cmocka_unit_test(each_fault_has_its_own_status),
		cmocka_unit_test(
			a_refused_connection_is_retried_as_often_as_asked),
		cmocka_unit_test(a_failing_command_is_never_retried),
		cmocka_unit_test(the_runs_deadline_ends_all),
		cmocka_unit_test(a_callbacks_return_cancels),
		cmocka_unit_test(both_levels_of_cancel_end_the_run),
		cmocka_unit_test(a_run_cancelled_before_it_began_starts_nobody),
		cmocka_unit_test(nothing_stays_open),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
