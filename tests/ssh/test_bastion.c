/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/bastion.h>

#include "servers/port.h"
#include "ssh/client_rig.h"
#include "ssh/stream_peer.h"

/* A bastion's streams as descriptors, from any thread. */

#define BULK_BYTES ((uint64_t)16 * 1024 * 1024)
#define THREADS 20

static sshoal_bastion *bastion_of(const sshoal_client_options *options)
{
	sshoal_bastion *bastion = NULL;
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_bastion_open(&bastion, options, &error), 0,
		    "bastion", error.text);
	assert_non_null(bastion);
	return bastion;
}

static sshoal_bastion *bastion_at(const struct site *site)
{
	const sshoal_client_options options = site_options(site, "127.0.0.1");
	return bastion_of(&options);
}

static int connected(sshoal_bastion *bastion, uint16_t port)
{
	int fd = -1;
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_bastion_connect(bastion, "127.0.0.1", port, LONG_MS,
					   &fd, &error),
		    0, "connect", error.text);
	assert_true(fd >= 0);
	return fd;
}

static void a_stream_is_a_socket_that_is_the_callers(void **state)
{
	struct stream_peer echo;
	stream_peer_start(&echo, STREAM_ECHO, 0);
	sshoal_bastion *bastion = bastion_at(*state);
	int type = 0;
	socklen_t size = sizeof type;
	int fd = connected(bastion, echo.port);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size), 0);
	assert_int_equal(type, SOCK_STREAM);
	assert_null(echo_fd(fd, BULK_BYTES));
	assert_int_equal(close(fd), 0);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&echo);
}

/* --- many threads --- */

struct user {
	sshoal_bastion *bastion;
	uint16_t port;
	uint64_t bytes;
	const char *fault;
	pthread_t thread;
};

static void *use(void *argument)
{
	struct user *user = argument;
	int fd = -1;
	if (sshoal_bastion_connect(user->bastion, "127.0.0.1", user->port,
				   LONG_MS, &fd, NULL)) {
		user->fault = "not connected";
		return NULL;
	}
	user->fault = echo_fd(fd, user->bytes);
	(void)close(fd);
	return NULL;
}

