/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <libssh2.h>

#include <sshoal/command.h>
#include <sshoal/fleet.h>

#include "servers/account.h"
#include "servers/dropbear.h"
#include "servers/keypair.h"
#include "servers/scratch.h"
#include "servers/site.h"
#include "ssh/client_rig.h"
#include "ssh/observed.h"

/* What is left on the hosts of commands that a limit came to. */

#define PASSWORD "let me in, please"

/* Until the limit, and from TERM to KILL. */
#define LIMIT_MS 300
#define KILL_MS 600

struct here {
	struct site site;
	struct account *account; /* NULL: not root */
	double seconds;          /* which no other test's sleep has */
};

static int setup(void **state)
{
	struct here *here = calloc(1, sizeof *here);
	if (!here)
		return -1;
	*state = here;
	here->seconds = 600 + getpid() / 1e8;
	static const struct sshd_plan plan = {
		.more = "PasswordAuthentication yes\n"
			"KbdInteractiveAuthentication no\n",
	};
	if (site_start(&here->site, geteuid() == 0 ? &plan : NULL))
		return -1;
	return geteuid() == 0 ? account_new(&here->account, PASSWORD) : 0;
}

static int teardown(void **state)
{
	struct here *here = *state;
	site_stop(&here->site);
	account_free(here->account);
	free(here);
	return 0;
}

/* Puts this test's own sleep in the place of the %s in a line. */
static void make_line(char line[256], const struct here *here,
		      const char *format)
{
	const char *place = strstr(format, "%s");
	assert_non_null(place);
	(void)snprintf(line, 256, "%.*ssleep %.8f%s", (int)(place - format),
		       format, here->seconds, place + 2);
}

/* How many of them are there: none, once the last has been told. */
static int left(const struct here *here)
{
	char line[64];
	(void)snprintf(line, sizeof line, "pgrep -xf 'sleep %.8f' | wc -l",
		       here->seconds);
	FILE *out = popen(line, "r");
	int count = -1;
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%d", &count), 1);
	assert_int_equal(pclose(out), 0);
	return count;
}

/* They are this test's alone: no other sleep has these seconds. */
static void end_those_left(const struct here *here)
{
	char line[64];
	(void)snprintf(line, sizeof line,
		       "pkill -KILL -xf 'sleep %.8f' || :", here->seconds);
	assert_int_equal(system(line), 0);
}

static sshoal_fleet_options limits(void)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.timeout_ms = LIMIT_MS;
	options.kill_after_ms = KILL_MS;
	return options;
}

/* Whether what became of one is true: it must be gone, and known to be. But
 * where a server sends TERM by itself, which libssh2 can ask for since 1.11, and
 * the leader alone heeds it, nobody knows the others any more. */
static void assert_true_end(const struct here *here, const struct seen *seen,
			    bool is_led)
{
#if LIBSSH2_VERSION_NUM >= 0x010b00
	bool may_survive = is_led;
#else
	bool may_survive = false;
	(void)is_led;
#endif
	if (may_survive && seen->kill == SSHOAL_END_SURVIVED) {
		assert_true(left(here) > 0);
		return;
	}
	if (seen->kill != SSHOAL_END_KILLED)
		fail_msg("%s, %s", sshoal_end_name(seen->kill), seen->text);
	assert_non_null(strstr(seen->text, "it was ended"));
}

/* Runs one as whoever runs this, and as another user where there is one.
 * is_led: the leader goes by TERM, and what it has started does not. */
