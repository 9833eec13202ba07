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

#include <cmocka.h>

#include "servers/site.h"
#include "ssh/observed.h"

/* Scripts and files on many hosts: what servers forbid, and what is a
 * caller's. */

#define HOSTS 3

/* Writes a file into a site's folder. */
static void write_file(const struct site *site, const char *name,
		       const char *text, char path[SCRATCH_PATH_MAX])
{
	scratch_path(path, site->scratch, "%s", name);
	assert_int_equal(scratch_write(path, 0600, "%s", text), 0);
}

static sshoal_job script_job(const char *const *path)
{
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_SCRIPT;
	job.sources = path;
	job.source_count = 1;
	return job;
}

/* Whether the folder of the script whose path a host printed is gone. */
static void assert_removed(const struct observed *observed, size_t index)
{
	char path[OBSERVED_HEAD + 1];
	struct stat status;
	(void)snprintf(path, sizeof path, "%s",
		       observed->list[index].streams[0].head);
	char *end = strrchr(path, '/');
	assert_non_null(end);
	*end = '\0';
	assert_non_null(strstr(path, "/.sshoal-"));
	if (stat(path, &status) == 0)
		fail_msg("%s is left", path);
}

/* Runs a script that prints its path on a server of its own. */
static void run_on(const struct sshd_plan *plan, struct observed *observed)
{
	struct site site;
	char path[SCRATCH_PATH_MAX];
	assert_int_equal(site_start(&site, plan), 0);
	write_file(&site, "s.sh", "echo \"$0\"\n", path);
	const char *sources[] = { path };
	const sshoal_job job = script_job(sources);
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, &site, 1);
	assert_int_equal(observe_job(observed, fleet, &job), 0);
	sshoal_fleet_free(fleet);
	if (observed->list[0].status == SSHOAL_STATUS_OK)
		assert_removed(observed, 0);
	site_stop(&site);
}

static void a_script_runs_where_one_channel_is_all(void **state)
{
	static const struct sshd_plan plan = { .more = "MaxSessions 1\n" };
	struct observed observed = { .list = NULL };
	(void)state;
	run_on(&plan, &observed);
	assert_seen_status(&observed, 0, SSHOAL_STATUS_OK);
	assert_string_equal(observed.list[0].text, "");
	observed_free(&observed);
}

static void a_forced_command_is_told(void **state)
{
	static const struct sshd_plan plan = {
		.more = "ForceCommand echo no files here\n",
	};
	struct observed observed = { .list = NULL };
	(void)state;
	run_on(&plan, &observed);
	assert_seen(&observed, 0,
		    &(struct expected){ .status = SSHOAL_STATUS_CHANNEL,
					.phase = SSHOAL_PHASE_CHANNEL,
					.ran = SSHOAL_RAN_NO,
					.exit = -1,
					.text = "no files here" });
	observed_free(&observed);
}

static void a_server_without_sftp_is_told(void **state)
{
	static const struct sshd_plan plan = {
		.more = "Subsystem sftp /no/such/program\n",
	};
	struct observed observed = { .list = NULL };
	(void)state;
	run_on(&plan, &observed);
	assert_seen_status(&observed, 0, SSHOAL_STATUS_CHANNEL);
	observed_free(&observed);
}

/* --- what is a caller's --- */

struct given {
	char path[SCRATCH_PATH_MAX];
	char word[16];
};

/* Once a run began, nothing of the job is looked at. */
static int spoil(const sshoal_target *target, void *data)
{
	struct given *given = data;
	(void)target;
	memset(given, 'x', sizeof *given);
	given->path[sizeof given->path - 1] = '\0';
	given->word[sizeof given->word - 1] = '\0';
	return 0;
}

static void a_job_is_copied(void **state)
{
	struct given given = { .word = "a word" };
	write_file(*state, "copied.sh", "echo \"$1\"\n", given.path);
	const char *sources[] = { given.path };
	const char *arguments[] = { given.word };
	sshoal_job job = script_job(sources);
	job.arguments = arguments;
	job.argument_count = 1;
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, HOSTS);
	struct observed observed = { .on_start = spoil, .data = &given };
	assert_int_equal(observe_job(&observed, fleet, &job), 0);
	for (size_t i = 0; i < HOSTS; i++)
		assert_seen_ok(&observed, i, "a word\n");
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void what_is_wrong_with_a_job_is_named(void **state)
{
	static const char *const words[] = { "/etc/hosts", "/usr/hosts" };
	static const char *const absent[] = { "/no/such/file" };
	static const sshoal_job jobs[] = {
		{ .size = sizeof *jobs, .kind = SSHOAL_JOB_PUT },
		{ .size = sizeof *jobs,
		  .kind = SSHOAL_JOB_PUT,
		  .sources = words,
		  .source_count = 1 },
		{ .size = sizeof *jobs,
		  .kind = SSHOAL_JOB_SCRIPT,
		  .sources = words,
		  .source_count = 2 },
		{ .size = sizeof *jobs,
		  .kind = SSHOAL_JOB_GET,
		  .sources = words,
		  .source_count = 2,
		  .destination = "x" },
		{ .size = sizeof *jobs,
		  .kind = SSHOAL_JOB_SCRIPT,
		  .sources = absent,
		  .source_count = 1 },
		{ .size = sizeof *jobs,
		  .kind = SSHOAL_JOB_PUT,
		  .sources = absent,
		  .source_count = 1,
		  .destination = "x" },
		{ .size = sizeof *jobs, .kind = 77 },
	};
	static const char *const texts[] = {
		"job.sources", "job.destination", "job.sources", "same name",
		"/no/such",    "/no/such",        "job.kind",
	};
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, 1);
	for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
		int rc = sshoal_fleet_run(fleet, &jobs[i], NULL, NULL, NULL);
		const char *text = sshoal_fleet_error_text(fleet);
		if (rc >= 0 || !strstr(text, texts[i]))
			fail_msg("case %zu: %d, \"%s\"", i, rc, text);
	}
	sshoal_fleet_free(fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_script_runs_where_one_channel_is_all),
		cmocka_unit_test(a_forced_command_is_told),
		cmocka_unit_test(a_server_without_sftp_is_told),
		cmocka_unit_test(a_job_is_copied),
		cmocka_unit_test(what_is_wrong_with_a_job_is_named),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
