/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal.h>

#include "servers/keypair.h"
#include "servers/site.h"

/* Collecting host keys: which are found, and what a server hears meanwhile. */

#define KEYS 3

struct hosts_site {
	struct site site;
	struct scratch *scratch;
	char paths[KEYS][SCRATCH_PATH_MAX];
};

static int setup(void **state)
{
	static const struct keypair_plan types[KEYS] = {
		{ .type = "ed25519" },
		{ .type = "ecdsa" },
		{ .type = "rsa", .bits = 3072 },
	};
	struct sshd_plan plan = { .log_level = "DEBUG2" };
	struct hosts_site *made = calloc(1, sizeof *made);
	if (!made || scratch_new(&made->scratch))
		return -1;
	for (size_t i = 0; i < KEYS; i++) {
		scratch_path(made->paths[i], made->scratch, "%s",
			     types[i].type);
		plan.host_keys[i] = made->paths[i];
		if (keypair_make(made->paths[i], &types[i]))
			return -1;
	}
	*state = made;
	return site_start(&made->site, &plan);
}

static int teardown(void **state)
{
	struct hosts_site *made = *state;
	site_stop(&made->site);
	scratch_free(made->scratch);
	free(made);
	return 0;
}

/* What came of one target. */
struct seen {
	int status;
	size_t count;
	char prints[8][SSHOAL_KEY_FINGERPRINT_SIZE];
	char host[64];
	uint32_t port;
};

static int on_result(const sshoal_result *result, void *data)
{
	struct seen *seen = (struct seen *)data + sshoal_result_index(result);
	seen->status = sshoal_result_status(result);
	seen->count = sshoal_result_host_key_count(result);
	assert_true(seen->count <= 8);
	assert_null(sshoal_result_host_key(result, seen->count));
	for (size_t i = 0; i < seen->count; i++) {
		const sshoal_host_key *key = sshoal_result_host_key(result, i);
		char print[SSHOAL_KEY_FINGERPRINT_SIZE];
		assert_int_equal(
			sshoal_known_hosts_fingerprint(
				key->blob, key->blob_size, print, sizeof print),
			0);
		assert_string_equal(print, key->fingerprint);
		(void)snprintf(seen->prints[i], sizeof seen->prints[i], "%s",
			       print);
		(void)snprintf(seen->host, sizeof seen->host, "%s", key->host);
		seen->port = key->port;
	}
	return 0;
}

static sshoal_fleet *make_fleet(const struct hosts_site *made,
				const char *const *hosts, size_t count)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	sshoal_client_options defaults = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal_fleet *fleet = NULL;
	defaults.port = made->site.sshd.port;
	defaults.connect_timeout_ms = SITE_LIMIT_MS;
	defaults.known_hosts_file = "/nowhere/known_hosts";
	options.defaults = &defaults;
	assert_int_equal(sshoal_fleet_new(&fleet, &options, NULL), 0);
	sshoal_hosts *list = NULL;
	char expression[256] = "";
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(expression);
		(void)snprintf(expression + n, sizeof expression - n, "%s%s",
			       i ? "," : "", hosts[i]);
	}
	assert_int_equal(sshoal_hosts_expand(&list, NULL, expression, NULL), 0);
	assert_int_equal(sshoal_fleet_add_hosts(fleet, list, NULL), 0);
	sshoal_hosts_free(list);
	return fleet;
}

static void scan(sshoal_fleet *fleet, struct seen *seen)
{
	const sshoal_fleet_callbacks callbacks = { .result = on_result };
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_SCAN;
	if (sshoal_fleet_run(fleet, &job, &callbacks, seen, NULL))
		fail_msg("%s", sshoal_fleet_error_text(fleet));
}

static bool has_print(const struct seen *seen, const char *print)
{
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->prints[i], print) == 0)
			return true;
	return false;
}

/* libssh2 1.10 has no RSA that servers take. */
static void all_keys_that_both_sides_have_are_found(void **state)
{
	static const char *const hosts[] = { "127.0.5.1", "127.0.5.2" };
	const struct hosts_site *made = *state;
	struct seen seen[2] = { { .status = -1 }, { .status = -1 } };
	sshoal_fleet *fleet = make_fleet(made, hosts, 2);
	scan(fleet, seen);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(seen[i].status, SSHOAL_STATUS_OK);
		assert_true(seen[i].count == 2 || seen[i].count == 3);
		assert_string_equal(seen[i].host, hosts[i]);
		assert_int_equal(seen[i].port, made->site.sshd.port);
		for (size_t k = 0; k < seen[i].count; k++) {
			char path[SCRATCH_PATH_MAX + 8];
			char print[SSHOAL_KEY_FINGERPRINT_SIZE];
			sshoal_key *key = NULL;
			(void)snprintf(path, sizeof path, "%s.pub",
				       made->paths[k]);
			assert_int_equal(
				sshoal_key_load_public_file(&key, path, NULL),
				0);
			assert_int_equal(sshoal_key_fingerprint(key, print,
								sizeof print),
					 0);
			assert_true(has_print(&seen[i], print));
			sshoal_key_free(key);
		}
	}
	sshoal_fleet_free(fleet);
}

