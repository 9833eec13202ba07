/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/wait.h"
#include "fleet/fleet.h"

/*
 * What becomes of a host whose session does not come back from a call into
 * libssh2: at its limit and some seconds it is cut off, then left behind.
 */

#define LIMIT_MS 100

/* Likewise of hosts that are to be connected before it comes. */
#define CROWD_LIMIT_MS 2000

/* How long after its limit a host is left behind, at the earliest, and a bound
 * that is met on a busy machine, too. */
#define GIVE_UP_MS 5000
#define LONG_MS 60000

/* Hosts at a time where there are many. */
#define CROWD 32

#define STUCK "127.0.0.2"
#define CLOSED "127.0.0.3"

/* A server without a word: it closes what it accepts, or listens until the
 * client has gone and says so then. */
struct server {
	pthread_t thread;
	int fd;
	uint16_t port;
	sem_t *gone; /* NULL: closes */
};

static int bound_socket(const char *address, uint16_t *port)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t size = sizeof own;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, address, &own.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	*port = ntohs(own.sin_port);
	return fd;
}

static void *serve(void *argument)
{
	const struct server *server = argument;
	for (;;) {
		char bytes[4096];
		int fd = accept(server->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		while (server->gone && recv(fd, bytes, sizeof bytes, 0) > 0)
			;
		(void)close(fd);
		if (server->gone)
			(void)sem_post(server->gone);
	}
}

static void start_server(struct server *server, sem_t *gone)
{
	*server = (struct server){ .gone = gone };
	server->fd = bound_socket(STUCK, &server->port);
	assert_int_equal(listen(server->fd, 16), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server),
			 0);
}

static void stop_server(struct server *server)
{
	assert_int_equal(shutdown(server->fd, SHUT_RDWR), 0);
	assert_int_equal(pthread_join(server->thread, NULL), 0);
	(void)close(server->fd);
}

/* What a run said of its hosts. */
struct seen {
	unsigned results;
	int status[2]; /* by index */
	int phase[2];
	int ran[2];
	uint32_t attempts[2];
	char text[2][256];
	unsigned exchanging; /* how many came to the key exchange */
};

static int on_result(const sshoal_result *result, void *data)
{
	struct seen *seen = data;
	size_t i = sshoal_result_index(result);
	const char *text = sshoal_result_error_text(result);
	seen->results++;
	if (i >= 2)
		return 0;
	seen->status[i] = sshoal_result_status(result);
	seen->phase[i] = sshoal_result_phase(result);
	seen->ran[i] = sshoal_result_ran(result);
	seen->attempts[i] = sshoal_result_attempts(result);
	strncpy(seen->text[i], text ? text : "", sizeof seen->text[i] - 1);
	return 0;
}

/* Stops the process when the whole crowd is at the key exchange. */
static int on_phase(const sshoal_target *target, int phase, void *data)
{
	struct seen *seen = data;
	(void)target;
	if (phase == SSHOAL_PHASE_KEX && ++seen->exchanging == CROWD)
		return raise(SIGSTOP) != 0;
	return 0;
}

/* A call that returns when it is let. */
static void stay(void *let)
{
	while (sem_wait(let))
		;
}

static int add(sshoal_fleet *fleet, const char *host, uint16_t port,
	       const char *user, int64_t limit_ms)
{
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = host;
	options.port = port;
	options.user = user;
	options.known_hosts_file = "/dev/null";
	options.connect_timeout_ms = limit_ms;
	return sshoal_fleet_add(fleet, &options, NULL);
}

static sshoal_fleet *new_fleet(uint32_t parallel)
{
	sshoal_fleet *fleet = NULL;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = parallel;
	options.logins_per_address = parallel;
	return sshoal_fleet_new(&fleet, &options, NULL) == 0 ? fleet : NULL;
}

static int run(sshoal_fleet *fleet, struct seen *seen, sshoal_summary *summary)
{
	static const sshoal_fleet_callbacks callbacks = { .result = on_result,
							  .phase = on_phase };
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_COMMAND;
	job.command = "true";
	return sshoal_fleet_run(fleet, &job, &callbacks, seen, summary);
}

