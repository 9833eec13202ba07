/* SPDX-License-Identifier: MIT */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"

static void expect(const char *home, const char *path, const char *expected)
{
	if (home)
		assert_int_equal(setenv("HOME", home, 1), 0);
	else
		assert_int_equal(unsetenv("HOME"), 0);
	char *expanded = NULL;
	assert_int_equal(sshoal__path_expand(&expanded, path), 0);
	assert_string_equal(expanded, expected);
	free(expanded);
}

static void a_leading_tilde_is_the_home_of_the_environment(void **state)
{
	(void)state;
	expect("/home/me", "~/a b", "/home/me/a b");
	expect("/home/me", "~/", "/home/me/");
	expect("/", "~/a", "//a");
}

static void other_paths_stay(void **state)
{
	static const char *const paths[] = { "",      "~",    "~me/a", "/~/a",
					     "a/~/b", "./~/", "-" };
	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		expect("/home/me", paths[i], paths[i]);
}

static void without_an_absolute_home_the_user_database_counts(void **state)
{
	(void)state;
	const struct passwd *user = getpwuid(getuid());
	if (!user) {
		print_message("skipped: the caller is not in the database\n");
		skip();
	}
	char expected[4096];
	(void)snprintf(expected, sizeof expected, "%s/a", user->pw_dir);
	expect(NULL, "~/a", expected);
	expect("", "~/a", expected);
	expect("relative", "~/a", expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_leading_tilde_is_the_home_of_the_environment),
		cmocka_unit_test(other_paths_stay),
		cmocka_unit_test(
			without_an_absolute_home_the_user_database_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
