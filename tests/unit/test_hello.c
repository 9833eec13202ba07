/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "exact.h"
#include "ssh/hello.h"

/* What an answer's room holds before; it must stay when there is none. */
#define BEFORE "before"

static void the_first_line_is_shown_harmless(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "", "" },
		{ "\n", "" },
		{ "\r\n", "" },
		{ "SSH-2.0-OpenSSH_9.2p1\r\nrest", "SSH-2.0-OpenSSH_9.2p1" },
		{ "no end of line", "no end of line" },
		{ "line feed\nrest", "line feed" },
		{ "return\rrest", "return" },
		{ "\x1b[2Jcleared\n", "\\x1b[2Jcleared" },
		{ "\xff\xfe\x01\n", "\\xff\\xfe\\x01" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char out[240];
		size_t n = strlen(table[i].in);
		unsigned char *in = exact_copy(table[i].in, n);
		assert_non_null(in);
		sshoal__hello_line(out, sizeof out, in, n);
		assert_string_equal(out, table[i].out);
		free(in);
	}
	char out[4] = "abc";
	sshoal__hello_line(out, sizeof out, NULL, 0);
	assert_string_equal(out, "");
}

static void a_long_line_is_cut(void **state)
{
	(void)state;
	char line[1000];
	char out[2000];
	memset(line, 'a', sizeof line);
	sshoal__hello_line(out, sizeof out, line, sizeof line);
	assert_int_equal(strlen(out), 200);
	for (size_t size = 1; size < 10; size++) {
		sshoal__hello_line(out, size, line, sizeof line);
		assert_int_equal(strlen(out), size - 1);
	}
	/* Each of these takes four places, and none is cut in two. */
	memset(line, '\x1b', sizeof line);
	sshoal__hello_line(out, 240, line, sizeof line);
	assert_int_equal(strlen(out), 236);
}

static void a_server_is_busy_that_says_so_before_its_banner(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		bool busy;
	} table[] = {
		{ "Exceeded MaxStartups\r\n", true },
		{ "Exceeded MaxStartups", true },
		{ "Not allowed at this time\r\n", true },
		{ "Welcome\r\nExceeded MaxStartups\r\n", true },
		{ "Exceeded MaxStartups\r\nSSH-2.0-OpenSSH_9.2\r\n", true },
		{ "not a banner: SSH-\nNot allowed at this time\n", true },
		{ "", false },
		{ "SSH", false },
		{ "SSH-", false },
		{ "Exceeded MaxStartup", false },
		{ "exceeded maxstartups", false },
		{ "SSH-2.0-OpenSSH_9.2p1\r\n", false },
		{ "HTTP/1.1 400 Bad Request\r\n", false },
		/* what comes with or after a banner is no refusal */
		{ "SSH-2.0-MaxStartups\r\n", false },
		{ "SSH-2.0-x\r\nMaxStartups", false },
		{ "Welcome\nSSH-2.0-x\nNot allowed at this time\n", false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t n = strlen(table[i].bytes);
		unsigned char *bytes = exact_copy(table[i].bytes, n);
		assert_non_null(bytes);
		if (sshoal__hello_is_busy(bytes, n) != table[i].busy)
			fail_msg("\"%s\"", table[i].bytes);
		free(bytes);
	}
	assert_false(sshoal__hello_is_busy(NULL, 0));
}

/* A server's words up to the end of its KEXINIT, of RFC 4253 section 7.1. */
struct words {
	const char *banner;
	const char *lists[10];
	unsigned char message;
};

static const struct words usual = {
	.banner = "SSH-2.0-Test\r\n",
	.message = 20,
	.lists = { "curve25519-sha256,sntrup761x25519-sha512@openssh.com",
		   "rsa-sha2-512,ssh-ed25519", "aes128-ctr,aes256-ctr",
		   "client-only", "hmac-sha2-256", "hmac-client-only", "none",
		   "none", "", "" },
};

