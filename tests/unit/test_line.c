/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ssh/line.h"

/* What is made is judged by a shell. */

/* Runs a line as a login shell of a server would; returns its exit status. */
static int shell(const char *line, char *out, size_t size)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (dup2(ends[1], STDOUT_FILENO) < 0 || chdir("/tmp") != 0)
			_exit(99);
		(void)close(ends[0]);
		(void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(98);
	}
	(void)close(ends[1]);
	size_t n = 0;
	ssize_t got;
	while (n < size - 1 && (got = read(ends[0], out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	(void)close(ends[0]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void nothing_is_added_unless_asked_for(void **state)
{
	(void)state;
	static const char *const none[] = { NULL };
	char *line = NULL;
	assert_int_equal(sshoal__line_make(&line, "a b; 'c", NULL, NULL, NULL),
			 0);
	assert_string_equal(line, "a b; 'c");
	free(line);
	assert_int_equal(sshoal__line_make(&line, "", none, NULL, NULL), 0);
	assert_string_equal(line, "");
	free(line);
}

static void values_arrive_as_they_are(void **state)
{
	(void)state;
	static const char *const values[] = {
		"",      "plain",     "two words", "it's",         "''",
		"$HOME", "`id`",      "$(id)",     "a\\b\\",       "\"",
		"!x",    "line\nend", "tab\t",     "\xc3\xa9\xff", "*",
		"-n",    "~",         "a=b=c",     "#no comment",  ";exit 7",
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char variable[64];
		char out[128];
		char expected[128];
		char *line = NULL;
		(void)snprintf(variable, sizeof variable, "V_1=%s", values[i]);
		(void)snprintf(expected, sizeof expected, "%s|other",
			       values[i]);
		const char *const env[] = { variable, "_o=other", NULL };
		assert_int_equal(sshoal__line_make(&line,
						   "sh -c 'printf \"%s|%s\" "
						   "\"$V_1\" \"$_o\"'",
						   env, NULL, NULL),
				 0);
		assert_int_equal(shell(line, out, sizeof out), 0);
		assert_string_equal(out, expected);
		free(line);
	}
}

static void a_folder_is_entered_or_nothing_runs(void **state)
{
	(void)state;
	char base[] = "/tmp/sshoal-line-XXXXXX";
	assert_non_null(mkdtemp(base));
	static const char *const names[] = { "plain", "-",         "-P",
					     "it's",  "two words", "$x" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[128];
		char relative[128];
		char out[256];
		char expected[256];
		char *line = NULL;
		(void)snprintf(path, sizeof path, "%s/%s", base, names[i]);
		(void)snprintf(relative, sizeof relative, "%s",
			       path + strlen("/tmp/"));
		(void)snprintf(expected, sizeof expected, "%s\n", path);
		/* It is not there yet. */
		assert_int_equal(
			sshoal__line_make(&line, "echo ran", NULL, path, NULL),
			0);
		assert_int_equal(shell(line, out, sizeof out), 126);
		assert_string_equal(out, "");
		free(line);
		assert_int_equal(mkdir(path, 0700), 0);
		const char *const folders[] = { path, relative };
		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(sshoal__line_make(&line, "pwd", NULL,
							   folders[k], NULL),
					 0);
			assert_int_equal(shell(line, out, sizeof out), 0);
			assert_string_equal(out, expected);
			free(line);
		}
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(rmdir(base), 0);
}

static void a_home_is_where_a_command_begins(void **state)
{
	(void)state;
	static const struct {
		const char *folder, *pwd;
	} table[] = { { "~", "/tmp\n" }, { "~/", "/tmp\n" }, { "", "/tmp\n" } };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char out[64];
		char *line = NULL;
		assert_int_equal(sshoal__line_make(&line, "pwd", NULL,
						   table[i].folder, NULL),
				 0);
		assert_int_equal(shell(line, out, sizeof out), 0);
		assert_string_equal(out, table[i].pwd);
		free(line);
	}
}

static void what_is_no_variable_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = { "",      "=",          "=x",
					     "A",     "1A=x",       "A-B=x",
					     "A B=x", "\xc3\xa9=x", "$A=x" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const char *const env[] = { "GOOD=1", wrong[i], NULL };
		char *line = NULL;
		sshoal_error error;
		assert_int_equal(
			sshoal__line_make(&line, "id", env, NULL, &error),
			SSHOAL_EINVAL);
		assert_null(line);
		assert_non_null(strstr(error.text, "NAME=VALUE"));
	}
}

static void a_line_that_is_too_long_is_refused(void **state)
{
	(void)state;
	char *command = calloc(1, LINE_MAX_BYTES + 1);
	char *line = NULL;
	sshoal_error error;
	assert_non_null(command);
	memset(command, 'x', LINE_MAX_BYTES);
	assert_int_equal(sshoal__line_make(&line, command, NULL, NULL, &error),
			 SSHOAL_EINVAL);
	assert_null(line);
	assert_non_null(strstr(error.text, "32000"));
	command[LINE_MAX_BYTES - 1] = '\0';
	assert_int_equal(sshoal__line_make(&line, command, NULL, NULL, &error),
			 0);
	assert_string_equal(line, command);
	free(line);
	free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_added_unless_asked_for),
		cmocka_unit_test(values_arrive_as_they_are),
		cmocka_unit_test(a_folder_is_entered_or_nothing_runs),
		cmocka_unit_test(a_home_is_where_a_command_begins),
		cmocka_unit_test(what_is_no_variable_is_refused),
		cmocka_unit_test(a_line_that_is_too_long_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
