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

#define BANNER "SSH-2.0-Test\r\n"
#define BANNER_SIZE (sizeof BANNER - 1)

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
	return sshoal__session_handshake(
		rig->session, 0, sshoal__deadline_in(timeout_ms), &rig->error);
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
	assert_int_equal(error->code, rc);
	/* Whatever was wrong is final. */
	assert_int_equal(sshoal__session_wait(rig.session,
					      sshoal__deadline_in(LONG_MS),
					      NULL),
			 SSHOAL_ELOST);
	end(&rig);
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
	begin(&rig, -1);
	assert_int_equal(shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	/* Our banner lies there unread. */
	(void)close(rig.peer);
	rig.peer = -1;
	assert_int_equal(shake_hands(&rig, LONG_MS), SSHOAL_EBUSY);
	end(&rig);
}

static void lines_before_the_banner_may_come_one_by_one(void **state)
{
	(void)state;
	static const char *const lines[] = { "Welcome\r\n", " \r\n",
					     "to this host\n" };
	struct rig rig;
	begin(&rig, -1);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		say(&rig, lines[i], strlen(lines[i]));
		assert_int_equal(shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
		assert_string_equal(sshoal__session_banner(rig.session), "");
	}
	say(&rig, BANNER, BANNER_SIZE);
	assert_int_equal(shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	assert_string_equal(sshoal__session_banner(rig.session),
			    "SSH-2.0-Test");
	end(&rig);
}

/* A server's packets as they are before there are keys. */
static size_t put_packet(unsigned char *out, const void *payload, size_t n)
{
	size_t padding = 16 - (5 + n) % 8;
	sshoal__wire_store_u32(out, (uint32_t)(1 + n + padding));
	out[4] = (unsigned char)padding;
	memcpy(out + 5, payload, n);
	memset(out + 5 + n, 0, padding);
	return 5 + n + padding;
}

/* Key exchange, host keys, ciphers, macs, compression. */
struct offer {
	const char *lists[5];
};

static const struct offer usual = { { "curve25519-sha256", "ssh-ed25519",
				      "aes128-ctr", "hmac-sha2-256", "none" } };

static size_t put_kexinit(unsigned char *out, const struct offer *offer)
{
	static const unsigned char order[] = { 0, 1, 2, 2, 3, 3, 4, 4 };
	unsigned char payload[1000] = { 20 };
	size_t n = 17;
	for (size_t i = 0; i < sizeof order; i++) {
		const char *list = offer->lists[order[i]];
		size_t length = strlen(list);
		sshoal__wire_store_u32(payload + n, (uint32_t)length);
		memcpy(payload + n + 4, list, length);
		n += 4 + length;
	}
	/* No languages, no guess. */
	return put_packet(out, payload, n + 4 + 4 + 1 + 4);
}

/* Banner and KEXINIT. */
static size_t put_hello(unsigned char *out, const struct offer *offer)
{
	memcpy(out, BANNER, BANNER_SIZE);
	return BANNER_SIZE + put_kexinit(out + BANNER_SIZE, offer);
}

static void a_server_that_goes_at_any_byte_is_lost(void **state)
{
	(void)state;
	unsigned char said[1100];
	size_t n = put_hello(said, &usual);
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
	unsigned char said[1100];
	size_t n = put_hello(said, &usual);
	uint64_t sent_bytes = 0;
	struct rig rig;
	begin(&rig, -1);
	for (size_t i = 0; i < n; i++) {
		sent_bytes = rig.session->sent_bytes;
		say(&rig, &said[i], 1);
		assert_int_equal(shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	}
	/* The last byte, and no other before it, is followed by our half of
	 * the key exchange. */
	assert_true(rig.session->sent_bytes > sent_bytes);
	assert_int_equal(rig.session->received_bytes, n);
	end(&rig);
}

static void no_algorithm_in_common_names_what_is_offered(void **state)
{
	(void)state;
	static const struct {
		struct offer offer;
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
		unsigned char said[1100];
		size_t n = put_hello(said, &table[i].offer);
		struct rig rig;
		begin(&rig, -1);
		say(&rig, said, n);
		int rc = sshoal__session_handshake(rig.session, table[i].kinds,
						   sshoal__deadline_in(LONG_MS),
						   &rig.error);
		if (rc != table[i].code ||
		    !strstr(rig.error.text, table[i].text))
			fail_msg("%zu: %s: %s", i, sshoal_error_name(rc),
				 rig.error.text);
		end(&rig);
	}
}

static void a_disconnect_says_why_and_is_harmless(void **state)
{
	(void)state;
	static const unsigned char payload[] = "\1\0\0\0\13\0\0\0\7go\x1b[2J!"
					       "\0\0\0\0";
	unsigned char said[200] = BANNER;
	size_t n = BANNER_SIZE +
		   put_packet(said + BANNER_SIZE, payload, sizeof payload - 1);
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
		begin(&rig, -1);
		/* It stays there: nothing but the length can be the reason. */
		say(&rig, said, sizeof said);
		int rc = shake_hands(&rig, LONG_MS);
		if (rc != SSHOAL_EPROTOCOL)
			fail_msg("%u: %s: %s", lengths[i],
				 sshoal_error_name(rc), rig.error.text);
		end(&rig);
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
	size_t ignore_size = put_packet(ignore, "\2\0\0\0\3abc", 8);
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
		begin(&rig, -1);
		say(&rig, table[i].first, strlen(table[i].first));
		struct flood flood = { .fd = rig.peer,
				       .bytes = table[i].then,
				       .size = table[i].size };
		assert_int_equal(
			pthread_create(&flood.thread, NULL, pour, &flood), 0);
		int rc = shake_hands(&rig, LONG_MS);
		if (rc != SSHOAL_EPROTOCOL)
			fail_msg("%zu: %s: %s", i, sshoal_error_name(rc),
				 rig.error.text);
		assert_in_range(rig.session->received_bytes, 1,
				SESSION_HELLO_MAX + 65536);
		sshoal__session_free(rig.session);
		rig.session = NULL;
		assert_int_equal(pthread_join(flood.thread, NULL), 0);
		end(&rig);
	}
}

static void silence_is_a_timeout_at_the_limit(void **state)
{
	(void)state;
	static const char *const words[] = { "", "Welcome\r\n", "SSH-2.0-Te",
					     BANNER };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct rig rig;
		begin(&rig, -1);
		say(&rig, words[i], strlen(words[i]));
		int64_t deadline_ms = sshoal__deadline_in(30);
		assert_int_equal(sshoal__session_handshake(rig.session, 0,
							   deadline_ms,
							   &rig.error),
				 SSHOAL_ETIMEOUT);
		assert_true(sshoal__clock_now_ms() >= deadline_ms);
		assert_int_equal(rig.error.code, SSHOAL_ETIMEOUT);
		/* The other thread knows when it should have been over. */
		assert_true(rig.watch.deadline_ms == deadline_ms);
		end(&rig);
	}
}

