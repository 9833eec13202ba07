/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/bastion.h>

#include "servers/port.h"
#include "ssh/client_rig.h"
#include "ssh/stream_peer.h"

/* Answers to a bastion that come when nobody waits for them any more. */

static sshoal_bastion *bastion_at(const struct site *site)
{
	const sshoal_client_options options = site_options(site, "127.0.0.1");
	sshoal_bastion *bastion = NULL;
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_bastion_open(&bastion, &options, &error), 0,
		    "bastion", error.text);
	return bastion;
}

static int connected(sshoal_bastion *bastion, uint16_t port)
{
	int fd = -1;
	sshoal_error error = { .code = 0 };
	assert_code(sshoal_bastion_connect(bastion, "127.0.0.1", port, LONG_MS,
					   &fd, &error),
		    0, "connect", error.text);
	return fd;
}

/* A port whose connections get no answer, until it is closed. */
struct silence {
	int listener;
	int callers[4];
	uint16_t port;
};

static void silence_start(struct silence *silence)
{
	silence->listener = port_listen(&silence->port, 0);
	assert_true(silence->listener >= 0);
	for (size_t i = 0; i < 4; i++) {
		struct sockaddr_in to = {
			.sin_family = AF_INET,
			.sin_port = htons(silence->port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		silence->callers[i] = fd;
		(void)connect(fd, (struct sockaddr *)&to, sizeof to);
	}
}

static void silence_end(const struct silence *silence)
{
	for (size_t i = 0; i < 4; i++)
		(void)close(silence->callers[i]);
	(void)close(silence->listener);
}

static uint16_t port_of(int fd, bool of_peer)
{
	struct sockaddr_in address = { .sin_port = 0 };
	socklen_t size = sizeof address;
	int rc = of_peer ? getpeername(fd, (struct sockaddr *)&address, &size) :
			   getsockname(fd, (struct sockaddr *)&address, &size);
	return rc == 0 ? ntohs(address.sin_port) : 0;
}

/* The connection that somebody else than the callers made. */
static int accept_other(const struct silence *silence)
{
	for (;;) {
		struct pollfd wanted = { .fd = silence->listener,
					 .events = POLLIN };
		if (poll(&wanted, 1, 60000) != 1)
			return -1;
		int fd = accept(silence->listener, NULL, NULL);
		bool is_caller = false;
		for (size_t i = 0; i < 4; i++)
			is_caller |= port_of(silence->callers[i], false) ==
				     port_of(fd, true);
		if (!is_caller)
			return fd;
		(void)close(fd);
	}
}

/* The server is not left with a stream that nobody has any more. */
static void one_given_up_is_closed_when_it_comes(void **state)
{
	struct silence silence;
	silence_start(&silence);
	sshoal_bastion *bastion = bastion_at(*state);
	int fd = -1;
	assert_int_equal(sshoal_bastion_connect(bastion, "127.0.0.1",
						silence.port, 300, &fd, NULL),
			 SSHOAL_ETIMEOUT);
	int other = accept_other(&silence);
	assert_true(other >= 0);
	char bytes[16];
	struct pollfd wanted = { .fd = other, .events = POLLIN };
	assert_int_equal(poll(&wanted, 1, 60000), 1);
	assert_int_equal(read(other, bytes, sizeof bytes), 0);
	assert_int_equal(close(other), 0);
	sshoal_bastion_close(bastion);
	silence_end(&silence);
}

/* The answer to what was given up comes while another one is waited for. */
static void a_late_answer_costs_nothing(void **state)
{
	struct silence first, second;
	struct stream_peer echo;
	int fd = -1;
	silence_start(&first);
	silence_start(&second);
	stream_peer_start(&echo, STREAM_ECHO, 0);
	sshoal_bastion *bastion = bastion_at(*state);
	assert_int_equal(sshoal_bastion_connect(bastion, "127.0.0.1",
						first.port, 100, &fd, NULL),
			 SSHOAL_ETIMEOUT);
	silence_end(&first);
	/* The kernel asks again after 1 and 3 seconds and is refused then. */
	assert_int_equal(sshoal_bastion_connect(bastion, "127.0.0.1",
						second.port, 5000, &fd, NULL),
			 SSHOAL_ETIMEOUT);
	silence_end(&second);
	fd = connected(bastion, echo.port);
	assert_null(echo_fd(fd, 100000));
	assert_int_equal(close(fd), 0);
	sshoal_bastion_close(bastion);
	stream_peer_stop(&echo);
}

/* An answer that nobody wants is not waited for at the end: its thread would be
 * cut off after 5 seconds. */
static void closing_waits_for_none(void **state)
{
	struct silence silence;
	int fd = -1;
	silence_start(&silence);
	sshoal_bastion *bastion = bastion_at(*state);
	assert_int_equal(sshoal_bastion_connect(bastion, "127.0.0.1",
						silence.port, 300, &fd, NULL),
			 SSHOAL_ETIMEOUT);
	int64_t from_ms = now_ms();
	sshoal_bastion_close(bastion);
	assert_true(now_ms() - from_ms < 4500);
	silence_end(&silence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_answer_costs_nothing),
		cmocka_unit_test(closing_waits_for_none),
		cmocka_unit_test(one_given_up_is_closed_when_it_comes),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
