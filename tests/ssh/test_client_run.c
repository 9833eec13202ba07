/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ssh/client_rig.h"

/* One command from its start to its end: what it is given, what it says, how
 * it ends and what limits it. */

#define BULK_BYTES ((size_t)64 * 1024 * 1024)

/* A limit that is reached, after the first output in any case. */
#define LIMIT_MS 3000

struct runs {
	struct site site;
	struct peers peers;
	sshoal_client *client;
};

static int setup(void **state)
{
	struct runs *runs = calloc(1, sizeof *runs);
	if (!runs || site_start(&runs->site, NULL))
		return -1;
	*state = runs;
	if (peers_start(&runs->peers, &runs->site))
		return -1;
	runs->client = client_at(&runs->site);
	return 0;
}

static int teardown(void **state)
{
	struct runs *runs = *state;
	sshoal_client_close(runs->client);
	peers_stop(&runs->peers);
	site_stop(&runs->site);
	free(runs);
	return 0;
}

/* Runs a line that ends so; what it said is the caller's. */
static void run(sshoal_client *client, const char *line,
		const sshoal_command_options *options, int code,
		sshoal_output *output)
{
	sshoal_error error = { .code = 0 };
	int rc = sshoal_client_run(client, line, options, output, &error);
	assert_code(rc, code, line, error.text);
	assert_non_null(output->stdout_data);
	assert_non_null(output->stderr_data);
	assert_int_equal(output->stdout_data[output->stdout_size], 0);
	assert_int_equal(output->stderr_data[output->stderr_size], 0);
	if (code) {
		assert_int_equal(error.code, code);
		assert_true(error.text[0] != 0);
	}
}

static void streams_are_apart_and_exact(void **state)
{
	const struct runs *runs = *state;
	sshoal_output output;
	run(runs->client,
	    "printf 'a\\0b\\377\\r\\n\\033[1m'; printf 'no end' >&2", NULL, 0,
	    &output);
	assert_int_equal(output.stdout_size, 10);
	assert_memory_equal(output.stdout_data, "a\0b\377\r\n\033[1m", 10);
	assert_int_equal(output.stderr_size, 6);
	assert_string_equal(output.stderr_data, "no end");
	assert_int_equal(output.exit_status, 0);
	assert_null(output.exit_signal);
	assert_int_equal(output.stdout_held, 0);
	sshoal_output_fini(&output);
	assert_int_equal(output.stdout_size, 0);
	sshoal_output_fini(&output);
	sshoal_output_fini(NULL);
}

static void every_size_is_exact(void **state)
{
	static const size_t sizes[] = { 0,     1,       4095,    32768,
					65537, 1048575, 1048577, BULK_BYTES };
	const struct runs *runs = *state;
	char path[SCRATCH_PATH_MAX], line[SCRATCH_PATH_MAX * 3];
	pattern_file(path, &runs->site, BULK_BYTES, 5);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		sshoal_output output;
		(void)snprintf(line, sizeof line,
			       "head -c %zu %s & head -c %zu %s >&2; wait",
			       sizes[i], path, sizes[i] / 4, path);
		run(runs->client, line, NULL, 0, &output);
		assert_int_equal(output.stdout_size, sizes[i]);
		assert_int_equal(output.stderr_size, sizes[i] / 4);
		assert_true(pattern_is((unsigned char *)output.stdout_data,
				       output.stdout_size, 0, 5));
		assert_true(pattern_is((unsigned char *)output.stderr_data,
				       output.stderr_size, 0, 5));
		sshoal_output_fini(&output);
	}
}

static void signals_are_no_statuses(void **state)
{
	static const char *const names[] = { "KILL", "TERM", "SEGV", "USR1" };
	const struct runs *runs = *state;
	for (size_t i = 0; i < 4; i++) {
		char line[64];
		sshoal_output output;
		(void)snprintf(line, sizeof line, "echo x; kill -%s $$",
			       names[i]);
		run(runs->client, line, NULL, 0, &output);
		assert_int_equal(output.exit_status, -1);
		assert_non_null(output.exit_signal);
		assert_string_equal(output.exit_signal, names[i]);
		assert_string_equal(output.stdout_data, "x\n");
		sshoal_output_fini(&output);
	}
}