static void ends_as(const struct here *here, const char *format,
		    const char *signal, bool is_led)
{
	const sshoal_fleet_options options = limits();
	sshoal_fleet *fleet = fleet_of(&options);
	size_t count = here->account ? 2 : 1;
	sshoal_client_options client = site_options(&here->site, "127.0.1.1");
	fleet_with(fleet, &client);
	if (here->account) {
		client.host = "127.0.1.2";
		client.user = account_name(here->account);
		client.password = PASSWORD;
		client.key_file = NULL;
		fleet_with(fleet, &client);
	}
	char line[256];
	make_line(line, here, format);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, line), 0);
	for (size_t i = 0; i < count; i++) {
		assert_seen_status(&observed, i, SSHOAL_STATUS_TIMEOUT);
		assert_string_equal(observed.list[i].signal, signal);
		assert_true_end(here, &observed.list[i], is_led);
	}
	if (is_led)
		end_those_left(here);
	assert_int_equal(left(here), 0);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void nothing_is_left(void **state)
{
	static const struct {
		const char *format;
		const char *signal;
		bool is_led;
	} cases[] = {
		{ "%s", "TERM", false },
		{ "%s; echo went on", "TERM", false },
		{ "sh -c '%s | cat'", "TERM", false },
		{ "trap '' TERM; %s", "KILL", false },
		{ "sh -c \"trap '' TERM; %s\"; true", "TERM", true },
	};
	const struct here *here = *state;
	if (!here->account)
		print_message("another user needs root: not tried\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ends_as(here, cases[i].format, cases[i].signal,
			cases[i].is_led);
}

/* As sudo does for a terminal, and timeout(1) unless it is the shell itself. */
static void what_has_a_group_of_its_own_ends_too(void **state)
{
	static const char *const formats[] = {
		"setsid %s & wait",
		"timeout 700 %s; true",
		"sh -c 'setsid sh -c \"%s; true\" & wait'; true",
	};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		ends_as(*state, formats[i], "TERM", true);
}

static void scripts_end_too(void **state)
{
	const struct here *here = *state;
	const sshoal_fleet_options options = limits();
	char path[SCRATCH_PATH_MAX];
	scratch_path(path, here->site.scratch, "script");
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fprintf(file, "trap '' TERM; sleep %.8f\n", here->seconds) >
		    0);
	assert_int_equal(fclose(file), 0);
	sshoal_fleet *fleet = fleet_of(&options);
	fleet_with_hosts(fleet, &here->site, 2);
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_SCRIPT;
	const char *const sources[] = { path };
	job.sources = sources;
	job.source_count = 1;
	struct observed observed = { .list = NULL };
	assert_int_equal(observe_job(&observed, fleet, &job), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_seen_status(&observed, i, SSHOAL_STATUS_TIMEOUT);
		assert_int_equal(observed.list[i].kill, SSHOAL_END_KILLED);
		/* Its folder is cleared away all the same. */
		assert_null(strstr(observed.list[i].text, "left there"));
	}
	assert_int_equal(left(here), 0);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void a_limit_of_its_output_ends_it(void **state)
{
	const struct here *here = *state;
	sshoal_fleet_options options = limits();
	options.timeout_ms = 0;
	options.max_output_bytes = 1000;
	char line[256];
	make_line(line, here, "%s & yes");
	struct observed observed = { .list = NULL };
	const sshoal_client_options client =
		site_options(&here->site, "127.0.1.1");
	observe_one(&observed, &options, &client, line);
	assert_seen_status(&observed, 0, SSHOAL_STATUS_OUTPUT_LIMIT);
	assert_int_equal(observed.list[0].kill, SSHOAL_END_KILLED);
	assert_int_equal(observed.list[0].streams[0].bytes, 1000);
	assert_int_equal(left(here), 0);
	observed_free(&observed);
}

/* Says something when it is told to end, which is heard. */
static void its_last_words_are_heard(void **state)
{
	const struct here *here = *state;
	const sshoal_fleet_options options = limits();
	const sshoal_client_options client =
		site_options(&here->site, "127.0.1.1");
	char line[256];
	make_line(line, here, "trap 'echo bye; exit 3' TERM; %s & wait");
	struct observed observed = { .list = NULL };
	observe_one(&observed, &options, &client, line);
	assert_seen_status(&observed, 0, SSHOAL_STATUS_TIMEOUT);
	assert_string_equal(observed.list[0].streams[0].head, "bye\n");
	assert_int_equal(observed.list[0].exit, 3);
	assert_int_equal(left(here), 0);
	observed_free(&observed);
}

