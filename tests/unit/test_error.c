/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define TEXT_MAX (sizeof((sshoal_error *)0)->text - 1)

/* The name of every code. A code that is missing here does not compile: the
 * switch has no default. */
static const char *name_of(enum sshoal_error_code code)
{
	switch (code) {
	case SSHOAL_OK:
		return "SSHOAL_OK";
	case SSHOAL_EINVAL:
		return "SSHOAL_EINVAL";
	case SSHOAL_ENOMEM:
		return "SSHOAL_ENOMEM";
	case SSHOAL_ETIMEOUT:
		return "SSHOAL_ETIMEOUT";
	case SSHOAL_ECANCELLED:
		return "SSHOAL_ECANCELLED";
	case SSHOAL_ECLOSED:
		return "SSHOAL_ECLOSED";
	case SSHOAL_EFULL:
		return "SSHOAL_EFULL";
	case SSHOAL_EEMPTY:
		return "SSHOAL_EEMPTY";
	case SSHOAL_ENOENT:
		return "SSHOAL_ENOENT";
	case SSHOAL_EACCESS:
		return "SSHOAL_EACCESS";
	case SSHOAL_EIO:
		return "SSHOAL_EIO";
	case SSHOAL_EFORMAT:
		return "SSHOAL_EFORMAT";
	case SSHOAL_EPASSPHRASE:
		return "SSHOAL_EPASSPHRASE";
	case SSHOAL_EUNSUPPORTED:
		return "SSHOAL_EUNSUPPORTED";
	case SSHOAL_ELIMIT:
		return "SSHOAL_ELIMIT";
	case SSHOAL_ELOCAL:
		return "SSHOAL_ELOCAL";
	case SSHOAL_EDNS:
		return "SSHOAL_EDNS";
	case SSHOAL_EREFUSED:
		return "SSHOAL_EREFUSED";
	case SSHOAL_EUNREACHABLE:
		return "SSHOAL_EUNREACHABLE";
	case SSHOAL_EPROTOCOL:
		return "SSHOAL_EPROTOCOL";
	case SSHOAL_EBUSY:
		return "SSHOAL_EBUSY";
	case SSHOAL_EHOSTKEY_UNKNOWN:
		return "SSHOAL_EHOSTKEY_UNKNOWN";
	case SSHOAL_EHOSTKEY_CHANGED:
		return "SSHOAL_EHOSTKEY_CHANGED";
	case SSHOAL_EHOSTKEY_REVOKED:
		return "SSHOAL_EHOSTKEY_REVOKED";
	case SSHOAL_EAUTH:
		return "SSHOAL_EAUTH";
	case SSHOAL_ECHANNEL:
		return "SSHOAL_ECHANNEL";
	case SSHOAL_ELOST:
		return "SSHOAL_ELOST";
	case SSHOAL_ENOSTATUS:
		return "SSHOAL_ENOSTATUS";
	case SSHOAL_EEXIST:
		return "SSHOAL_EEXIST";
	case SSHOAL_EREMOTE:
		return "SSHOAL_EREMOTE";
	case SSHOAL_ECHANGED:
		return "SSHOAL_ECHANGED";
	case SSHOAL_EDIFFER:
		return "SSHOAL_EDIFFER";
	case SSHOAL_ETRANSFER:
		return "SSHOAL_ETRANSFER";
	}
	return NULL;
}

/* More than there will ever be. */
#define LOWEST (-200)

static void every_code_has_its_name_and_text(void **state)
{
	(void)state;
	int count = 0;
	for (int code = 0; code > LOWEST; code--) {
		const char *name = name_of((enum sshoal_error_code)code);
		if (!name)
			continue;
		count++;
		assert_string_equal(sshoal_error_name(code), name);
		const char *text = sshoal_error_text(code);
		assert_in_range(strlen(text), 1, 60);
		assert_null(strpbrk(text, "\n\t"));
		assert_true(islower((unsigned char)text[0]));
		assert_string_not_equal(text, sshoal_error_text(1));
	}
	/* The codes have no gaps, so none was passed over above. */
	assert_int_equal(count, 1 - SSHOAL_ETRANSFER);
}

