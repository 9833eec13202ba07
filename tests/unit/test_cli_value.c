/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/value.h"
#include "cli/words.h"

/* Values on the command line: what is taken, and that nothing else is. */

static void a_time_is_a_number_with_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} table[] = {
		{ "0", 0 },
		{ "0h", 0 },
		{ "0.000", 0 },
		{ "1", 1000 },
		{ "10s", 10000 },
		{ "250ms", 250 },
		{ "2m", 120000 },
		{ "3h", 10800000 },
		{ "0.5", 500 },
		{ "1.25m", 75000 },
		{ "0.1ms", 1 },
		{ "0.0001", 1 },
		{ "007", 7000 },
		{ "87600h", INT64_C(315360000000) },
		{ "0.000000001h", 1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error = { .code = 0 };
		int64_t ms = -7;
		assert_int_equal(
			sshoal__value_time(&ms, "-u", table[i].text, &error),
			0);
		assert_int_equal(ms, table[i].ms);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const table[] = {
		"",
		"s",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1 s",
		"0x10",
		"1e3",
		"1d",
		"1S",
		"1.",
		".5",
		"1.5.2",
		"1,5",
		"inf",
		"nan",
		"1min",
		"1s2",
		"1\n",
		"87601h",
		"1.0000000001",
		"ms",
		"99999999999999999999",
		"18446744073709551616",
		"18446744073709552",
		"1m30s",
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error = { .code = 0 };
		int64_t ms = -7;
		assert_int_equal(
			sshoal__value_time(&ms, "--deadline", table[i], &error),
			SSHOAL_EINVAL);
		assert_int_equal(error.code, SSHOAL_EINVAL);
		assert_non_null(strstr(error.text, "--deadline"));
		assert_int_equal(ms, -7);
	}
}

static void a_count_is_digits_within_its_range(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint32_t count;
	} table[] = {
		{ "1", 0, 1 },
		{ "65535", 0, 65535 },
		{ "080", 0, 80 },
		{ "0", SSHOAL_EINVAL, 7 },
		{ "65536", SSHOAL_EINVAL, 7 },
		{ "4294967297", SSHOAL_EINVAL, 7 },
		{ "18446744073709551617", SSHOAL_EINVAL, 7 },
		{ "", SSHOAL_EINVAL, 7 },
		{ "-1", SSHOAL_EINVAL, 7 },
		{ "+1", SSHOAL_EINVAL, 7 },
		{ " 1", SSHOAL_EINVAL, 7 },
		{ "1 ", SSHOAL_EINVAL, 7 },
		{ "1\n", SSHOAL_EINVAL, 7 },
		{ "0x10", SSHOAL_EINVAL, 7 },
		{ "1e3", SSHOAL_EINVAL, 7 },
		{ "1.0", SSHOAL_EINVAL, 7 },
		{ "1K", SSHOAL_EINVAL, 7 },
		{ "ten", SSHOAL_EINVAL, 7 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error = { .code = 0 };
		uint32_t count = 7;
		assert_int_equal(sshoal__value_count(&count, "-p",
						     table[i].text, 1, 65535,
						     &error),
				 table[i].rc);
		assert_int_equal(count, table[i].count);
		if (table[i].rc)
			assert_non_null(strstr(error.text, "1 to 65535"));
	}
}

static void words_are_joined_by_blanks(void **state)
{
	static const char *const words[] = { "echo", "a  b", "", "$HOME;",
					     "it's" };
	(void)state;
	char *line = sshoal__words_join(words, 5, false);
	assert_string_equal(line, "echo a  b  $HOME; it's");
	free(line);
	line = sshoal__words_join(words, 5, true);
	assert_string_equal(line, "echo 'a  b' '' '$HOME;' 'it'\\''s'");
	free(line);
	line = sshoal__words_join(words, 0, true);
	assert_string_equal(line, "");
	free(line);
}

static void quoting_protects_everything_from_sh(void **state)
{
	static const struct {
		const char *word;
		const char *quoted;
	} table[] = {
		{ "/usr/bin/x-1.2_y", "/usr/bin/x-1.2_y" },
		{ "a=b", "'a=b'" },
		{ "~root", "'~root'" },
		{ "''", "''\\'''\\'''" },
		{ "a\nb", "'a\nb'" },
		{ "\\", "'\\'" },
		{ "*", "'*'" },
		{ "\xc3\xa4", "'\xc3\xa4'" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *line = sshoal__words_join(&table[i].word, 1, true);
		assert_string_equal(line, table[i].quoted);
		free(line);
	}
}

static void a_size_is_a_number_with_a_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} table[] = { { "0", 0 },          { "1", 1 },
		      { "2K", 2048 },      { "1.5M", 1572864 },
		      { "0.0001K", 1 },    { "3G", UINT64_C(3) << 30 },
		      { "0.000000001", 1 } };
	static const char *const wrong[] = {
		"",   "K",   "1k",  "1T",  "-1",
		" 1", "1 K", "1KB", "0x1", "9999999G",
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint64_t bytes = 77;
		sshoal_error error;
		assert_int_equal(sshoal__value_size(&bytes, "--bwlimit",
						    table[i].text, &error),
				 0);
		assert_int_equal(bytes, table[i].bytes);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		uint64_t bytes = 77;
		sshoal_error error;
		assert_int_equal(sshoal__value_size(&bytes, "--bwlimit",
						    wrong[i], &error),
				 SSHOAL_EINVAL);
		assert_int_equal(bytes, 77);
		assert_non_null(strstr(error.text, "--bwlimit"));
	}
}

static void permissions_are_octal(void **state)
{
	static const char *const wrong[] = { "",      "8",  "0o644",      "u+x",
					     "10000", "-1", "99999999999" };
	uint32_t mode = 0;
	sshoal_error error;
	(void)state;
	assert_int_equal(sshoal__value_mode(&mode, "--mode", "7777", &error),
			 0);
	assert_int_equal(mode, 07777);
	assert_int_equal(
		sshoal__value_mode(&mode, "--mode", "00000644", &error), 0);
	assert_int_equal(mode, 0644);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(
			sshoal__value_mode(&mode, "--mode", wrong[i], &error),
			SSHOAL_EINVAL);
	assert_int_equal(mode, 0644);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_a_number_with_a_unit),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(a_count_is_digits_within_its_range),
		cmocka_unit_test(a_size_is_a_number_with_a_unit),
		cmocka_unit_test(permissions_are_octal),
		cmocka_unit_test(words_are_joined_by_blanks),
		cmocka_unit_test(quoting_protects_everything_from_sh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