static void no_login_is_begun_and_nobody_is_named(void **state)
{
	static const char *const hosts[] = { "scanner@127.0.5.3" };
	const struct hosts_site *made = *state;
	struct seen seen = { .status = -1 };
	struct process *server = made->site.sshd.process;
	sshoal_fleet *fleet = make_fleet(made, hosts, 1);
	scan(fleet, &seen);
	sshoal_fleet_free(fleet);
	assert_int_equal(seen.status, SSHOAL_STATUS_OK);
	/* What is said of a login, which is the first and comes later, is all
	 * there is. */
	sshoal_client_options options = site_options(&made->site, "127.0.5.3");
	options.user = "somebody";
	options.host_key_policy = SSHOAL_HOST_KEY_OFF;
	sshoal_client *client = NULL;
	assert_int_equal(sshoal_client_open(&client, &options, NULL),
			 SSHOAL_EAUTH);
	assert_true(process_wait(server, "userauth-request for user somebody",
				 1, 60000));
	assert_int_equal(
		process_count(server, "userauth-request"),
		process_count(server, "userauth-request for user somebody"));
	assert_int_equal(process_count(server, "scanner"), 0);
}

static void what_is_not_reached_has_its_class(void **state)
{
	static const char *const hosts[] = { "127.0.5.1", "127.0.0.1:1" };
	const struct hosts_site *made = *state;
	struct seen seen[2] = { { .status = -1 }, { .status = -1 } };
	sshoal_fleet *fleet = make_fleet(made, hosts, 2);
	scan(fleet, seen);
	sshoal_fleet_free(fleet);
	assert_int_equal(seen[0].status, SSHOAL_STATUS_OK);
	assert_int_equal(seen[1].status, SSHOAL_STATUS_REFUSED);
	assert_int_equal(seen[1].count, 0);
}

static void a_fleet_says_where_keys_are_on_file(void **state)
{
	static const char *const hosts[] = { "web", "web:2222" };
	const struct hosts_site *made = *state;
	sshoal_known_as known_as = { .host = NULL };
	sshoal_fleet *fleet = make_fleet(made, hosts, 2);
	assert_int_equal(sshoal_fleet_known_as(fleet, 0, &known_as), 0);
	assert_string_equal(known_as.host, "web");
	assert_int_equal(known_as.port, made->site.sshd.port);
	assert_string_equal(known_as.known_hosts_file, "/nowhere/known_hosts");
	assert_int_equal(sshoal_fleet_known_as(fleet, 1, &known_as), 0);
	assert_int_equal(known_as.port, 2222);
	assert_int_equal(sshoal_fleet_known_as(fleet, 2, &known_as),
			 SSHOAL_ENOENT);
	assert_int_equal(sshoal_fleet_known_as(fleet, 0, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_fleet_known_as(NULL, 0, &known_as),
			 SSHOAL_EINVAL);
	sshoal_fleet_free(fleet);
}

/* What a copy-id cannot do is said before anybody is contacted. */
static void keys_that_cannot_be_copied_are_refused(void **state)
{
	static const char *const hosts[] = { "127.0.5.1" };
	const struct hosts_site *made = *state;
	char path[SCRATCH_PATH_MAX + 8];
	sshoal_job job = SSHOAL_JOB_INIT;
	sshoal_fleet *fleet = make_fleet(made, hosts, 1);
	job.kind = SSHOAL_JOB_COPY_ID;
	assert_int_equal(sshoal_fleet_run(fleet, &job, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_non_null(strstr(sshoal_fleet_error_text(fleet), "job.key"));
	(void)snprintf(path, sizeof path, "%s.pub", made->paths[0]);
	assert_int_equal(sshoal_key_load_public_file(&job.key, path, NULL), 0);
	job.old_key = job.key;
	assert_int_equal(sshoal_fleet_run(fleet, &job, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_non_null(strstr(sshoal_fleet_error_text(fleet), "old_key"));
	(void)snprintf(path, sizeof path, "%s.pub", made->paths[1]);
	job.old_key = NULL;
	assert_int_equal(sshoal_key_load_public_file(&job.old_key, path, NULL),
			 0);
	assert_int_equal(sshoal_fleet_run(fleet, &job, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_non_null(strstr(sshoal_fleet_error_text(fleet), "proven"));
	sshoal_key_free(job.old_key);
	sshoal_key_free(job.key);
	sshoal_fleet_free(fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys_that_both_sides_have_are_found),
		cmocka_unit_test(no_login_is_begun_and_nobody_is_named),
		cmocka_unit_test(what_is_not_reached_has_its_class),
		cmocka_unit_test(a_fleet_says_where_keys_are_on_file),
		cmocka_unit_test(keys_that_cannot_be_copied_are_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
