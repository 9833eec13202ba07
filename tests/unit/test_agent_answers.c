/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/agent_client.h"
#include "base/clock.h"
#include "base/wire.h"
#include "unit/scratch.h"

/* A socket of our own in an agent's place, on which the answer lies ready
 * before the question comes. */

#define SHORT_MS 30
#define LONG_MS 60000
#define MESSAGE_MAX (256 * 1024)
#define TEXT(literal) (literal), sizeof(literal) - 1

static struct agent *open_agent(const char *path)
{
	struct agent *agent = NULL;
	assert_int_equal(sshoal__agent_open(&agent, path,
					    sshoal__deadline_in(LONG_MS), -1,
					    NULL),
			 0);
	return agent;
}

static int list(struct agent *agent, struct agent_key **keys, size_t *count,
		sshoal_error *error)
{
	return sshoal__agent_keys(agent, keys, count,
				  sshoal__deadline_in(LONG_MS), -1, error);
}

static int sign(struct agent *agent, const struct agent_key *key,
		const char *algorithm, struct buffer *out, sshoal_error *error)
{
	return sshoal__agent_sign(agent, key, algorithm, "data", 4, out,
				  sshoal__deadline_in(LONG_MS), -1, error);
}

static int listen_at(const char *path, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	(void)unlink(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address),
			 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* One whose queue is full neither answers nor refuses. */
static void a_busy_agent_is_waited_for_until_the_deadline(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "busy");
	int listener = listen_at(path, 0);
	struct agent *first = open_agent(path);
	struct agent *agent = NULL;
	sshoal_error error;
	assert_int_equal(sshoal__agent_open(&agent, path,
					    sshoal__deadline_in(SHORT_MS), -1,
					    &error),
			 SSHOAL_ETIMEOUT);
	int cancel[2];
	assert_int_equal(pipe(cancel), 0);
	assert_int_equal(write(cancel[1], "x", 1), 1);
	assert_int_equal(sshoal__agent_open(&agent, path, DEADLINE_NONE,
					    cancel[0], &error),
			 SSHOAL_ECANCELLED);
	assert_null(agent);
	sshoal__agent_close(first);
	(void)close(cancel[0]);
	(void)close(cancel[1]);
	(void)close(listener);
}

/* The one that is ours. */
struct fake {
	struct agent *agent;
	int listener;
	int peer;
};

