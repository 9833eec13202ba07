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

#include <sshoal/tunnel.h>

#include "servers/port.h"
#include "ssh/client_rig.h"
#include "ssh/stream_peer.h"

/* Streams to other hosts, moved by the calls of one client. */

#define BULK_BYTES ((size_t)8 * 1024 * 1024)

static unsigned char bulk[BULK_BYTES];

static sshoal_tunnel *tunnel_to(sshoal_client *client, uint16_t port)
{
	sshoal_tunnel *tunnel = NULL;
	sshoal_error error = { .code = 0 };
	assert_code(
		sshoal_tunnel_open(&tunnel, client, "127.0.0.1", port, &error),
		0, "tunnel", error.text);
	assert_non_null(tunnel);
	return tunnel;
}

static size_t read_tunnel(sshoal_tunnel *tunnel, void *bytes, size_t size)
{
	size_t done = 0;
	int64_t n = 1;
	while (done < size && n > 0) {
		n = sshoal_tunnel_read(tunnel, (char *)bytes + done,
				       size - done, LONG_MS);
		if (n < 0)
			fail_msg("read: %s: %s", sshoal_error_name((int)n),
				 sshoal_tunnel_error_text(tunnel));
		done += (size_t)n;
	}
	return done;
}

static void all_comes_back_and_ends(void **state)
{
	struct stream_peer echo;
	stream_peer_start(&echo, STREAM_ECHO, 0);
	sshoal_client *client = client_at(*state);
	sshoal_tunnel *tunnel = tunnel_to(client, echo.port);
	char byte;
	assert_int_equal(sshoal_tunnel_read(tunnel, &byte, 1, 0),
			 SSHOAL_ETIMEOUT);
	pattern_fill(bulk, BULK_BYTES, 0, STREAM_SEED);
	assert_int_equal(sshoal_tunnel_write(tunnel, bulk, BULK_BYTES, LONG_MS),
			 BULK_BYTES);
	assert_int_equal(sshoal_tunnel_close_write(tunnel), 0);
	assert_int_equal(sshoal_tunnel_write(tunnel, "x", 1, LONG_MS),
			 SSHOAL_ECLOSED);
	memset(bulk, 0, BULK_BYTES);
	assert_int_equal(read_tunnel(tunnel, bulk, BULK_BYTES), BULK_BYTES);
	assert_true(pattern_is(bulk, BULK_BYTES, 0, STREAM_SEED));
	assert_int_equal(sshoal_tunnel_read(tunnel, &byte, 1, LONG_MS), 0);
	assert_int_equal(sshoal_tunnel_read(tunnel, &byte, 1, LONG_MS), 0);
	sshoal_tunnel_close(tunnel);
	assert_fine(client);
	sshoal_client_close(client);
	stream_peer_stop(&echo);
}

/* Either side may end first; the other way goes on. */
static void each_way_ends_by_itself(void **state)
{
	struct stream_peer source, sink;
	char words[32] = "", expected[32];
	stream_peer_start(&source, STREAM_SOURCE, 100000);
	stream_peer_start(&sink, STREAM_SINK, 0);
	sshoal_client *client = client_at(*state);
	sshoal_tunnel *tunnel = tunnel_to(client, source.port);
	assert_int_equal(read_tunnel(tunnel, bulk, BULK_BYTES), 100000);
	assert_true(pattern_is(bulk, 100000, 0, STREAM_SEED));
	assert_int_equal(sshoal_tunnel_write(tunnel, bulk, 50000, LONG_MS),
			 50000);
	sshoal_tunnel_close(tunnel);
	tunnel = tunnel_to(client, sink.port);
	pattern_fill(bulk, BULK_BYTES, 0, STREAM_SEED);
	assert_int_equal(sshoal_tunnel_write(tunnel, bulk, BULK_BYTES, LONG_MS),
			 BULK_BYTES);
	assert_int_equal(sshoal_tunnel_close_write(tunnel), 0);
	(void)read_tunnel(tunnel, words, sizeof words - 1);
	(void)snprintf(expected, sizeof expected, "%zu", BULK_BYTES);
	assert_string_equal(words, expected);
	sshoal_tunnel_close(tunnel);
	sshoal_client_close(client);
	stream_peer_stop(&source);
	stream_peer_stop(&sink);
}

/* Tunnels are no commands: there are more than max_channels of them, and one
 * that is not read keeps nobody waiting. */
static void many_and_commands_beside_them(void **state)
{
	struct stream_peer echo, source;
	sshoal_tunnel *tunnels[20];
	stream_peer_start(&echo, STREAM_ECHO, 0);
	stream_peer_start(&source, STREAM_SOURCE, BULK_BYTES);
	sshoal_client *client = client_at(*state);
	sshoal_tunnel *unread = tunnel_to(client, source.port);
	for (size_t i = 0; i < 20; i++)
		tunnels[i] = tunnel_to(client, echo.port);
	sshoal_command *cat = started(client, "cat", NULL);
	for (int turn = 0; turn < 5; turn++) {
		for (size_t i = 0; i < 20; i++)
			assert_int_equal(sshoal_tunnel_write(tunnels[i], &i,
							     sizeof i, LONG_MS),
					 sizeof i);
		write_text(cat, "beside\n");
		assert_fine(client);
		await_text(cat, "beside\n");
		for (size_t i = 20; i-- > 0;) {
			size_t back = 99;
			assert_int_equal(
				read_tunnel(tunnels[i], &back, sizeof back),
				sizeof back);
			assert_int_equal(back, i);
		}
	}
	assert_int_equal(read_tunnel(unread, bulk, BULK_BYTES), BULK_BYTES);
	assert_true(pattern_is(bulk, BULK_BYTES, 0, STREAM_SEED));
	/* Some before the client, some after it. */
	for (size_t i = 0; i < 10; i++)
		sshoal_tunnel_close(tunnels[i]);
	sshoal_client_close(client);
	for (size_t i = 10; i < 20; i++) {
		char byte;
		assert_int_equal(sshoal_tunnel_read(tunnels[i], &byte, 1, -1),
				 SSHOAL_ECLOSED);
		assert_int_equal(sshoal_tunnel_write(tunnels[i], "x", 1, -1),
				 SSHOAL_ECLOSED);
		assert_int_equal(sshoal_tunnel_close_write(tunnels[i]),
				 SSHOAL_ECLOSED);
		assert_true(sshoal_tunnel_error_text(tunnels[i])[0] != 0);
		sshoal_tunnel_close(tunnels[i]);
	}
	sshoal_tunnel_close(unread);
	sshoal_command_free(cat);
	stream_peer_stop(&echo);
	stream_peer_stop(&source);
}