static void twenty_threads_have_streams_of_their_own(void **state)
{
	struct stream_peer echo;
	struct user users[THREADS];
	stream_peer_start(&echo, STREAM_ECHO, 0);
	sshoal_bastion *bastion = bastion_at(*state);
	for (unsigned i = 0; i < THREADS; i++) {
		users[i] = (struct user){ .bastion = bastion,
					  .port = echo.port,
					  .bytes = (uint64_t)i * i * 4001 };
		assert_int_equal(
			pthread_create(&users[i].thread, NULL, use, &users[i]),
			0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(users[i].thread, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		if (users[i].fault)
			fail_msg("thread %u: %s", i, users[i].fault);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&echo);
}

/* --- ends --- */

static void each_way_ends_by_itself(void **state)
{
	struct stream_peer source, sink;
	static unsigned char bytes[200000];
	char words[32] = "";
	stream_peer_start(&source, STREAM_SOURCE, 100000);
	stream_peer_start(&sink, STREAM_SINK, 0);
	sshoal_bastion *bastion = bastion_at(*state);
	int fd = connected(bastion, source.port);
	assert_int_equal(read_fd(fd, bytes, sizeof bytes), 100000);
	assert_true(pattern_is(bytes, 100000, 0, STREAM_SEED));
	/* The far end still listens. */
	assert_int_equal(write_fd(fd, bytes, 100000), 0);
	assert_int_equal(close(fd), 0);
	fd = connected(bastion, sink.port);
	pattern_fill(bytes, sizeof bytes, 0, STREAM_SEED);
	assert_int_equal(write_fd(fd, bytes, sizeof bytes), 0);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_true(read_fd(fd, words, sizeof words - 1) > 0);
	assert_string_equal(words, "200000");
	assert_int_equal(close(fd), 0);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&source);
	stream_peer_stop(&sink);
}

static void who_never_reads_stops_nobody(void **state)
{
	struct stream_peer echo, source, mute;
	static unsigned char bytes[65536];
	stream_peer_start(&echo, STREAM_ECHO, 0);
	stream_peer_start(&source, STREAM_SOURCE, 2 * BULK_BYTES);
	stream_peer_start(&mute, STREAM_MUTE, 0);
	sshoal_bastion *bastion = bastion_at(*state);
	int unread = connected(bastion, source.port);
	int unheard = connected(bastion, mute.port);
	/* As much as there is room for. */
	assert_int_equal(fcntl(unheard, F_SETFL, O_NONBLOCK), 0);
	struct pollfd room = { .fd = unheard, .events = POLLOUT };
	while (poll(&room, 1, 200) == 1)
		if (write(unheard, bytes, sizeof bytes) < 0)
			break;
	int fd = connected(bastion, echo.port);
	assert_null(echo_fd(fd, BULK_BYTES));
	assert_int_equal(close(fd), 0);
	/* It is all there when it is read after all. */
	uint64_t done = 0;
	ssize_t n = read(unread, bytes, sizeof bytes);
	for (; n > 0; n = read(unread, bytes, sizeof bytes)) {
		assert_true(pattern_is(bytes, (size_t)n, done, STREAM_SEED));
		done += (uint64_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(done, 2 * BULK_BYTES);
	assert_int_equal(close(unread), 0);
	assert_int_equal(close(unheard), 0);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&echo);
	stream_peer_stop(&source);
	stream_peer_stop(&mute);
}

/* A server that asks for a sign of life gets one, though nobody reads what it
 * has sent before. */
static void who_never_reads_keeps_the_server(void **state)
{
	(void)state;
	struct site site;
	const struct sshd_plan plan = {
		.more = "ClientAliveInterval 1\nClientAliveCountMax 1\n",
	};
	assert_int_equal(site_start(&site, &plan), 0);
	struct stream_peer source;
	stream_peer_start(&source, STREAM_SOURCE, BULK_BYTES);
	sshoal_bastion *bastion = bastion_at(&site);
	int fd = connected(bastion, source.port);
	assert_false(
		process_wait(site.sshd.process, "Timeout, client", 1, 8000));
	static unsigned char bytes[65536];
	uint64_t done = 0;
	ssize_t n = read(fd, bytes, sizeof bytes);
	for (; n > 0; n = read(fd, bytes, sizeof bytes))
		done += (uint64_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(done, BULK_BYTES);
	assert_int_equal(close(fd), 0);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&source);
	site_stop(&site);
}

static void a_close_ends_every_stream(void **state)
{
	struct stream_peer echo;
	int fds[10];
	stream_peer_start(&echo, STREAM_ECHO, 0);
	size_t before = count_fds();
	sshoal_bastion *bastion = bastion_at(*state);
	for (size_t i = 0; i < 10; i++)
		fds[i] = connected(bastion, echo.port);
	sshoal_bastion_close(bastion);
	for (size_t i = 0; i < 10; i++) {
		char byte;
		assert_true(read(fds[i], &byte, 1) <= 0);
		assert_int_equal(close(fds[i]), 0);
	}
	stream_peer_stop(&echo);
	assert_int_equal(count_fds(), before - 1);
}

static void two_hundred_are_open_and_no_more(void **state)
{
	uint16_t port = 0;
	int listener = port_listen(&port, 256), fds[201];
	sshoal_bastion *bastion = bastion_at(*state);
	sshoal_error error = { .code = 0 };
	for (size_t i = 0; i < 200; i++)
		fds[i] = connected(bastion, port);
	assert_int_equal(sshoal_bastion_connect(bastion, "127.0.0.1", port,
						LONG_MS, &fds[200], &error),
			 SSHOAL_ELIMIT);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(close(fds[i]), 0);
	/* Their places come back once the far ends have closed, too. */
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(close(accept(listener, NULL, NULL)), 0);
	int rc = SSHOAL_ELIMIT;
	while (rc == SSHOAL_ELIMIT)
		rc = sshoal_bastion_connect(bastion, "127.0.0.1", port, LONG_MS,
					    &fds[0], &error);
	assert_code(rc, 0, "connect", error.text);
	assert_int_equal(close(fds[0]), 0);
	sshoal_bastion_close(bastion);
	(void)close(listener);
}

/* --- what does not come about --- */

static void what_is_refused_has_its_reason(void **state)
{
	uint16_t port = 0;
	int closed = port_closed(&port), fd = -1;
	sshoal_bastion *bastion = bastion_at(*state);
	sshoal_error error = { .code = 0 };
	assert_int_equal(sshoal_bastion_connect(bastion, "127.0.0.1", port,
						LONG_MS, &fd, &error),
			 SSHOAL_ECHANNEL);
	assert_int_equal(fd, -1);
	assert_int_equal(error.code, SSHOAL_ECHANNEL);
	assert_non_null(strstr(error.text, "127.0.0.1"));
	assert_int_equal(sshoal_bastion_connect(bastion, "no-host.invalid", 22,
						LONG_MS, &fd, &error),
			 SSHOAL_ECHANNEL);
	assert_int_equal(fd, -1);
	(void)close(closed);
	sshoal_bastion_close(bastion);
}

static void one_given_up_costs_the_others_nothing(void **state)
{
	struct site *site = *state;
	struct peers peers;
	struct stream_peer echo;
	assert_int_equal(peers_start(&peers, site), 0);
	const sshoal_client_options deaf = raw_options(&peers, site, "deaf");
	stream_peer_start(&echo, STREAM_ECHO, 0);
	sshoal_bastion *bastion = bastion_at(site);
	int before = connected(bastion, echo.port), fd = -1;
	sshoal_error error = { .code = 0 };
	for (int i = 0; i < 5; i++) {
		assert_int_equal(sshoal_bastion_connect(bastion, "127.0.0.1",
							deaf.port, i * 50, &fd,
							&error),
				 SSHOAL_ETIMEOUT);
		assert_int_equal(fd, -1);
		assert_int_equal(error.code, SSHOAL_ETIMEOUT);
		int other = connected(bastion, echo.port);
		assert_null(echo_fd(other, 100000));
		assert_int_equal(close(other), 0);
	}
	assert_null(echo_fd(before, 100000));
	assert_int_equal(close(before), 0);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&echo);
	peers_stop(&peers);
}

/* One thread waits for ever; the server dies. */
static void *wait_for_ever(void *argument)
{
	struct user *user = argument;
	int fd = -1;
	int rc = sshoal_bastion_connect(user->bastion, "127.0.0.1", user->port,
					-1, &fd, NULL);
	user->fault = rc == SSHOAL_ELOST ? NULL : "not lost";
	return NULL;
}

static void a_bastion_that_is_gone_is_lost(void **state)
{
	(void)state;
	struct site site;
	struct peers peers;
	struct stream_peer echo;
	const struct sshd_plan plan = { .log_level = "DEBUG1" };
	assert_int_equal(site_start(&site, &plan), 0);
	assert_int_equal(peers_start(&peers, &site), 0);
	const sshoal_client_options deaf = raw_options(&peers, &site, "deaf");
	stream_peer_start(&echo, STREAM_ECHO, 0);
	sshoal_bastion *bastion = bastion_at(&site);
	int fd = connected(bastion, echo.port), none = -1;
	struct user user = { .bastion = bastion, .port = (uint16_t)deaf.port };
	size_t asked = process_count(site.sshd.process, "direct-tcpip");
	assert_int_equal(
		pthread_create(&user.thread, NULL, wait_for_ever, &user), 0);
	assert_true(process_wait(site.sshd.process, "direct-tcpip", asked + 1,
				 LONG_MS));
	sshd_stop(&site.sshd);
	char byte;
	assert_true(read(fd, &byte, 1) <= 0);
	assert_int_equal(pthread_join(user.thread, NULL), 0);
	assert_null(user.fault);
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_bastion_connect(bastion, "127.0.0.1", echo.port,
					   LONG_MS, &none, &error),
		    SSHOAL_ELOST, "connect", error.text);
	uint32_t port = 0;
	assert_int_equal(
		sshoal_bastion_listen(bastion, NULL, &port, LONG_MS, &error),
		SSHOAL_ELOST);
	assert_int_equal(close(fd), 0);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&echo);
	peers_stop(&peers);
	site_stop(&site);
}