static void strange_ends_are_told_as_they_are(void **state)
{
	static const struct {
		const char *user;
		int code;
		int64_t exit;
		size_t stdout_bytes;
		uint32_t held;
		bool lost;
	} table[] = {
		{ "exit-256", 0, 256, 0, 0, false },
		{ "exit-max", 0, 4294967295, 0, 0, false },
		{ "exit-first", 0, 0, 300000, 0, false },
		{ "no-exit", SSHOAL_ENOSTATUS, -1, 1000, 0, false },
		{ "cut", SSHOAL_ELOST, -1, 1000, 0, true },
		{ "exit-then-cut", SSHOAL_ELOST, 0, 1000, 0, true },
		{ "exit-held", 0, 0, 1000, 1, false },
		{ "open-refused", SSHOAL_ECHANNEL, -1, 0, 0, false },
		{ "exec-refused", SSHOAL_ECHANNEL, -1, 0, 0, false },
	};
	const struct runs *runs = *state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const sshoal_client_options options =
			evil_options(&runs->peers, &runs->site, table[i].user);
		sshoal_client *client = client_of(&options);
		sshoal_output output;
		print_message("%s\n", table[i].user);
		run(client, "x", NULL, table[i].code, &output);
		assert_int_equal(output.exit_status, table[i].exit);
		assert_int_equal(output.stdout_size, table[i].stdout_bytes);
		assert_int_equal(output.stdout_held, table[i].held);
		sshoal_output_fini(&output);
		if (table[i].lost) {
			run(client, "x", NULL, SSHOAL_ELOST, &output);
			sshoal_output_fini(&output);
		}
		sshoal_client_close(client);
	}
}

static void starts_that_nobody_answers_lose_the_client(void **state)
{
	static const char *const users[] = { "open-silent", "exec-silent" };
	const struct runs *runs = *state;
	for (size_t i = 0; i < 2; i++) {
		const sshoal_client_options options =
			evil_options(&runs->peers, &runs->site, users[i]);
		sshoal_client *client = client_of(&options);
		sshoal_command_options limit = SSHOAL_COMMAND_OPTIONS_INIT;
		sshoal_output output;
		limit.timeout_ms = 1000;
		run(client, "x", &limit, SSHOAL_ETIMEOUT, &output);
		sshoal_output_fini(&output);
		run(client, "x", &limit, SSHOAL_ELOST, &output);
		sshoal_output_fini(&output);
		assert_int_equal(sshoal_client_pump(client, 0), SSHOAL_ELOST);
		sshoal_client_close(client);
	}
}

/* --- what it is given --- */

static void the_environment_is_exact(void **state)
{
	static const char *const env[] = {
		"A=plain",      "B=it's \"x\" $HOME `id` \\ *",
		"C=two\nlines", "D=",
		"_e9=a=b",      NULL
	};
	static const char *const wrong[][2] = { { "NOTHING", NULL },
						{ "=x", NULL },
						{ "1A=x", NULL },
						{ "A B=x", NULL },
						{ "A;id=x", NULL } };
	const struct runs *runs = *state;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	options.env = env;
	assert_says(runs->client,
		    "printf '%s|' \"$A\" \"$B\" \"$C\" \"${D-none}\" \"$_e9\"; "
		    "env | grep -c '^_e9=a=b$' | cat",
		    &options,
		    "plain|it's \"x\" $HOME `id` \\ *|two\nlines||a=b|1\n");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		sshoal_output output;
		options.env = wrong[i];
		run(runs->client, "true", &options, SSHOAL_EINVAL, &output);
		sshoal_output_fini(&output);
	}
}