static void a_commands_status_is_not_a_tunnels(void **state)
{
	struct stream_peer echo;
	stream_peer_start(&echo, STREAM_ECHO, 0);
	sshoal_client *client = client_at(*state);
	sshoal_command *command = started(client, "cat; exit 7", NULL);
	sshoal_tunnel *tunnel = tunnel_to(client, echo.port);
	assert_int_equal(sshoal_command_close_stdin(command), 0);
	await_status(command, 7);
	sshoal_tunnel_close(tunnel);
	sshoal_command_free(command);
	sshoal_client_close(client);
	stream_peer_stop(&echo);
}

static void what_is_refused_has_its_reason(void **state)
{
	uint16_t port = 0;
	int fd = port_closed(&port);
	sshoal_client *client = client_at(*state);
	sshoal_tunnel *tunnel = NULL;
	sshoal_error error = { .code = 0 };
	assert_int_equal(
		sshoal_tunnel_open(&tunnel, client, "127.0.0.1", port, &error),
		SSHOAL_ECHANNEL);
	assert_null(tunnel);
	assert_int_equal(error.code, SSHOAL_ECHANNEL);
	assert_non_null(strstr(error.text, "127.0.0.1"));
	print_message("%s\n", error.text);
	assert_int_equal(sshoal_tunnel_open(&tunnel, client,
					    "no-such-host.invalid", 22, &error),
			 SSHOAL_ECHANNEL);
	assert_fine(client);
	sshoal_client_close(client);
	(void)close(fd);
}

static void a_server_that_forwards_nothing_refuses(void **state)
{
	(void)state;
	struct site site;
	const struct sshd_plan plan = { .more = "AllowTcpForwarding no\n" };
	assert_int_equal(site_start(&site, &plan), 0);
	sshoal_client *client = client_at(&site);
	sshoal_tunnel *tunnel = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_tunnel_open(&tunnel, client, "127.0.0.1",
					    site.sshd.port, &error),
			 SSHOAL_ECHANNEL);
	assert_fine(client);
	sshoal_client_close(client);
	site_stop(&site);
}

/* Where connections are swallowed, only a cancel ends the wait early; it costs
 * the client. */
static void a_cancelled_opening_loses_the_client(void **state)
{
	struct site *site = *state;
	struct peers peers;
	assert_int_equal(peers_start(&peers, site), 0);
	const sshoal_client_options deaf = raw_options(&peers, site, "deaf");
	sshoal_client_options options = site_options(site, "127.0.0.1");
	struct trigger trigger = { .process = site->sshd.process,
				   .words = "Accepted publickey" };
	trigger.times = process_count(trigger.process, trigger.words) + 1;
	trigger_start(&trigger);
	options.cancel = trigger.cancel;
	sshoal_client *client = NULL;
	sshoal_tunnel *tunnel = NULL;
	sshoal_error error = { .code = 0 };
	/* The cancel may come just before the client is open. */
	int rc = sshoal_client_open(&client, &options, &error);
	if (rc == 0) {
		rc = sshoal_tunnel_open(&tunnel, client, "127.0.0.1", deaf.port,
					&error);
		assert_code(rc, SSHOAL_ECANCELLED, "tunnel", error.text);
		assert_true(sshoal_client_pump(client, 0) < 0);
	}
	assert_code(rc, SSHOAL_ECANCELLED, "tunnel", error.text);
	assert_null(tunnel);
	sshoal_client_close(client);
	trigger_end(&trigger);
	peers_stop(&peers);
}

static void misuse_gives_a_code(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_tunnel *tunnel = NULL;
	char byte;
	assert_int_equal(sshoal_tunnel_open(NULL, client, "x", 1, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_tunnel_open(&tunnel, NULL, "x", 1, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_tunnel_open(&tunnel, client, NULL, 1, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_tunnel_open(&tunnel, client, "x", 0, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_tunnel_open(&tunnel, client, "x", 65536, NULL),
			 SSHOAL_EINVAL);
	assert_null(tunnel);
	assert_int_equal(sshoal_tunnel_read(NULL, &byte, 1, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_tunnel_write(NULL, "x", 1, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_tunnel_close_write(NULL), SSHOAL_EINVAL);
	assert_non_null(sshoal_tunnel_error_text(NULL));
	sshoal_tunnel_close(NULL);
	assert_fine(client);
	sshoal_client_close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_back_and_ends),
		cmocka_unit_test(each_way_ends_by_itself),
		cmocka_unit_test(many_and_commands_beside_them),
		cmocka_unit_test(a_commands_status_is_not_a_tunnels),
		cmocka_unit_test(what_is_refused_has_its_reason),
		cmocka_unit_test(a_server_that_forwards_nothing_refuses),
		cmocka_unit_test(a_cancelled_opening_loses_the_client),
		cmocka_unit_test(misuse_gives_a_code),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