static void no_two_codes_share_a_text(void **state)
{
	(void)state;
	for (int a = 0; a >= SSHOAL_ETRANSFER; a--)
		for (int b = a - 1; b >= SSHOAL_ETRANSFER; b--) {
			assert_string_not_equal(sshoal_error_text(a),
						sshoal_error_text(b));
			assert_string_not_equal(sshoal_error_name(a),
						sshoal_error_name(b));
		}
}

static void a_number_that_is_no_code_has_words_too(void **state)
{
	(void)state;
	static const int numbers[] = { 1, INT_MAX, INT_MIN,
				       SSHOAL_ETRANSFER - 1, EAGAIN };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		assert_string_equal(sshoal_error_name(numbers[i]), "SSHOAL_E?");
		assert_string_equal(sshoal_error_text(numbers[i]),
				    "unknown error");
	}
}

static void an_error_is_512_bytes_for_ever(void **state)
{
	(void)state;
	assert_int_equal(sizeof(sshoal_error), 512);
}

static void setting_gives_the_code_back(void **state)
{
	(void)state;
	sshoal_error error = { .code = 99, .text = "before" };
	assert_int_equal(
		sshoal__error_set(&error, SSHOAL_EIO, "%s: %d", "a", 7),
		SSHOAL_EIO);
	assert_int_equal(error.code, SSHOAL_EIO);
	assert_string_equal(error.text, "a: 7");
	assert_int_equal(sshoal__error_code(&error, SSHOAL_EBUSY),
			 SSHOAL_EBUSY);
	assert_string_equal(error.text, sshoal_error_text(SSHOAL_EBUSY));
}

static void nobody_need_take_the_text(void **state)
{
	(void)state;
	assert_int_equal(sshoal__error_set(NULL, SSHOAL_EIO, "%s", "a"),
			 SSHOAL_EIO);
	assert_int_equal(sshoal__error_code(NULL, SSHOAL_EIO), SSHOAL_EIO);
	(void)sshoal__error_prefix(NULL, "%s", "a");
}

static void text_is_one_line_of_harmless_characters(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "", "" },
		{ "plain caf\xc3\xa9", "plain caf\xc3\xa9" },
		{ "two\nlines", "two lines" },
		{ "a\ttab", "a tab" },
		{ "newline at the end\n", "newline at the end" },
		{ "and more of them \n\t\n ", "and more of them" },
		{ "\n", "" },
		{ "red \x1b[31m", "red \\x1b[31m" },
		{ "back\rto the start", "back\\rto the start" },
		{ "bell\a", "bell\\x07" },
		{ "\x7f", "\\x7f" },
		{ "not utf8 \xff\xc3", "not utf8 \\xff\\xc3" },
		{ "\xc2\x9b"
		  "2J",
		  "\\x9b2J" },
		{ "bidi \xe2\x80\xae", "bidi \\u202e" },
		{ "100 %s", "100 %s" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error;
		(void)sshoal__error_set(&error, SSHOAL_EIO, "%s", table[i].in);
		assert_string_equal(error.text, table[i].out);
	}
}

/* One character in each way of being written, and what is left of it. */
static const struct {
	const char *in, *out;
} characters[] = {
	{ "a", "a" },
	{ "\xc3\xa9", "\xc3\xa9" },
	{ "\xe2\x82\xac", "\xe2\x82\xac" },
	{ "\xf0\x9f\x90\x9f", "\xf0\x9f\x90\x9f" },
	{ "\x1b", "\\x1b" },
	{ "\xe2\x80\xae", "\\u202e" },
};

/* Text is what begins with "xx..." and goes on with whole characters, perhaps
 * with the shown bytes of one that was cut. */
static void assert_cut(const char *text, size_t filler, const char *character)
{
	size_t n = strnlen(text, TEXT_MAX + 1);
	assert_in_range(n, filler < TEXT_MAX ? filler : TEXT_MAX, TEXT_MAX);
	assert_int_equal(strspn(text, "x"),
			 filler < TEXT_MAX ? filler : TEXT_MAX);
	size_t length = strlen(character);
	size_t at = filler;
	while (at + length <= n && memcmp(text + at, character, length) == 0)
		at += length;
	while (at + 4 <= n && text[at] == '\\' && text[at + 1] == 'x')
		at += 4;
	if (filler < TEXT_MAX && at != n)
		fail_msg("after %zu: \"%s\"", filler, text + filler);
}

