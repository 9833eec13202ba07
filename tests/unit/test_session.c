/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "base/wire.h"
#include "ssh/session.h"
#include "trust/trust.h"

/* The peer of a session is the other end of a socket pair. */

/* Longer than anything here takes that does not hang. */
#define LONG_MS 60000

struct rig {
	struct watch watch;
	struct session *session;
	sshoal_error error;
	int peer;
};

static void begin(struct rig *rig, int cancel_fd)
{
	int ends[2];
	*rig = (struct rig){ .session = NULL };
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				    0, ends),
			 0);
	rig->peer = ends[1];
	sshoal__watch_init(&rig->watch);
	assert_int_equal(sshoal__session_new(&rig->session, ends[0],
					     &rig->watch, cancel_fd,
					     &rig->error),
			 0);
	assert_int_equal(rig->watch.fd, ends[0]);
}

static void end(struct rig *rig)
{
	sshoal__session_free(rig->session);
	assert_int_equal(rig->watch.fd, -1);
	sshoal__watch_fini(&rig->watch);
	(void)close(rig->peer);
}

static void say(const struct rig *rig, const void *bytes, size_t n)
{
	assert_int_equal(send(rig->peer, bytes, n, MSG_NOSIGNAL), n);
}

/* The peer will say no more; it still listens. */
static void fall_silent(const struct rig *rig)
{
	assert_int_equal(shutdown(rig->peer, SHUT_WR), 0);
}

static int shake_hands(struct rig *rig, int64_t timeout_ms)
{
	return sshoal__session_handshake(rig->session, 0,
					 sshoal__deadline_in(timeout_ms),
					 &rig->error);
}

/* What a session makes of a peer that says this and closes. */
static int outcome_of(const void *bytes, size_t n, sshoal_error *error)
{
	struct rig rig;
	begin(&rig, -1);
	say(&rig, bytes, n);
	fall_silent(&rig);
	int rc = shake_hands(&rig, LONG_MS);
	*error = rig.error;
	/* Whatever was wrong is final. */
	assert_int_equal(sshoal__session_wait(rig.session,
					      sshoal__deadline_in(LONG_MS),
					      NULL),
			 SSHOAL_ELOST);
	end(&rig);
	return rc;
}

static void a_server_that_closes_or_refuses_is_told_by_what_it_said(void **state)
{
	(void)state;
	static const struct {
		const char *said;
		int code;
		const char *text; /* a part of it */
	} table[] = {
		{ "", SSHOAL_EBUSY, "before its banner" },
		{ "Exceeded MaxStartups\r\n", SSHOAL_EBUSY,
		  "busy: Exceeded MaxStartups" },
		{ "Exceeded MaxStartups", SSHOAL_EBUSY, "busy" },
		{ "Not allowed at this time\r\n", SSHOAL_EBUSY,
		  "busy: Not allowed" },
		{ "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
		  SSHOAL_EPROTOCOL, "it said \"HTTP/1.1 400 Bad Request\"" },
		{ "220 mail ESMTP\r\n", SSHOAL_EPROTOCOL, "220 mail ESMTP" },
		{ "\r\n", SSHOAL_EPROTOCOL, "not an SSH-2 server" },
		{ "SSH-1.5-Old\r\n", SSHOAL_EPROTOCOL, "SSH-1.5-Old" },
		{ "SSH-2.1-New\r\n", SSHOAL_EPROTOCOL, "SSH-2.1-New" },
		{ "\x1b[2Jcleared\r\n", SSHOAL_EPROTOCOL, "\\x1b[2Jcleared" },
		{ "SSH-2.0-Test\r\n", SSHOAL_ELOST, "closed the connection" },
		{ "SSH-2.0-Test", SSHOAL_ELOST, "closed the connection" },
		{ "SSH-2.0-MaxStartups\r\n", SSHOAL_ELOST,
		  "closed the connection" },
		{ "SSH-1.99-Test\r\n", SSHOAL_ELOST, "closed the connection" },
		{ "Welcome\r\nto this host\r\nSSH-2.0-Test\r\n", SSHOAL_ELOST,
		  "closed the connection" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error;
		int rc = outcome_of(table[i].said, strlen(table[i].said),
				    &error);
		if (rc != table[i].code || error.code != rc ||
		    !strstr(error.text, table[i].text))
			print_message("\"%s\": %s: %s\n", table[i].said,
				 sshoal_error_name(rc), error.text);
	}
}

/* A server's first packets, as they are before the keys. */
static size_t put_packet(unsigned char *out, const void *payload, size_t n)
{
	size_t padding = 8 - (5 + n) % 8;
	padding += padding < 4 ? 8 : 0;
	sshoal__wire_store_u32(out, (uint32_t)(1 + n + padding));
	out[4] = (unsigned char)padding;
	memcpy(out + 5, payload, n);
	memset(out + 5 + n, 0, padding);
	return 5 + n + padding;
}

static size_t put_kexinit(unsigned char *out, const char *const lists[5])
{
	unsigned char payload[1000] = { 20 };
	size_t n = 17;
	for (size_t i = 0; i < 10; i++) {
		const char *list = i < 3  ? lists[i] :
				   i < 4  ? lists[2] :
				   i < 6  ? lists[3] :
				   i < 8  ? lists[4] :
					    "";
		size_t length = strlen(list);
		sshoal__wire_store_u32(payload + n, (uint32_t)length);
		memcpy(payload + n + 4, list, length);
		n += 4 + length;
	}
	return put_packet(out, payload, n + 5);
}

#define BANNER "SSH-2.0-Test\r\n"
#define BANNER_SIZE (sizeof BANNER - 1)

static const char *const usual[5] = { "curve25519-sha256", "ssh-ed25519",
				      "aes128-ctr", "hmac-sha2-256", "none" };

static void a_server_that_closes_anywhere_is_lost(void **state)
{
	(void)state;
	unsigned char said[1000] = BANNER;
	size_t n = BANNER_SIZE + put_kexinit(said + BANNER_SIZE, usual);
	for (size_t cut = 1; cut <= n; cut++) {
		sshoal_error error;
		int rc = outcome_of(said, cut, &error);
		if (rc != (cut < 7 ? SSHOAL_EPROTOCOL : SSHOAL_ELOST))
			print_message("after %zu bytes: %s: %s\n", cut,
				 sshoal_error_name(rc), error.text);
	}
}

static void a_packet_of_an_absurd_length_is_refused_at_once(void **state)
{
	(void)state;
	static const uint32_t lengths[] = { 0,          1,      2, 5,
					    0x7fffffff, 0x80000000,
					    UINT32_MAX, 0x53534820, 35001, 40000 };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct rig rig;
		unsigned char said[200];
		memset(said, 0xff, sizeof said);
		memcpy(said, BANNER, BANNER_SIZE);
		sshoal__wire_store_u32(said + BANNER_SIZE, lengths[i]);
		begin(&rig, -1);
		say(&rig, said, sizeof said);
		int rc = shake_hands(&rig, 1000);
		print_message("length %x: %s: %s\n", lengths[i],
				 sshoal_error_name(rc), rig.error.text);
		end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_closes_or_refuses_is_told_by_what_it_said),
		cmocka_unit_test(a_server_that_closes_anywhere_is_lost),
		cmocka_unit_test(a_packet_of_an_absurd_length_is_refused_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