/* The second command is the forced one again, which is not ours. */
static void a_forced_command_is_not_told_to_be_gone(void **state)
{
	const struct here *here = *state;
	char more[320];
	/* How often it ran is how many lines its file has. */
	char path[SCRATCH_PATH_MAX];
	scratch_path(path, here->site.scratch, "times");
	(void)snprintf(more, sizeof more,
		       "ForceCommand echo ran >>%.200s; sleep %.8f\n", path,
		       here->seconds);
	const struct sshd_plan plan = { .more = more };
	struct site site;
	assert_int_equal(site_start(&site, &plan), 0);
	sshoal_fleet_options options = limits();
	const sshoal_client_options client = site_options(&site, "127.0.1.1");
	struct observed observed = { .list = NULL };
	observe_one(&observed, &options, &client, "whatever");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_TIMEOUT);
	int kill = observed.list[0].kill;
	observed_free(&observed);
	/* The protocol's own request may have ended it, where libssh2 has that
	 * and the server heeds it. */
	assert_int_equal(kill == SSHOAL_END_KILLED, left(here) == 0);
	site_stop(&site);
	end_those_left(here);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	/* Never more than once more, however often it was tried. */
	assert_true(status.st_size <= 8);
}

static void dropbear_is_no_different(void **state)
{
	const struct here *here = *state;
	struct dropbear dropbear;
	char path[SCRATCH_PATH_MAX];
	scratch_path(path, here->site.scratch, "dropbear");
	assert_int_equal(dropbear_make_key(path, "ed25519"), 0);
	assert_int_equal(dropbear_start(&dropbear, here->site.scratch, path,
					here->site.authorized_keys),
			 0);
	assert_int_equal(keypair_publish(path, here->site.known_hosts,
					 "[127.0.0.1]:%u ",
					 (unsigned)dropbear.port),
			 0);
	sshoal_client_options client = site_options(&here->site, "127.0.0.1");
	client.port = dropbear.port;
	static const char *const formats[] = { "sh -c '%s | cat'",
					       "trap '' TERM; %s" };
	for (size_t i = 0; i < 2; i++) {
		const sshoal_fleet_options options = limits();
		char line[256];
		make_line(line, here, formats[i]);
		struct observed observed = { .list = NULL };
		observe_one(&observed, &options, &client, line);
		assert_seen_status(&observed, 0, SSHOAL_STATUS_TIMEOUT);
		assert_int_equal(observed.list[0].kill, SSHOAL_END_KILLED);
		assert_int_equal(left(here), 0);
		observed_free(&observed);
	}
	dropbear_stop(&dropbear);
}

/* Whoever says never to KILL has what ignores TERM go on, and is told so. */
static void without_kill_it_survives(void **state)
{
	const struct here *here = *state;
	sshoal_fleet_options options = limits();
	options.kill_after_ms = -1;
	const sshoal_client_options client =
		site_options(&here->site, "127.0.1.1");
	char line[256];
	make_line(line, here, "trap '' TERM; %s");
	struct observed observed = { .list = NULL };
	observe_one(&observed, &options, &client, line);
	assert_seen_status(&observed, 0, SSHOAL_STATUS_TIMEOUT);
	assert_int_equal(observed.list[0].kill, SSHOAL_END_SURVIVED);
	assert_non_null(strstr(observed.list[0].text, "goes on"));
	assert_int_equal(left(here), 1);
	end_those_left(here);
	observed_free(&observed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(what_has_a_group_of_its_own_ends_too),
		cmocka_unit_test(scripts_end_too),
		cmocka_unit_test(a_limit_of_its_output_ends_it),
		cmocka_unit_test(its_last_words_are_heard),
		cmocka_unit_test(a_forced_command_is_not_told_to_be_gone),
		cmocka_unit_test(dropbear_is_no_different),
		cmocka_unit_test(without_kill_it_survives),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