#define USUAL_OFFER \
	"key exchange curve25519-sha256,sntrup761x25519-sha512@openssh.com; " \
	"host keys rsa-sha2-512,ssh-ed25519; ciphers aes128-ctr,aes256-ctr; " \
	"macs hmac-sha2-256"

/* Where the list with this number ends; ends may be NULL. */
static struct buffer say(const struct words *words, size_t ends[10])
{
	static const unsigned char cookie[16] = { 1, 2, 3 };
	struct buffer said = BUFFER_INIT(10000);
	unsigned char padding = 4;
	int rc = sshoal__buffer_append(&said, words->banner,
				       strlen(words->banner));
	rc |= sshoal__buffer_put_u32(&said, 500);
	rc |= sshoal__buffer_append(&said, &padding, 1);
	rc |= sshoal__buffer_append(&said, &words->message, 1);
	rc |= sshoal__buffer_append(&said, cookie, sizeof cookie);
	for (size_t i = 0; i < 10; i++) {
		rc |= sshoal__buffer_put_cstring(&said, words->lists[i]);
		if (ends)
			ends[i] = sshoal__buffer_size(&said);
	}
	rc |= sshoal__buffer_append(&said, "\0\0\0\0\0pppp", 9);
	assert_int_equal(rc, 0);
	return said;
}

static bool offer_of(char out[420], const struct buffer *said, size_t n)
{
	unsigned char *bytes = exact_copy(sshoal__buffer_data(said), n);
	assert_non_null(bytes);
	(void)snprintf(out, 420, BEFORE);
	bool done = sshoal__hello_offer(out, 420, bytes, n);
	free(bytes);
	return done;
}

static bool host_keys_of(char *out, size_t size, const struct buffer *said,
			 size_t n)
{
	unsigned char *bytes = exact_copy(sshoal__buffer_data(said), n);
	assert_non_null(bytes);
	(void)snprintf(out, size, BEFORE);
	bool done = sshoal__hello_host_keys(out, size, bytes, n);
	free(bytes);
	return done;
}

static void what_a_server_offers_is_named(void **state)
{
	(void)state;
	static const char *const banners[] = {
		"SSH-2.0-Test\r\n",
		"SSH-2.0-Test\n",
		"SSH-\n",
		"Welcome\r\nto this\n\nhost\nSSH-2.0-Test\r\n",
		"SSH\nSSH-2.0-Test\n",
	};
	for (size_t i = 0; i < sizeof banners / sizeof *banners; i++) {
		struct words words = usual;
		char out[420];
		words.banner = banners[i];
		struct buffer said = say(&words, NULL);
		size_t n = sshoal__buffer_size(&said);
		assert_true(offer_of(out, &said, n));
		assert_string_equal(out, USUAL_OFFER);
		assert_true(host_keys_of(out, sizeof out, &said, n));
		assert_string_equal(out, words.lists[1]);
		sshoal__buffer_fini(&said);
	}
}

static void an_offer_cut_anywhere_is_none(void **state)
{
	(void)state;
	size_t ends[10];
	struct buffer said = say(&usual, ends);
	for (size_t n = 0; n <= sshoal__buffer_size(&said); n++) {
		char out[420];
		bool whole = offer_of(out, &said, n);
		assert_int_equal(whole, n >= ends[4]);
		assert_string_equal(out, whole ? USUAL_OFFER : BEFORE);
		whole = host_keys_of(out, sizeof out, &said, n);
		assert_int_equal(whole, n >= ends[1]);
		assert_string_equal(out, whole ? usual.lists[1] : BEFORE);
	}
	sshoal__buffer_fini(&said);
}