static struct fake start_fake(void *const *state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "fake");
	struct fake fake = { .listener = listen_at(path, 4) };
	fake.agent = open_agent(path);
	fake.peer = accept4(fake.listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_not_equal(fake.peer, -1);
	/* Room for the largest answer. */
	int size = 2 * MESSAGE_MAX;
	(void)setsockopt(fake.peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return fake;
}

static void stop_fake(const struct fake *fake)
{
	sshoal__agent_close(fake->agent);
	(void)close(fake->peer);
	(void)close(fake->listener);
}

static void say(const struct fake *fake, const void *bytes, size_t n)
{
	assert_int_equal(
		send(fake->peer, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT),
		(ssize_t)n);
}

static void say_message(const struct fake *fake, const struct buffer *message)
{
	struct buffer frame = BUFFER_INIT(MESSAGE_MAX + 4);
	assert_int_equal(
		sshoal__buffer_put_string(&frame, sshoal__buffer_data(message),
					  sshoal__buffer_size(message)),
		0);
	say(fake, sshoal__buffer_data(&frame), sshoal__buffer_size(&frame));
	sshoal__buffer_fini(&frame);
}

static void an_answer_that_is_none_is_an_error(void **state)
{
	static const struct {
		const char *answer;
		size_t n;
		int code;
		const char *says;
	} cases[] = {
		{ TEXT(""), SSHOAL_EIO, "closed the connection" },
		{ TEXT("\0\0"), SSHOAL_EIO, "closed the connection" },
		{ TEXT("\0\0\0\x05\x0c\0\0"), SSHOAL_EIO,
		  "closed the connection" },
		{ TEXT("\0\0\0\0"), SSHOAL_EPROTOCOL, "of 0 bytes" },
		{ TEXT("\xff\xff\xff\xff"), SSHOAL_EPROTOCOL,
		  "of 4294967295 bytes" },
		{ TEXT("\0\x04\0\x01"), SSHOAL_EPROTOCOL, "of 262145 bytes" },
		/* 10,000 keys of Ed25519, without comments. */
		{ TEXT("\0\x09\0\xb5\x0c\0\0\x27\x10"), SSHOAL_EPROTOCOL,
		  "of 590005 bytes" },
		{ TEXT("\0\0\0\x01\x05"), SSHOAL_EPROTOCOL, "refuses" },
		{ TEXT("\0\0\0\x05\x0e\0\0\0\0"), SSHOAL_EPROTOCOL,
		  "not a list of keys" },
		{ TEXT("\0\0\0\x01\x0c"), SSHOAL_EPROTOCOL, "cut" },
		{ TEXT("\0\0\0\x05\x0c\0\0\0\x01"), SSHOAL_EPROTOCOL, "cut" },
		{ TEXT("\0\0\0\x05\x0c\xff\xff\xff\xff"), SSHOAL_EPROTOCOL,
		  "cut" },
		{ TEXT("\0\0\0\x09\x0c\0\0\0\x01\xff\xff\xff\xff"),
		  SSHOAL_EPROTOCOL, "cut" },
		{ TEXT("\0\0\0\x0d\x0c\0\0\0\x01\0\0\0\0\xff\xff\xff\xff"),
		  SSHOAL_EPROTOCOL, "cut" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake fake = start_fake(state);
		say(&fake, cases[i].answer, cases[i].n);
		assert_int_equal(shutdown(fake.peer, SHUT_WR), 0);
		struct agent_key *keys = NULL;
		size_t count = 7;
		sshoal_error error = { .text = "" };
		int rc = list(fake.agent, &keys, &count, &error);
		if (rc != cases[i].code)
			print_message("case %zu: %s\n", i, error.text);
		assert_int_equal(rc, cases[i].code);
		assert_int_equal(error.code, rc);
		assert_non_null(strstr(error.text, cases[i].says));
		assert_ptr_equal(strstr(error.text, "ssh-agent: "), error.text);
		assert_null(keys);
		assert_int_equal(count, 7);
		stop_fake(&fake);
	}
}

static void an_agent_that_has_gone_is_an_error_and_no_signal(void **state)
{
	struct fake fake = start_fake(state);
	assert_int_equal(close(fake.peer), 0);
	fake.peer = -1;
	struct agent_key *keys = NULL;
	size_t count = 0;
	assert_int_equal(list(fake.agent, &keys, &count, NULL), SSHOAL_EIO);
	sshoal_error error;
	assert_int_equal(list(fake.agent, &keys, &count, &error),
			 SSHOAL_ECLOSED);
	assert_non_null(strstr(error.text, "given up"));
	stop_fake(&fake);
}

/* A late answer must not be taken for that to the next question. */
static void a_silent_agent_is_given_up_at_the_deadline(void **state)
{
	static const char *const beginnings[] = { "", "\0\0\0",
						  "\0\0\0\x09\x0c\0\0" };
	static const size_t sizes[] = { 0, 3, 7 };
	for (size_t i = 0; i < 3; i++) {
		struct fake fake = start_fake(state);
		say(&fake, beginnings[i], sizes[i]);
		struct agent_key *keys = NULL;
		size_t count = 0;
		sshoal_error error;
		int64_t start_ms = sshoal__clock_now_ms();
		assert_int_equal(
			sshoal__agent_keys(fake.agent, &keys, &count,
					   sshoal__deadline_in(SHORT_MS), -1,
					   &error),
			SSHOAL_ETIMEOUT);
		assert_in_range(sshoal__clock_now_ms() - start_ms, SHORT_MS - 1,
				LONG_MS);
		assert_non_null(strstr(error.text, "no answer in time"));
		assert_int_equal(list(fake.agent, &keys, &count, NULL),
				 SSHOAL_ECLOSED);
		stop_fake(&fake);
	}
}

static void a_cancel_ends_the_wait(void **state)
{
	struct fake fake = start_fake(state);
	int cancel[2];
	assert_int_equal(pipe(cancel), 0);
	assert_int_equal(write(cancel[1], "x", 1), 1);
	struct agent_key key = { (unsigned char *)(uintptr_t) "blob", 4, NULL };
	struct buffer out = BUFFER_INIT(1024);
	assert_int_equal(sshoal__agent_sign(fake.agent, &key, "ssh-ed25519",
					    "data", 4, &out, DEADLINE_NONE,
					    cancel[0], NULL),
			 SSHOAL_ECANCELLED);
	assert_int_equal(sshoal__buffer_size(&out), 0);
	(void)close(cancel[0]);
	(void)close(cancel[1]);
	stop_fake(&fake);
}

/* Nobody reads at the other end, so the socket fills up. */
static void a_question_nobody_reads_is_given_up(void **state)
{
	struct fake fake = start_fake(state);
	static const unsigned char data[MESSAGE_MAX - 64];
	struct agent_key key = { (unsigned char *)(uintptr_t) "blob", 4, NULL };
	struct buffer out = BUFFER_INIT(1024);
	assert_int_equal(sshoal__agent_sign(fake.agent, &key, "ssh-ed25519",
					    data, sizeof data, &out,
					    sshoal__deadline_in(SHORT_MS), -1,
					    NULL),
			 SSHOAL_ETIMEOUT);
	stop_fake(&fake);
}

static void a_question_too_large_is_not_asked(void **state)
{
	struct fake fake = start_fake(state);
	static const unsigned char data[MESSAGE_MAX];
	struct agent_key key = { (unsigned char *)(uintptr_t) "blob", 4, NULL };
	struct buffer out = BUFFER_INIT(1024);
	assert_int_equal(sshoal__agent_sign(fake.agent, &key, "ssh-ed25519",
					    data, sizeof data, &out,
					    DEADLINE_NONE, -1, NULL),
			 SSHOAL_ELIMIT);
	/* Nothing was sent: the connection goes on. */
	static const char none[] = "\0\0\0\x05\x0c\0\0\0\0";
	say(&fake, none, sizeof none - 1);
	struct agent_key *keys = NULL;
	size_t count = 7;
	assert_int_equal(list(fake.agent, &keys, &count, NULL), 0);
	assert_int_equal(count, 0);
	stop_fake(&fake);
}

static void put_key(struct buffer *message, const char *blob, size_t n,
		    const char *comment)
{
	assert_int_equal(sshoal__buffer_put_string(message, blob, n), 0);
	assert_int_equal(sshoal__buffer_put_cstring(message, comment), 0);
}

static void keys_are_cleaned_and_unsound_ones_left_out(void **state)
{
	struct buffer message = BUFFER_INIT(MESSAGE_MAX);
	assert_int_equal(sshoal__buffer_append(&message, "\x0c", 1), 0);
	assert_int_equal(sshoal__buffer_put_u32(&message, 7), 0);
	put_key(&message, TEXT(""), "empty");
	put_key(&message, TEXT("\0\0\0\x0bssh-ed255"), "cut");
	put_key(&message, TEXT("\0\0\0\x0bssh-ed25519\0\0\0\1x"), "short");
	put_key(&message, TEXT("\0\0\0\7ssh-rsa\0\0\0\1\3"), "no modulus");
	put_key(&message, TEXT("\0\0\0\3new\0\0\0\1x"),
		"a\nb\tc\x1b[31m\xff\xc3\xa4");
	put_key(&message, TEXT("\0\0\0\3n\nw\0\0\0\1x"), "unprintable");
	put_key(&message,
		TEXT("\0\0\0\x0bssh-ed25519\0\0\0\x20"
		     "0123456789abcdef0123456789abcdef"),
		"");
	struct fake fake = start_fake(state);
	say_message(&fake, &message);
	struct agent_key *keys = NULL;
	size_t count = 0;
	assert_int_equal(list(fake.agent, &keys, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_string_equal(keys[0].comment, "a b c\\x1b[31m\\xff\xc3\xa4");
	assert_int_equal(keys[0].blob_size, 12);
	assert_string_equal(keys[1].comment, "");
	assert_int_equal(keys[1].blob_size, 51);
	sshoal__agent_keys_free(keys, count);
	sshoal__buffer_fini(&message);
	stop_fake(&fake);
}

static void the_first_4096_keys_are_taken(void **state)
{
	struct buffer message = BUFFER_INIT(MESSAGE_MAX);
	assert_int_equal(sshoal__buffer_append(&message, "\x0c", 1), 0);
	assert_int_equal(sshoal__buffer_put_u32(&message, 5000), 0);
	for (int i = 0; i < 5000; i++) {
		char comment[8];
		(void)snprintf(comment, sizeof comment, "%d", i);
		put_key(&message, TEXT("\0\0\0\1x"), comment);
	}
	struct fake fake = start_fake(state);
	say_message(&fake, &message);
	struct agent_key *keys = NULL;
	size_t count = 0;
	assert_int_equal(list(fake.agent, &keys, &count, NULL), 0);
	assert_int_equal(count, 4096);
	assert_string_equal(keys[4095].comment, "4095");
	sshoal__agent_keys_free(keys, count);
	sshoal__buffer_fini(&message);
	stop_fake(&fake);
}

static void the_flags_follow_the_algorithm(void **state)
{
	static const struct {
		const char *algorithm;
		uint32_t flags;
	} cases[] = {
		{ "rsa-sha2-512", 4 },
		{ "rsa-sha2-256", 2 },
		{ "ssh-rsa", 0 },
		{ "ssh-ed25519", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer signature = BUFFER_INIT(1024);
		struct buffer answer = BUFFER_INIT(1024);
		(void)sshoal__buffer_put_cstring(&signature,
						 cases[i].algorithm);
		(void)sshoal__buffer_put_cstring(&signature, "signed");
		(void)sshoal__buffer_append(&answer, "\x0e", 1);
		(void)sshoal__buffer_put_string(
			&answer, sshoal__buffer_data(&signature),
			sshoal__buffer_size(&signature));
		struct fake fake = start_fake(state);
		say_message(&fake, &answer);
		struct agent_key key = { (unsigned char *)(uintptr_t) "blob", 4,
					 NULL };
		struct buffer out = BUFFER_INIT(1024);
		assert_int_equal(
			sign(fake.agent, &key, cases[i].algorithm, &out, NULL),
			0);
		assert_int_equal(sshoal__buffer_size(&out), 6);
		assert_memory_equal(sshoal__buffer_data(&out), "signed", 6);
		unsigned char asked[64];
		ssize_t n = recv(fake.peer, asked, sizeof asked, 0);
		assert_int_equal(n, 4 + 1 + 8 + 8 + 4);
		struct wire wire = sshoal__wire(asked, (size_t)n);
		assert_int_equal(sshoal__wire_u32(&wire), n - 4);
		assert_int_equal(sshoal__wire_byte(&wire), 13);
		assert_true(sshoal__wire_is(&wire, "blob"));
		assert_true(sshoal__wire_is(&wire, "data"));
		assert_int_equal(sshoal__wire_u32(&wire), cases[i].flags);
		sshoal__buffer_fini(&signature);
		sshoal__buffer_fini(&answer);
		sshoal__buffer_fini(&out);
		stop_fake(&fake);
	}
}

static void a_signature_that_is_none_is_an_error(void **state)
{
	static const struct {
		const char *answer;
		size_t n;
		int code;
		const char *says;
	} cases[] = {
		{ TEXT("\x05"), SSHOAL_EAUTH, "refuses to sign" },
		{ TEXT("\x06"), SSHOAL_EPROTOCOL, "not a signature" },
		{ TEXT("\x0e"), SSHOAL_EPROTOCOL, "not a signature" },
		{ TEXT("\x0e\xff\xff\xff\xff"), SSHOAL_EPROTOCOL,
		  "not a signature" },
		{ TEXT("\x0e\0\0\0\0"), SSHOAL_EPROTOCOL, "cut" },
		{ TEXT("\x0e\0\0\0\0x"), SSHOAL_EPROTOCOL, "not a signature" },
		{ TEXT("\x0e\0\0\0\x10\0\0\0\7ssh-rsa\0\0\0\1x"),
		  SSHOAL_EPROTOCOL, "it signed with ssh-rsa" },
		{ TEXT("\x0e\0\0\0\x0f\0\0\0\x0bssh-ed25519"), SSHOAL_EPROTOCOL,
		  "not sound" },
		{ TEXT("\x0e\0\0\0\x13\0\0\0\x0bssh-ed25519\0\0\0\0"),
		  SSHOAL_EPROTOCOL, "not sound" },
		{ TEXT("\x0e\0\0\0\x15\0\0\0\x0bssh-ed25519\0\0\0\1xy"),
		  SSHOAL_EPROTOCOL, "not sound" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer answer = BUFFER_INIT(1024);
		(void)sshoal__buffer_append(&answer, cases[i].answer,
					    cases[i].n);
		struct fake fake = start_fake(state);
		say_message(&fake, &answer);
		struct agent_key key = { (unsigned char *)(uintptr_t) "blob", 4,
					 NULL };
		struct buffer out = BUFFER_INIT(1024);
		sshoal_error error = { .text = "" };
		int rc = sign(fake.agent, &key, "ssh-ed25519", &out, &error);
		if (rc != cases[i].code)
			print_message("case %zu: %s\n", i, error.text);
		assert_int_equal(rc, cases[i].code);
		assert_non_null(strstr(error.text, cases[i].says));
		assert_int_equal(sshoal__buffer_size(&out), 0);
		sshoal__buffer_fini(&answer);
		stop_fake(&fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_agent_is_waited_for_until_the_deadline),
		cmocka_unit_test(an_answer_that_is_none_is_an_error),
		cmocka_unit_test(
			an_agent_that_has_gone_is_an_error_and_no_signal),
		cmocka_unit_test(a_silent_agent_is_given_up_at_the_deadline),
		cmocka_unit_test(a_cancel_ends_the_wait),
		cmocka_unit_test(a_question_nobody_reads_is_given_up),
		cmocka_unit_test(a_question_too_large_is_not_asked),
		cmocka_unit_test(keys_are_cleaned_and_unsound_ones_left_out),
		cmocka_unit_test(the_first_4096_keys_are_taken),
		cmocka_unit_test(the_flags_follow_the_algorithm),
		cmocka_unit_test(a_signature_that_is_none_is_an_error),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