static void long_text_is_cut_between_characters(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof characters / sizeof *characters; c++)
		for (size_t filler = 480; filler < 520; filler++) {
			char in[1200];
			memset(in, 'x', filler);
			in[filler] = '\0';
			for (size_t i = 0; i < 100; i++)
				strcat(in, characters[c].in);
			sshoal_error error;
			(void)sshoal__error_set(&error, SSHOAL_EIO, "%s", in);
			assert_cut(error.text, filler, characters[c].out);
			/* A second pass changes nothing. */
			sshoal_error again;
			(void)sshoal__error_set(&again, SSHOAL_EIO, "%s",
						error.text);
			assert_string_equal(again.text, error.text);
		}
}

static void a_prefix_goes_before_what_is_there(void **state)
{
	(void)state;
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_EACCESS, "mode\n0644 \x1b");
	assert_int_equal(sshoal__error_prefix(&error, "%s %d", "file\n", 3),
			 SSHOAL_EACCESS);
	assert_int_equal(error.code, SSHOAL_EACCESS);
	assert_string_equal(error.text, "file  3: mode 0644 \\x1b");
	assert_int_equal(sshoal__error_prefix(&error, "%s", "top"),
			 SSHOAL_EACCESS);
	assert_string_equal(error.text, "top: file  3: mode 0644 \\x1b");
}

static void a_long_prefix_leaves_what_fits(void **state)
{
	(void)state;
	for (size_t n = 495; n < 530; n++) {
		char prefix[600];
		memset(prefix, 'p', n);
		prefix[n] = '\0';
		sshoal_error error;
		(void)sshoal__error_set(&error, SSHOAL_EIO, "abc");
		(void)sshoal__error_prefix(&error, "%s", prefix);
		char expected[700];
		(void)snprintf(expected, sizeof expected, "%s: abc", prefix);
		expected[TEXT_MAX] = '\0';
		/* A blank at the end is cut, too. */
		if (expected[strlen(expected) - 1] == ' ')
			expected[strlen(expected) - 1] = '\0';
		assert_string_equal(error.text, expected);
	}
}

static void every_errno_has_the_code_to_act_on(void **state)
{
	(void)state;
	static const struct {
		int number, code;
	} table[] = {
		{ ENOMEM, SSHOAL_ENOMEM },  { ENOENT, SSHOAL_ENOENT },
		{ ENOTDIR, SSHOAL_ENOENT }, { EACCES, SSHOAL_EACCESS },
		{ EPERM, SSHOAL_EACCESS },  { EMFILE, SSHOAL_ELOCAL },
		{ ENFILE, SSHOAL_ELOCAL },  { EAGAIN, SSHOAL_ELOCAL },
		{ ENOBUFS, SSHOAL_ELOCAL }, { EADDRNOTAVAIL, SSHOAL_ELOCAL },
		{ EIO, SSHOAL_EIO },        { EISDIR, SSHOAL_EIO },
		{ ENOSPC, SSHOAL_EIO },     { 0, SSHOAL_EIO },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (sshoal__error_from_errno(table[i].number) != table[i].code)
			fail_msg("errno %d: %s", table[i].number,
				 sshoal_error_name(sshoal__error_from_errno(
					 table[i].number)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_name_and_text),
		cmocka_unit_test(no_two_codes_share_a_text),
		cmocka_unit_test(a_number_that_is_no_code_has_words_too),
		cmocka_unit_test(an_error_is_512_bytes_for_ever),
		cmocka_unit_test(setting_gives_the_code_back),
		cmocka_unit_test(nobody_need_take_the_text),
		cmocka_unit_test(text_is_one_line_of_harmless_characters),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(a_prefix_goes_before_what_is_there),
		cmocka_unit_test(a_long_prefix_leaves_what_fits),
		cmocka_unit_test(every_errno_has_the_code_to_act_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