static void openings_fail_as_a_clients_do(void **state)
{
	sshoal_client_options options = site_options(*state, "127.0.0.1");
	sshoal_bastion *bastion = NULL;
	sshoal_error error = { .code = 0 };
	const struct site *site = *state;
	options.key_file = site->host_key;
	assert_int_equal(sshoal_bastion_open(&bastion, &options, &error),
			 SSHOAL_EAUTH);
	assert_tells(&error, SSHOAL_EAUTH, "127.0.0.1");
	options.host = NULL;
	assert_int_equal(sshoal_bastion_open(&bastion, &options, &error),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_open(&bastion, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_open(NULL, &options, NULL),
			 SSHOAL_EINVAL);
	assert_null(bastion);
	sshoal_bastion_close(NULL);
}

/* --- listening --- */

static int connect_here(uint32_t port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)port),
					     .sin_addr = {
						     htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&address, sizeof address),
		0);
	return fd;
}

static void connections_come_to_ports_that_it_listens_on(void **state)
{
	sshoal_bastion *bastion = bastion_at(*state);
	uint32_t ports[2] = { 0, 0 };
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_bastion_listen(bastion, "127.0.0.1", &ports[0],
					  LONG_MS, &error),
		    0, "listen", error.text);
	assert_code(sshoal_bastion_listen(bastion, NULL, &ports[1], LONG_MS,
					  &error),
		    0, "listen", error.text);
	assert_true(ports[0] > 0 && ports[1] > 0 && ports[0] != ports[1]);
	int fd = -1;
	assert_int_equal(
		sshoal_bastion_accept(bastion, ports[0], 0, &fd, &error),
		SSHOAL_ETIMEOUT);
	assert_int_equal(sshoal_bastion_accept(bastion, 1, 0, &fd, &error),
			 SSHOAL_EINVAL);
	assert_int_equal(fd, -1);
	for (size_t i = 0; i < 2; i++) {
		char words[8] = "";
		int here[3];
		for (size_t k = 0; k < 3; k++)
			here[k] = connect_here(ports[i]);
		for (size_t k = 0; k < 3; k++) {
			assert_code(sshoal_bastion_accept(bastion, ports[i],
							  LONG_MS, &fd, &error),
				    0, "accept", error.text);
			assert_int_equal(write_fd(here[k], "there", 5), 0);
			assert_int_equal(shutdown(here[k], SHUT_WR), 0);
			assert_int_equal(read_fd(fd, words, sizeof words), 5);
			assert_memory_equal(words, "there", 5);
			assert_int_equal(write_fd(fd, "back", 4), 0);
			assert_int_equal(close(fd), 0);
			assert_int_equal(read_fd(here[k], words, sizeof words),
					 4);
			assert_memory_equal(words, "back", 4);
			assert_int_equal(close(here[k]), 0);
		}
	}
	sshoal_bastion_close(bastion);
	/* The server has seen the end in a moment. */
	int64_t until_ms = now_ms() + LONG_MS;
	while (port_answers((uint16_t)ports[0]))
		assert_true(now_ms() < until_ms);
}