static void a_host_stuck_in_a_call_is_left_behind_and_no_other(void **state)
{
	(void)state;
	sem_t let;
	struct server server;
	struct seen seen = { .results = 0 };
	sshoal_summary summary;
	uint16_t closed_port;
	int closed = bound_socket(CLOSED, &closed_port);
	assert_int_equal(sem_init(&let, 0, 0), 0);
	start_server(&server, NULL);
	size_t threads = count_threads();
	sshoal_fleet *fleet = new_fleet(1);
	assert_non_null(fleet);
	assert_int_equal(add(fleet, STUCK, server.port, "nobody", LIMIT_MS), 0);
	assert_int_equal(add(fleet, CLOSED, closed_port, "nobody", LONG_MS), 0);
	sshoal__fleet_spin(fleet, STUCK, stay, &let);
	int64_t from_ms = sshoal__clock_now_ms();
	assert_int_equal(run(fleet, &seen, &summary), 0);
	int64_t took_ms = sshoal__clock_now_ms() - from_ms;
	assert_in_range(took_ms, LIMIT_MS + GIVE_UP_MS, LONG_MS);
	assert_int_equal(seen.results, 2);
	assert_int_equal(seen.status[0], SSHOAL_STATUS_CONNECT_TIMEOUT);
	assert_int_equal(seen.phase[0], SSHOAL_PHASE_KEX);
	assert_int_equal(seen.ran[0], SSHOAL_RAN_NO);
	assert_int_equal(seen.attempts[0], 1);
	assert_non_null(strstr(seen.text[0], "left behind"));
	/* Its turn came although the only worker never came back. */
	assert_int_equal(seen.status[1], SSHOAL_STATUS_REFUSED);
	assert_int_equal(summary.targets, 2);
	assert_int_equal(summary.given_up, 1);
	assert_int_equal(summary.statuses[SSHOAL_STATUS_CONNECT_TIMEOUT], 1);
	assert_int_equal(summary.statuses[SSHOAL_STATUS_REFUSED], 1);
	/* The thread is there, and goes on after the fleet has gone. */
	assert_int_equal(count_threads(), threads + 1);
	sshoal_fleet_free(fleet);
	assert_int_equal(sem_post(&let), 0);
	await_threads(threads);
	stop_server(&server);
	(void)sem_destroy(&let);
	(void)close(closed);
}

static void a_call_that_returns_when_it_was_cut_off_is_late_only(void **state)
{
	(void)state;
	sem_t let;
	struct server server;
	struct seen seen = { .results = 0 };
	sshoal_summary summary;
	assert_int_equal(sem_init(&let, 0, 0), 0);
	start_server(&server, &let);
	size_t threads = count_threads();
	sshoal_fleet *fleet = new_fleet(1);
	assert_non_null(fleet);
	assert_int_equal(add(fleet, STUCK, server.port, "nobody", LIMIT_MS), 0);
	sshoal__fleet_spin(fleet, STUCK, stay, &let);
	assert_int_equal(run(fleet, &seen, &summary), 0);
	assert_int_equal(seen.results, 1);
	assert_int_equal(seen.status[0], SSHOAL_STATUS_CONNECT_TIMEOUT);
	assert_int_equal(seen.phase[0], SSHOAL_PHASE_KEX);
	assert_int_equal(summary.given_up, 0);
	assert_int_equal(count_threads(), threads);
	sshoal_fleet_free(fleet);
	stop_server(&server);
	(void)sem_destroy(&let);
}

/* Runs in a process of its own: 0 when all hosts were too late and none was
 * left behind. */
static int run_with_silent_hosts(uint16_t port)
{
	struct seen seen = { .results = 0 };
	sshoal_summary summary;
	sshoal_fleet *fleet = new_fleet(CROWD);
	for (unsigned i = 0; fleet && i < CROWD; i++) {
		char user[16];
		(void)snprintf(user, sizeof user, "user%u", i);
		if (add(fleet, STUCK, port, user, CROWD_LIMIT_MS))
			return 1;
	}
	if (!fleet || run(fleet, &seen, &summary))
		return 1;
	sshoal_fleet_free(fleet);
	if (summary.given_up)
		return 2;
	return summary.statuses[SSHOAL_STATUS_CONNECT_TIMEOUT] == CROWD ? 0 : 3;
}

/* Stopped by Ctrl-Z, say, until all limits have long passed. */
static void a_process_that_was_stopped_leaves_no_host_behind(void **state)
{
	(void)state;
	uint16_t port;
	int status = -1;
	int fd = bound_socket(STUCK, &port);
	assert_int_equal(listen(fd, 2 * CROWD), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(run_with_silent_hosts(port));
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	(void)sshoal__wait_any(
		NULL, 0,
		sshoal__deadline_in(CROWD_LIMIT_MS + GIVE_UP_MS + 1500), -1);
	assert_int_equal(kill(child, SIGCONT), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* The first: a process with one thread can be forked. */
		cmocka_unit_test(
			a_process_that_was_stopped_leaves_no_host_behind),
		cmocka_unit_test(
			a_host_stuck_in_a_call_is_left_behind_and_no_other),
		cmocka_unit_test(
			a_call_that_returns_when_it_was_cut_off_is_late_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
