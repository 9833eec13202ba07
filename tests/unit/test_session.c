/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "base/wire.h"
#include "session_rig.h"
#include "trust/trust.h"

/* What a session makes of what its server says before there are keys. */

/* What a session makes of a peer that says this and closes. */
static int outcome_of(const void *bytes, size_t n, sshoal_error *error)
{
	struct rig rig;
	rig_begin(&rig, -1);
	rig_say(&rig, bytes, n);
	rig_fall_silent(&rig);
	int rc = rig_shake_hands(&rig, LONG_MS);
	*error = rig.error;
	assert_int_equal(error->code, rc);
	/* Whatever was wrong is final. */
	assert_int_equal(sshoal__session_wait(rig.session,
					      sshoal__deadline_in(LONG_MS),
					      NULL),
			 SSHOAL_ELOST);
	rig_end(&rig);
	return rc;
}

static void a_server_that_goes_is_judged_by_what_it_said(void **state)
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
		{ "SSH-1.5-Old\r\n", SSHOAL_EPROTOCOL, "\"SSH-1.5-Old\"" },
		{ "SSH-2.1-New\r\n", SSHOAL_EPROTOCOL, "\"SSH-2.1-New\"" },
		{ "Welcome\r\nSSH-1.5-Old\r\n", SSHOAL_EPROTOCOL,
		  "\"SSH-1.5-Old\"" },
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
		if (rc != table[i].code || !strstr(error.text, table[i].text))
			fail_msg("\"%s\": %s: %s", table[i].said,
				 sshoal_error_name(rc), error.text);
	}
}

static void a_server_that_resets_before_its_banner_is_busy(void **state)
{
	(void)state;
	struct rig rig;
	rig_begin(&rig, -1);
	assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	/* Our banner lies there unread. */
	(void)close(rig.peer);
	rig.peer = -1;
	assert_int_equal(rig_shake_hands(&rig, LONG_MS), SSHOAL_EBUSY);
	rig_end(&rig);
}

static void lines_before_the_banner_may_come_one_by_one(void **state)
{
	(void)state;
	static const char *const lines[] = { "Welcome\r\n", " \r\n",
					     "to this host\n" };
	struct rig rig;
	rig_begin(&rig, -1);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		rig_say(&rig, lines[i], strlen(lines[i]));
		assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
		assert_string_equal(sshoal__session_banner(rig.session), "");
	}
	rig_say(&rig, BANNER, BANNER_SIZE);
	assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	assert_string_equal(sshoal__session_banner(rig.session),
			    "SSH-2.0-Test");
	rig_end(&rig);
}

static void a_server_that_goes_at_any_byte_is_lost(void **state)
{
	(void)state;
	unsigned char said[RIG_HELLO_MAX];
	size_t n = rig_put_hello(said, &rig_usual);
	for (size_t cut = 1; cut <= n; cut++) {
		sshoal_error error;
		int rc = outcome_of(said, cut, &error);
		/* The first bytes could be of anything. */
		if (rc != (cut < 4 ? SSHOAL_EPROTOCOL : SSHOAL_ELOST))
			fail_msg("after %zu bytes: %s: %s", cut,
				 sshoal_error_name(rc), error.text);
	}
}