static void a_port_that_is_taken_is_refused(void **state)
{
	uint16_t taken = 0;
	int listener = port_listen(&taken, 1);
	sshoal_bastion *bastion = bastion_at(*state);
	sshoal_error error = { .code = 0 };
	uint32_t port = taken;
	assert_code(sshoal_bastion_listen(bastion, "127.0.0.1", &port, LONG_MS,
					  &error),
		    SSHOAL_ECHANNEL, "listen", error.text);
	assert_int_equal(port, taken);
	(void)close(listener);
	sshoal_bastion_close(bastion);
}

static void misuse_gives_a_code(void **state)
{
	sshoal_bastion *bastion = bastion_at(*state);
	uint32_t port = 65536;
	int fd = -1;
	assert_int_equal(sshoal_bastion_connect(NULL, "x", 1, 0, &fd, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_connect(bastion, NULL, 1, 0, &fd, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_connect(bastion, "x", 0, 0, &fd, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(
		sshoal_bastion_connect(bastion, "x", 65536, 0, &fd, NULL),
		SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_connect(bastion, "x", 1, -2, &fd, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_connect(bastion, "x", 1, 0, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_listen(bastion, NULL, &port, 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_listen(bastion, NULL, NULL, 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_listen(NULL, NULL, &port, 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_accept(NULL, 1, 0, &fd, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_bastion_accept(bastion, 1, 0, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(fd, -1);
	sshoal_bastion_close(bastion);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_a_socket_that_is_the_callers),
		cmocka_unit_test(twenty_threads_have_streams_of_their_own),
		cmocka_unit_test(each_way_ends_by_itself),
		cmocka_unit_test(who_never_reads_stops_nobody),
		cmocka_unit_test(who_never_reads_keeps_the_server),
		cmocka_unit_test(a_close_ends_every_stream),
		cmocka_unit_test(two_hundred_are_open_and_no_more),
		cmocka_unit_test(what_is_refused_has_its_reason),
		cmocka_unit_test(one_given_up_costs_the_others_nothing),
		cmocka_unit_test(a_bastion_that_is_gone_is_lost),
		cmocka_unit_test(openings_fail_as_a_clients_do),
		cmocka_unit_test(connections_come_to_ports_that_it_listens_on),
		cmocka_unit_test(a_port_that_is_taken_is_refused),
		cmocka_unit_test(misuse_gives_a_code),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