static void the_folder_is_entered_or_nothing_runs(void **state)
{
	static const char *const names[] = { "plain", "it's a \"$HOME\"", "-P",
					     "a;b", "line\nbreak" };
	static const char *const env[] = { "CDPATH=/", NULL };
	const struct runs *runs = *state;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_output output;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[SCRATCH_PATH_MAX], words[SCRATCH_PATH_MAX + 2];
		scratch_path(path, runs->site.scratch, "%s", names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		(void)snprintf(words, sizeof words, "%s\n", path);
		options.cwd = path;
		assert_says(runs->client, "pwd", &options, words);
		/* Relative: from where the login ends up. */
		options.cwd = names[i];
		assert_says(runs->client, "pwd", &options, words);
	}
	options.cwd = "/no/such/folder";
	run(runs->client, "echo ran; touch ran", &options, 0, &output);
	assert_int_equal(output.exit_status, 126);
	assert_string_equal(output.stdout_data, "");
	sshoal_output_fini(&output);
	options.cwd = "etc";
	options.env = env;
	run(runs->client, "echo ran", &options, 0, &output);
	assert_int_equal(output.exit_status, 126);
	assert_string_equal(output.stdout_data, "");
	sshoal_output_fini(&output);
	/* Several commands, a comment and a here-document stay what they are. */
	options.cwd = "/";
	assert_says(runs->client, "false || pwd; pwd && cat <<E # x\nin\nE",
		    &options, "/\n/\nin\n");
}

static void a_terminal_is_as_asked(void **state)
{
	const struct runs *runs = *state;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	options.pty = 1;
	options.columns = 123;
	options.rows = 45;
	options.term = "dumb";
	assert_says(runs->client,
		    "test -t 0 && stty size && echo $TERM && echo err >&2",
		    &options, "45 123\r\ndumb\r\nerr\r\n");
	options.columns = options.rows = 0;
	assert_says(runs->client, "stty size", &options, "24 80\r\n");
	assert_says(runs->client, "test -t 0 || echo none", NULL, "none\n");
}

static void streams_are_merged_in_order(void **state)
{
	const struct runs *runs = *state;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	options.merge_stderr = 1;
	/* Far apart in time: sshd reads two pipes, one of which is first. */
	assert_says(runs->client,
		    "echo 1; sleep 0.2; echo 2 >&2; sleep 0.2; echo 3",
		    &options, "1\n2\n3\n");
}

static void input_is_sent_and_ends(void **state)
{
	const struct runs *runs = *state;
	const size_t sizes[] = { 0, 1, 65536, (size_t)8 * 1024 * 1024 };
	unsigned char *bytes = malloc(sizes[3]);
	assert_non_null(bytes);
	pattern_fill(bytes, sizes[3], 0, 8);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_output output;
	for (size_t i = 0; i < 4; i++) {
		options.stdin_data = bytes;
		options.stdin_size = sizes[i];
		run(runs->client, "cat; exit 4", &options, 0, &output);
		assert_int_equal(output.exit_status, 4);
		assert_int_equal(output.stdout_size, sizes[i]);
		assert_true(pattern_is((unsigned char *)output.stdout_data,
				       output.stdout_size, 0, 8));
		sshoal_output_fini(&output);
	}
	/* One that does not want it. */
	run(runs->client, "exec <&-; echo over", &options, 0, &output);
	assert_string_equal(output.stdout_data, "over\n");
	sshoal_output_fini(&output);
	free(bytes);
	assert_says(runs->client, "cat; echo over", NULL, "over\n");
}

/* --- limits --- */