static void what_a_server_says_may_come_byte_by_byte(void **state)
{
	(void)state;
	unsigned char said[RIG_HELLO_MAX];
	size_t n = rig_put_hello(said, &rig_usual);
	uint64_t sent_bytes = 0;
	struct rig rig;
	rig_begin(&rig, -1);
	for (size_t i = 0; i < n; i++) {
		sent_bytes = rig.session->sent_bytes;
		rig_say(&rig, &said[i], 1);
		assert_int_equal(rig_shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	}
	/* The last byte, and no other before it, is followed by our half of
	 * the key exchange. */
	assert_true(rig.session->sent_bytes > sent_bytes);
	assert_int_equal(rig.session->received_bytes, n);
	rig_end(&rig);
}

static void no_algorithm_in_common_names_what_is_offered(void **state)
{
	(void)state;
	static const struct {
		struct rig_offer offer;
		uint32_t kinds;
		int code;
		const char *text;
	} table[] = {
		{ { { "kex@old", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256",
		      "none" } },
		  0,
		  SSHOAL_EPROTOCOL,
		  "offers key exchange kex@old; host keys ssh-ed25519" },
		{ { { "curve25519-sha256", "ssh-ed25519", "\x1b[2J",
		      "hmac-sha2-256", "none" } },
		  0,
		  SSHOAL_EPROTOCOL,
		  "ciphers \\x1b[2J" },
		{ { { "curve25519-sha256", "ecdsa-sha2-nistp256", "aes128-ctr",
		      "hmac-sha2-256", "none" } },
		  TRUST_ED25519,
		  SSHOAL_EHOSTKEY_CHANGED,
		  "HOST KEY CHANGED" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		unsigned char said[RIG_HELLO_MAX];
		size_t n = rig_put_hello(said, &table[i].offer);
		struct rig rig;
		rig_begin(&rig, -1);
		rig_say(&rig, said, n);
		int rc = sshoal__session_handshake(
			rig.session, table[i].kinds, NULL,
			sshoal__deadline_in(LONG_MS), &rig.error);
		if (rc != table[i].code ||
		    !strstr(rig.error.text, table[i].text))
			fail_msg("%zu: %s: %s", i, sshoal_error_name(rc),
				 rig.error.text);
		rig_end(&rig);
	}
}

static void a_disconnect_says_why_and_is_harmless(void **state)
{
	(void)state;
	static const unsigned char payload[] = "\1\0\0\0\13\0\0\0\7go\x1b[2J!"
					       "\0\0\0\0";
	unsigned char said[200] = BANNER;
	size_t n = BANNER_SIZE + rig_put_packet(said + BANNER_SIZE, payload,
						sizeof payload - 1);
	sshoal_error error;
	assert_int_equal(outcome_of(said, n, &error), SSHOAL_ELOST);
	assert_string_equal(error.text, "the server disconnected: go\\x1b[2J!");
}

static void a_packet_of_an_absurd_length_is_refused_at_once(void **state)
{
	(void)state;
	static const uint32_t lengths[] = { 0,          1,          2,
					    5,          0x48545450, 0x7fffffff,
					    0x80000000, UINT32_MAX, 40001 };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct rig rig;
		unsigned char said[200];
		memset(said, 0xff, sizeof said);
		memcpy(said, BANNER, BANNER_SIZE);
		sshoal__wire_store_u32(said + BANNER_SIZE, lengths[i]);
		rig_begin(&rig, -1);
		/* It stays there: nothing but the length can be the reason. */
		rig_say(&rig, said, sizeof said);
		int rc = rig_shake_hands(&rig, LONG_MS);
		if (rc != SSHOAL_EPROTOCOL)
			fail_msg("%u: %s: %s", lengths[i],
				 sshoal_error_name(rc), rig.error.text);
		rig_end(&rig);
	}
}

/* A peer that says the same without end, as fast as it is read. */
struct flood {
	pthread_t thread;
	int fd;
	const void *bytes;
	size_t size;
};

static void *pour(void *argument)
{
	const struct flood *flood = argument;
	struct pollfd wanted = { .fd = flood->fd, .events = POLLOUT };
	ssize_t sent = 0;
	size_t at = 0;
	while (sent >= 0) {
		if (sshoal__wait_any(&wanted, 1, sshoal__deadline_in(LONG_MS),
				     -1) != 1)
			break;
		sent = send(flood->fd, (const char *)flood->bytes + at,
			    flood->size - at, MSG_NOSIGNAL);
		at = sent > 0 ? (at + (size_t)sent) % flood->size : at;
	}
	return NULL;
}

static void a_server_that_never_comes_to_the_point_is_given_up(void **state)
{
	(void)state;
	unsigned char ignore[100];
	size_t ignore_size = rig_put_packet(ignore, "\2\0\0\0\3abc", 8);
	const struct {
		const char *first;
		const void *then;
		size_t size;
	} table[] = {
		{ "", "no newline ", 11 },
		{ "", "line\r\n", 6 },
		{ "", "\n", 1 },
		{ "", "\0", 1 },
		{ "SSH-2.0-", "longer ", 7 },
		{ BANNER, ignore, ignore_size },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct rig rig;
		rig_begin(&rig, -1);
		rig_say(&rig, table[i].first, strlen(table[i].first));
		struct flood flood = { .fd = rig.peer,
				       .bytes = table[i].then,
				       .size = table[i].size };
		assert_int_equal(
			pthread_create(&flood.thread, NULL, pour, &flood), 0);
		int rc = rig_shake_hands(&rig, LONG_MS);
		if (rc != SSHOAL_EPROTOCOL)
			fail_msg("%zu: %s: %s", i, sshoal_error_name(rc),
				 rig.error.text);
		assert_in_range(rig.session->received_bytes, 1,
				SESSION_HELLO_MAX + 65536);
		sshoal__session_free(rig.session);
		rig.session = NULL;
		assert_int_equal(pthread_join(flood.thread, NULL), 0);
		rig_end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_goes_is_judged_by_what_it_said),
		cmocka_unit_test(
			a_server_that_resets_before_its_banner_is_busy),
		cmocka_unit_test(lines_before_the_banner_may_come_one_by_one),
		cmocka_unit_test(a_server_that_goes_at_any_byte_is_lost),
		cmocka_unit_test(what_a_server_says_may_come_byte_by_byte),
		cmocka_unit_test(no_algorithm_in_common_names_what_is_offered),
		cmocka_unit_test(a_disconnect_says_why_and_is_harmless),
		cmocka_unit_test(
			a_packet_of_an_absurd_length_is_refused_at_once),
		cmocka_unit_test(
			a_server_that_never_comes_to_the_point_is_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
