/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/error.h"
#include "ssh/connect.h"

/* Longer than anything here takes that does not hang. */
#define LONG_MS 60000

/* When the next address is tried while one does not answer. */
#define NEXT_AFTER_MS 250

/* What an address does with those that ask to connect. */
enum manner {
	GOOD,    /* accepts */
	REFUSES, /* bound, but does not listen */
	DEAF,    /* drops what it is asked, as a firewall does */
	ALIEN    /* of a kind that this machine has no address of */
};

#define FILLERS 16

/* Addresses of 127.0.0.0/8 that share a port. */
struct street {
	struct addresses addresses;
	uint16_t port;
	int fds[ADDRESSES_MAX];
	int fillers[FILLERS];
	size_t filler_count;
};

/* The names are those that ld --wrap asks for. */
int __real_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);

/* Alien addresses are those of 127.0.0.0/8 with this bit. */
#define ALIEN_BIT 0x80
#define ALIEN_MASK (0xff000000 | ALIEN_BIT)

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	if (v4->sin_family == AF_INET &&
	    (ntohl(v4->sin_addr.s_addr) & ALIEN_MASK) ==
		    (0x7f000000 | ALIEN_BIT)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	return __real_connect(fd, address, size);
}

static struct sockaddr_in at(size_t i, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(0x7f000a01 + (uint32_t)i) },
	};
}

/* Fills the queue of a listener that never accepts. */
static void fill(struct street *street, size_t i)
{
	struct sockaddr_in address = at(i, street->port);
	while (street->filler_count < FILLERS) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_true(fd >= 0);
		(void)connect(fd, (struct sockaddr *)&address, sizeof address);
		street->fillers[street->filler_count++] = fd;
	}
}

/* Binds every address to the port; -1 when one of them has it taken. */
static int occupy(struct street *street, const enum manner *manners)
{
	for (size_t i = 0; i < street->addresses.count; i++) {
		struct sockaddr_in address = at(i, street->port);
		socklen_t size = sizeof address;
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		assert_true(fd >= 0);
		street->fds[i] = fd;
		if (bind(fd, (struct sockaddr *)&address, size) != 0)
			return -1;
		assert_int_equal(
			getsockname(fd, (struct sockaddr *)&address, &size), 0);
		street->port = ntohs(address.sin_port);
		if (manners[i] == GOOD || manners[i] == DEAF)
			assert_int_equal(
				listen(fd, manners[i] == DEAF ? 0 : 16), 0);
		if (manners[i] == DEAF)
			fill(street, i);
	}
	return 0;
}

static void demolish(struct street *street)
{
	for (size_t i = 0; i < street->filler_count; i++)
		(void)close(street->fillers[i]);
	for (size_t i = 0; i < street->addresses.count; i++)
		if (street->fds[i] >= 0)
			(void)close(street->fds[i]);
}

/* At most one of them may be deaf. */
static void build(struct street *street, const enum manner *manners,
		  size_t count)
{
	for (int tries = 0; tries < 20; tries++) {
		*street = (struct street){ .addresses.count = count };
		for (size_t i = 0; i < count; i++) {
			struct sockaddr_in address = at(i, 0);
			struct address *to = &street->addresses.list[i];
			if (manners[i] == ALIEN)
				address.sin_addr.s_addr |= htonl(ALIEN_BIT);
			to->v4 = address;
			to->size = sizeof address;
			street->fds[i] = -1;
		}
		if (occupy(street, manners) == 0)
			return;
		demolish(street);
	}
	fail_msg("no port is free on %zu addresses", count);
}