/* Does something once a thread sleeps. */
struct waker {
	pthread_t thread;
	pid_t sleeper;
	void (*wake)(struct waker *waker);
	struct rig *rig;
	int fd;
};

static void *wake_it(void *argument)
{
	struct waker *waker = argument;
	await_asleep(waker->sleeper);
	waker->wake(waker);
	return NULL;
}

static void start_waker(struct waker *waker)
{
	waker->sleeper = gettid();
	assert_int_equal(pthread_create(&waker->thread, NULL, wake_it, waker),
			 0);
}

static void cancel(struct waker *waker)
{
	(void)eventfd_write(waker->fd, 1);
}

static void a_cancel_ends_the_wait_and_not_the_session(void **state)
{
	(void)state;
	int fd = eventfd(0, EFD_CLOEXEC);
	assert_true(fd >= 0);
	struct rig rig;
	begin(&rig, fd);
	struct waker waker = { .wake = cancel, .fd = fd };
	start_waker(&waker);
	assert_int_equal(shake_hands(&rig, -1), SSHOAL_ECANCELLED);
	assert_int_equal(rig.error.code, SSHOAL_ECANCELLED);
	assert_int_equal(pthread_join(waker.thread, NULL), 0);
	assert_int_equal(sshoal__session_wait(rig.session, DEADLINE_NONE, NULL),
			 SSHOAL_ECANCELLED);
	eventfd_t count;
	assert_int_equal(eventfd_read(fd, &count), 0);
	say(&rig, BANNER, BANNER_SIZE);
	assert_int_equal(shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	assert_string_equal(sshoal__session_banner(rig.session),
			    "SSH-2.0-Test");
	end(&rig);
	(void)close(fd);
}

static void cut(struct waker *waker)
{
	sshoal__watch_cut(&waker->rig->watch);
}

static void a_session_cut_off_by_another_thread_is_late(void **state)
{
	(void)state;
	static const char *const words[] = { "", "Welcome\r\n", BANNER };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct rig rig;
		begin(&rig, -1);
		say(&rig, words[i], strlen(words[i]));
		struct waker waker = { .wake = cut, .rig = &rig };
		start_waker(&waker);
		assert_int_equal(shake_hands(&rig, -1), SSHOAL_ETIMEOUT);
		assert_non_null(strstr(rig.error.text, "cut off"));
		assert_int_equal(pthread_join(waker.thread, NULL), 0);
		assert_int_equal(
			sshoal__session_wait(rig.session, DEADLINE_NONE, NULL),
			SSHOAL_ETIMEOUT);
		end(&rig);
	}
}

static void a_session_cut_off_beforehand_does_nothing(void **state)
{
	(void)state;
	struct rig rig;
	begin(&rig, -1);
	say(&rig, BANNER, BANNER_SIZE);
	sshoal__watch_cut(&rig.watch);
	assert_int_equal(shake_hands(&rig, -1), SSHOAL_ETIMEOUT);
	assert_int_equal(rig.session->sent_bytes, 0);
	end(&rig);
}

static void our_banner_goes_out_and_the_end_closes_the_connection(void **state)
{
	(void)state;
	char heard[8192];
	struct rig rig;
	begin(&rig, -1);
	assert_int_equal(shake_hands(&rig, 0), SSHOAL_ETIMEOUT);
	ssize_t n = recv(rig.peer, heard, sizeof heard, 0);
	assert_true(n > 8);
	assert_memory_equal(heard, "SSH-2.0-", 8);
	assert_int_equal(rig.session->sent_bytes, n);
	sshoal__session_free(rig.session);
	rig.session = NULL;
	assert_int_equal(recv(rig.peer, heard, sizeof heard, 0), 0);
	end(&rig);
}

static void a_watch_without_a_connection_can_be_cut(void **state)
{
	(void)state;
	struct watch watch;
	sshoal__watch_init(&watch);
	assert_true(watch.deadline_ms == DEADLINE_NONE);
	sshoal__watch_cut(&watch);
	assert_true(watch.dead);
	sshoal__watch_fini(&watch);
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
		cmocka_unit_test(silence_is_a_timeout_at_the_limit),
		cmocka_unit_test(a_cancel_ends_the_wait_and_not_the_session),
		cmocka_unit_test(a_session_cut_off_by_another_thread_is_late),
		cmocka_unit_test(a_session_cut_off_beforehand_does_nothing),
		cmocka_unit_test(
			our_banner_goes_out_and_the_end_closes_the_connection),
		cmocka_unit_test(a_watch_without_a_connection_can_be_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