static void limits_keep_what_came(void **state)
{
	const struct runs *runs = *state;
	sshoal_client *client = client_at(&runs->site);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_output output;
	options.timeout_ms = LIMIT_MS;
	run(client, "echo came; echo too >&2; cat /dev/tty; exec sleep 60",
	    &options, SSHOAL_ETIMEOUT, &output);
	assert_string_equal(output.stdout_data, "came\n");
	assert_int_equal(output.exit_status, -1);
	assert_int_equal(strncmp(output.stderr_data, "too\n", 4), 0);
	sshoal_output_fini(&output);
	assert_fine(client);
	options.timeout_ms = 0;
	options.idle_timeout_ms = LIMIT_MS;
	run(client, "echo came; exec sleep 60", &options, SSHOAL_ETIMEOUT,
	    &output);
	assert_string_equal(output.stdout_data, "came\n");
	sshoal_output_fini(&output);
	assert_fine(client);
	options.idle_timeout_ms = 0;
	options.max_output_bytes = 100000;
	run(client, "head -c 60000 /dev/zero; head -c 40000 /dev/zero >&2",
	    &options, 0, &output);
	assert_int_equal(output.stdout_size, 60000);
	assert_int_equal(output.stderr_size, 40000);
	sshoal_output_fini(&output);
	run(client, "head -c 100001 /dev/zero", &options, SSHOAL_ELIMIT,
	    &output);
	assert_int_equal(output.stdout_size, 100000);
	sshoal_output_fini(&output);
	run(client, "yes", &options, SSHOAL_ELIMIT, &output);
	assert_int_equal(output.stdout_size, 100000);
	sshoal_output_fini(&output);
	assert_fine(client);
	sshoal_client_close(client);
}

static void output_held_open_ends_after_the_grace(void **state)
{
	const struct runs *runs = *state;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_output output;
	run(runs->client, "sleep 60 & echo started; exit 3", NULL, 0, &output);
	assert_string_equal(output.stdout_data, "started\n");
	assert_int_equal(output.exit_status, 3);
	assert_int_equal(output.stdout_held, 1);
	sshoal_output_fini(&output);
	options.detach_grace_ms = -1;
	run(runs->client, "(sleep 3; echo late) & echo started", &options, 0,
	    &output);
	assert_string_equal(output.stdout_data, "started\nlate\n");
	assert_int_equal(output.stdout_held, 0);
	sshoal_output_fini(&output);
}

static void misuse_gives_a_code(void **state)
{
	const struct runs *runs = *state;
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	sshoal_output output;
	memset(&output, 0xff, sizeof output);
	run(NULL, "true", NULL, SSHOAL_EINVAL, &output);
	sshoal_output_fini(&output);
	memset(&output, 0xff, sizeof output);
	run(runs->client, NULL, NULL, SSHOAL_EINVAL, &output);
	sshoal_output_fini(&output);
	assert_int_equal(
		sshoal_client_run(runs->client, "true", NULL, NULL, NULL),
		SSHOAL_EINVAL);
	options.timeout_ms = -2;
	run(runs->client, "true", &options, SSHOAL_EINVAL, &output);
	sshoal_output_fini(&output);
	options = (sshoal_command_options)SSHOAL_COMMAND_OPTIONS_INIT;
	options.size = 0;
	run(runs->client, "true", &options, SSHOAL_EINVAL, &output);
	sshoal_output_fini(&output);
	options.size = sizeof options;
	options.stdin_size = 1;
	run(runs->client, "true", &options, SSHOAL_EINVAL, &output);
	sshoal_output_fini(&output);
	assert_fine(runs->client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_apart_and_exact),
		cmocka_unit_test(every_size_is_exact),
		cmocka_unit_test(signals_are_no_statuses),
		cmocka_unit_test(strange_ends_are_told_as_they_are),
		cmocka_unit_test(starts_that_nobody_answers_lose_the_client),
		cmocka_unit_test(the_environment_is_exact),
		cmocka_unit_test(the_folder_is_entered_or_nothing_runs),
		cmocka_unit_test(a_terminal_is_as_asked),
		cmocka_unit_test(streams_are_merged_in_order),
		cmocka_unit_test(input_is_sent_and_ends),
		cmocka_unit_test(limits_keep_what_came),
		cmocka_unit_test(output_held_open_ends_after_the_grace),
		cmocka_unit_test(misuse_gives_a_code),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