static size_t count_descriptors(void)
{
	size_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

struct outcome {
	int rc;
	int fd;
	int64_t took_ms;
	char tried[ADDRESS_TEXT_MAX];
	sshoal_error error;
};

static struct outcome connect_to(const struct street *street,
				 int64_t timeout_ms, int cancel_fd)
{
	struct outcome outcome = { .fd = -1 };
	int64_t from_ms = sshoal__clock_now_ms();
	outcome.rc = sshoal__connect(&outcome.fd, outcome.tried,
				     &street->addresses, NULL, street->port,
				     sshoal__deadline_in(timeout_ms), cancel_fd,
				     &outcome.error);
	outcome.took_ms = sshoal__clock_now_ms() - from_ms;
	assert_int_equal(outcome.fd >= 0, outcome.rc == 0);
	if (outcome.rc)
		assert_int_equal(outcome.error.code, outcome.rc);
	return outcome;
}

/* Sees that no descriptor but the one returned is left. No other thread may
 * open any meanwhile. */
static struct outcome try(const struct street *street, int64_t timeout_ms,
			  int cancel_fd)
{
	size_t before = count_descriptors();
	struct outcome outcome = connect_to(street, timeout_ms, cancel_fd);
	assert_int_equal(count_descriptors(),
			 before + (outcome.rc == 0 ? 1 : 0));
	return outcome;
}

static int option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;
	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

static void a_connection_is_made_as_it_is_wanted(void **state)
{
	(void)state;
	static const enum manner manners[] = { GOOD };
	struct street street;
	build(&street, manners, 1);
	struct outcome outcome = try(&street, LONG_MS, -1);
	assert_int_equal(outcome.rc, 0);
	assert_string_equal(outcome.tried, "127.0.10.1");
	assert_true(fcntl(outcome.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(outcome.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(option_of(outcome.fd, IPPROTO_TCP, TCP_NODELAY));
	assert_true(option_of(outcome.fd, SOL_SOCKET, SO_KEEPALIVE));
	assert_in_range(option_of(outcome.fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
			1000, 600000);
	int peer = accept(street.fds[0], NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(send(outcome.fd, "x", 1, MSG_NOSIGNAL), 1);
	char byte = 0;
	assert_int_equal(recv(peer, &byte, 1, 0), 1);
	(void)close(peer);
	(void)close(outcome.fd);
	demolish(&street);
}

static void a_closed_port_is_refused(void **state)
{
	(void)state;
	static const enum manner manners[] = { REFUSES, REFUSES };
	for (size_t count = 1; count <= 2; count++) {
		struct street street;
		char text[64];
		build(&street, manners, count);
		struct outcome outcome = try(&street, LONG_MS, -1);
		assert_int_equal(outcome.rc, SSHOAL_EREFUSED);
		assert_string_equal(outcome.tried,
				    count == 1 ? "127.0.10.1" : "127.0.10.2");
		(void)snprintf(text, sizeof text, "port %u: connection refused",
			       street.port);
		assert_string_equal(outcome.error.text, text);
		demolish(&street);
	}
}

static void the_first_address_that_answers_wins(void **state)
{
	(void)state;
	static const struct {
		enum manner manners[3];
		const char *winner;
		int64_t least_ms;
	} table[] = {
		{ { GOOD, GOOD, GOOD }, "127.0.10.1", 0 },
		{ { REFUSES, GOOD, GOOD }, "127.0.10.2", 0 },
		{ { REFUSES, REFUSES, GOOD }, "127.0.10.3", 0 },
		{ { DEAF, GOOD, REFUSES }, "127.0.10.2", NEXT_AFTER_MS },
		{ { REFUSES, DEAF, GOOD }, "127.0.10.3", NEXT_AFTER_MS },
		{ { DEAF, REFUSES, GOOD }, "127.0.10.3", NEXT_AFTER_MS },
		{ { ALIEN, ALIEN, GOOD }, "127.0.10.3", 0 },
		{ { REFUSES, ALIEN, GOOD }, "127.0.10.3", 0 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct street street;
		build(&street, table[i].manners, 3);
		struct outcome outcome = try(&street, LONG_MS, -1);
		assert_int_equal(outcome.rc, 0);
		assert_string_equal(outcome.tried, table[i].winner);
		/* The clock's two readings are of whole milliseconds. */
		assert_in_range(outcome.took_ms + 1, table[i].least_ms,
				LONG_MS / 2);
		(void)close(outcome.fd);
		demolish(&street);
	}
}

static void an_address_that_fails_makes_room_for_the_next_at_once(void **state)
{
	(void)state;
	static const enum manner manners[ADDRESSES_MAX] = {
		DEAF,    REFUSES, REFUSES, REFUSES,
		REFUSES, REFUSES, REFUSES, GOOD,
	};
	/* One of several runs is enough: the machine may be busy. */
	int64_t best_ms = INT64_MAX;
	for (int run = 0; run < 20 && best_ms >= 5 * NEXT_AFTER_MS; run++) {
		struct street street;
		build(&street, manners, ADDRESSES_MAX);
		struct outcome outcome = try(&street, LONG_MS, -1);
		assert_int_equal(outcome.rc, 0);
		assert_string_equal(outcome.tried, "127.0.10.8");
		best_ms = outcome.took_ms < best_ms ? outcome.took_ms : best_ms;
		(void)close(outcome.fd);
		demolish(&street);
	}
	assert_in_range(best_ms + 1, NEXT_AFTER_MS, 5 * NEXT_AFTER_MS);
}

static void no_answer_is_a_timeout_at_the_limit(void **state)
{
	(void)state;
	static const enum manner manners[] = { DEAF, REFUSES };
	static const int64_t timeouts[] = { 0, 30, 400 };
	for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
		struct street street;
		build(&street, manners, 2);
		struct outcome outcome = try(&street, timeouts[i], -1);
		assert_int_equal(outcome.rc, SSHOAL_ETIMEOUT);
		assert_in_range(outcome.took_ms, timeouts[i], LONG_MS / 2);
		assert_non_null(strstr(outcome.error.text, "no answer"));
		demolish(&street);
	}
}

struct canceller {
	pthread_t thread;
	pid_t sleeper;
	int fd;
};

static void *cancel(void *argument)
{
	const struct canceller *canceller = argument;
	await_asleep(canceller->sleeper);
	(void)eventfd_write(canceller->fd, 1);
	return NULL;
}

static void a_cancel_ends_the_wait(void **state)
{
	(void)state;
	static const enum manner manners[] = { DEAF };
	struct street street;
	build(&street, manners, 1);
	struct canceller canceller = { .sleeper = gettid(),
				       .fd = eventfd(0, EFD_CLOEXEC) };
	assert_true(canceller.fd >= 0);
	assert_int_equal(
		pthread_create(&canceller.thread, NULL, cancel, &canceller), 0);
	struct outcome outcome = connect_to(&street, -1, canceller.fd);
	assert_int_equal(outcome.rc, SSHOAL_ECANCELLED);
	assert_int_equal(pthread_join(canceller.thread, NULL), 0);
	/* It is set for good. */
	outcome = try(&street, -1, canceller.fd);
	assert_int_equal(outcome.rc, SSHOAL_ECANCELLED);
	(void)close(canceller.fd);
	demolish(&street);
}

static void where_no_way_leads_is_unreachable(void **state)
{
	(void)state;
	struct street street = { .port = 22 };
	assert_true(
		sshoal__resolve_numeric(&street.addresses, "255.255.255.255"));
	struct outcome outcome = try(&street, LONG_MS, -1);
	assert_int_equal(outcome.rc, SSHOAL_EUNREACHABLE);
	assert_string_equal(outcome.tried, "255.255.255.255");
	assert_memory_equal(outcome.error.text, "port 22: ", 9);
}

static void no_descriptor_left_is_of_this_machine(void **state)
{
	(void)state;
	static const enum manner manners[] = { GOOD, GOOD };
	struct rlimit before;
	struct street street;
	build(&street, manners, 2);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	int lowest = dup(STDIN_FILENO);
	assert_true(lowest >= 0);
	(void)close(lowest);
	const struct rlimit none = { .rlim_cur = (rlim_t)lowest,
				     .rlim_max = before.rlim_max };
	int fd = -1;
	char tried[ADDRESS_TEXT_MAX];
	sshoal_error error;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int rc = sshoal__connect(&fd, tried, &street.addresses, NULL,
				 street.port, DEADLINE_NONE, -1, &error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	assert_non_null(strstr(error.text, strerror(EMFILE)));
	assert_int_equal(fd, -1);
	demolish(&street);
}

static void ipv6_is_connected_too(void **state)
{
	(void)state;
	struct sockaddr_in6 own = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t size = sizeof own;
	int listener = socket(AF_INET6, SOCK_STREAM, 0);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&own, size) != 0) {
		(void)close(listener);
		print_message("there is no IPv6 here\n");
		skip();
	}
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&own, &size),
			 0);
	struct street street = { .port = ntohs(own.sin6_port) };
	assert_true(sshoal__resolve_numeric(&street.addresses, "::1"));
	struct outcome outcome = try(&street, LONG_MS, -1);
	assert_int_equal(outcome.rc, 0);
	assert_string_equal(outcome.tried, "::1");
	(void)close(outcome.fd);
	(void)close(listener);
}

static void it_comes_from_the_address_that_is_wanted(void **state)
{
	static const struct {
		const char *from;
		int rc;
	} table[] = {
		{ "127.0.0.99", 0 },
		{ "192.0.2.1", SSHOAL_EINVAL },
		{ "::1", SSHOAL_EINVAL },
	};
	struct sockaddr_in own = { .sin_family = AF_INET,
				   .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof own;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&own, size), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&own, &size),
			 0);
	struct addresses to;
	assert_true(sshoal__resolve_numeric(&to, "127.0.0.1"));
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct addresses from;
		char tried[ADDRESS_TEXT_MAX];
		sshoal_error error = { .code = 0 };
		int fd = -1;
		assert_true(sshoal__resolve_numeric(&from, table[i].from));
		assert_int_equal(sshoal__connect(&fd, tried, &to, &from.list[0],
						 ntohs(own.sin_port),
						 sshoal__deadline_in(LONG_MS),
						 -1, &error),
				 table[i].rc);
		if (table[i].rc) {
			assert_non_null(strstr(error.text, "BindAddress"));
			continue;
		}
		struct address local = { .size = sizeof local.v6 };
		assert_int_equal(getsockname(fd, &local.any, &local.size), 0);
		sshoal__address_text(tried, &local);
		assert_string_equal(tried, table[i].from);
		(void)close(fd);
	}
	(void)close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_is_made_as_it_is_wanted),
		cmocka_unit_test(a_closed_port_is_refused),
		cmocka_unit_test(the_first_address_that_answers_wins),
		cmocka_unit_test(
			an_address_that_fails_makes_room_for_the_next_at_once),
		cmocka_unit_test(no_answer_is_a_timeout_at_the_limit),
		cmocka_unit_test(a_cancel_ends_the_wait),
		cmocka_unit_test(where_no_way_leads_is_unreachable),
		cmocka_unit_test(no_descriptor_left_is_of_this_machine),
		cmocka_unit_test(ipv6_is_connected_too),
		cmocka_unit_test(it_comes_from_the_address_that_is_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