static void what_is_no_kexinit_offers_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *banner;
		unsigned char message;
	} table[] = {
		{ "SSH-2.0-Test\r\n", 21 },    { "SSH-2.0-Test\r\n", 0 },
		{ "SSH-2.0-Test\r\n", 1 },     { "", 20 },
		{ "HTTP/1.1 200 OK\r\n", 20 }, { " SSH-2.0-Test\r\n", 20 },
		{ "ssh-2.0-test\r\n", 20 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct words words = usual;
		char out[420];
		words.banner = table[i].banner;
		words.message = table[i].message;
		struct buffer said = say(&words, NULL);
		size_t n = sshoal__buffer_size(&said);
		assert_false(offer_of(out, &said, n));
		assert_string_equal(out, BEFORE);
		assert_false(host_keys_of(out, sizeof out, &said, n));
		assert_string_equal(out, BEFORE);
		sshoal__buffer_fini(&said);
	}
	char out[420] = BEFORE;
	assert_false(sshoal__hello_offer(out, sizeof out, NULL, 0));
	assert_false(sshoal__hello_host_keys(out, sizeof out, NULL, 0));
	assert_string_equal(out, BEFORE);
}

static void a_list_longer_than_the_packet_offers_nothing(void **state)
{
	(void)state;
	size_t ends[10];
	struct buffer said = say(&usual, ends);
	size_t n = sshoal__buffer_size(&said);
	for (size_t i = 0; i < 5; i++) {
		char out[420];
		unsigned char *length = sshoal__buffer_data(&said) + ends[i] -
					strlen(usual.lists[i]) - 4;
		unsigned char kept = length[0];
		length[0] = 0xff;
		assert_false(offer_of(out, &said, n));
		assert_int_equal(host_keys_of(out, sizeof out, &said, n),
				 i > 1);
		length[0] = kept;
	}
	sshoal__buffer_fini(&said);
}

static void a_hostile_offer_is_shown_harmless(void **state)
{
	(void)state;
	struct words words = usual;
	words.lists[0] = "\x1b[31m\r\n";
	words.lists[2] = "\xff";
	char out[420];
	struct buffer said = say(&words, NULL);
	assert_true(offer_of(out, &said, sshoal__buffer_size(&said)));
	assert_null(strpbrk(out, "\x1b\r\xff"));
	assert_non_null(strstr(out, "key exchange \\x1b[31m\\r"));
	assert_non_null(strstr(out, "ciphers \\xff"));
	sshoal__buffer_fini(&said);
}

static void a_long_offer_is_cut(void **state)
{
	(void)state;
	struct words words = usual;
	char list[1500];
	char out[420];
	memset(list, '\xe2', sizeof list - 1);
	list[sizeof list - 1] = '\0';
	for (size_t i = 0; i < 5; i++)
		words.lists[i] = list;
	struct buffer said = say(&words, NULL);
	size_t n = sshoal__buffer_size(&said);
	assert_true(offer_of(out, &said, n));
	assert_in_range(strlen(out), 400, 419);
	/* Room for less than that. */
	for (size_t size = 1; size < 30; size++) {
		assert_true(sshoal__hello_offer(out, size,
						sshoal__buffer_data(&said), n));
		assert_in_range(strlen(out), 0, size - 1);
	}
	assert_false(host_keys_of(out, sizeof out, &said, n));
	assert_string_equal(out, BEFORE);
	sshoal__buffer_fini(&said);
}

static void a_list_of_host_keys_is_given_whole_or_not_at_all(void **state)
{
	(void)state;
	struct buffer said = say(&usual, NULL);
	size_t length = strlen(usual.lists[1]);
	for (size_t size = 8; size < length + 3; size++) {
		char out[420];
		bool fits = host_keys_of(out, size, &said,
					 sshoal__buffer_size(&said));
		assert_int_equal(fits, size > length);
		assert_string_equal(out, fits ? usual.lists[1] : BEFORE);
	}
	sshoal__buffer_fini(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_shown_harmless),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(
			a_server_is_busy_that_says_so_before_its_banner),
		cmocka_unit_test(what_a_server_offers_is_named),
		cmocka_unit_test(an_offer_cut_anywhere_is_none),
		cmocka_unit_test(what_is_no_kexinit_offers_nothing),
		cmocka_unit_test(a_list_longer_than_the_packet_offers_nothing),
		cmocka_unit_test(a_hostile_offer_is_shown_harmless),
		cmocka_unit_test(a_long_offer_is_cut),
		cmocka_unit_test(
			a_list_of_host_keys_is_given_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
