/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/command.h>

#include "servers/keypair.h"
#include "servers/scratch.h"
#include "servers/site.h"

/* A client that is opened with what an ssh_config file says. */

static void write_config(const struct site *site, char *path, const char *more)
{
	scratch_path(path, site->scratch, "config");
	assert_int_equal(scratch_write(path, 0600,
				       "Host there\n"
				       "  HostName 127.0.0.1\n"
				       "  Port %u\n"
				       "  User %s\n"
				       "  IdentityFile %s\n"
				       "%s",
				       (unsigned)site->sshd.port, site->user,
				       site->key, more),
			 0);
}

static int open_there(const struct site *site, const char *more,
		      const char *known_hosts, sshoal_error *error)
{
	char config[SCRATCH_PATH_MAX];
	write_config(site, config, more);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = "there";
	options.ssh_config_file = config;
	options.known_hosts_file = known_hosts;
	options.connect_timeout_ms = 120000;
	sshoal_client *client = NULL;
	int rc = sshoal_client_open(&client, &options, error);
	if (rc)
		return rc;
	assert_string_equal(sshoal_client_user(client), site->user);
	assert_string_equal(sshoal_client_address(client), "127.0.0.1");
	sshoal_output output;
	assert_int_equal(
		sshoal_client_run(client, "echo hi", NULL, &output, error), 0);
	assert_string_equal(output.stdout_data, "hi\n");
	sshoal_output_fini(&output);
	sshoal_client_close(client);
	return 0;
}

static void a_name_of_the_file_is_enough(void **state)
{
	const struct site *site = *state;
	sshoal_error error = { .code = 0 };
	if (open_there(site, "", site->known_hosts, &error))
		fail_msg("%s", error.text);
}

static void known_hosts_come_from_the_file(void **state)
{
	const struct site *site = *state;
	char more[SCRATCH_PATH_MAX + 64];
	sshoal_error error = { .code = 0 };
	(void)snprintf(more, sizeof more, "  UserKnownHostsFile %s\n",
		       site->known_hosts);
	if (open_there(site, more, NULL, &error))
		fail_msg("%s", error.text);
	/* Not in the one that is there by default. */
	assert_int_equal(
		open_there(site, "  UserKnownHostsFile none\n", NULL, &error),
		SSHOAL_EHOSTKEY_UNKNOWN);
}

static void an_alias_is_what_known_hosts_have(void **state)
{
	const struct site *site = *state;
	char known[SCRATCH_PATH_MAX];
	sshoal_error error = { .code = 0 };
	scratch_path(known, site->scratch, "alias_known");
	assert_int_equal(
		keypair_publish(site->host_key, known, "%s ", "the-alias"), 0);
	if (open_there(site, "  HostKeyAlias the-alias\n", known, &error))
		fail_msg("%s", error.text);
	assert_int_equal(
		open_there(site, "  HostKeyAlias other\n", known, &error),
		SSHOAL_EHOSTKEY_UNKNOWN);
}

static void what_is_set_is_stronger(void **state)
{
	const struct site *site = *state;
	char config[SCRATCH_PATH_MAX];
	write_config(site, config, "");
	sshoal_client_options options = site_options(site, "127.0.0.2");
	options.ssh_config_file = config;
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_client_open(&client, &options, &error))
		fail_msg("%s", error.text);
	assert_string_equal(sshoal_client_address(client), "127.0.0.2");
	sshoal_client_close(client);
}

static void the_ways_to_log_in_are_heeded(void **state)
{
	const struct site *site = *state;
	static const struct {
		const char *more;
		int code;
	} table[] = {
		{ "  PubkeyAuthentication no\n", SSHOAL_EAUTH },
		{ "  PreferredAuthentications password\n", SSHOAL_EAUTH },
		{ "  PreferredAuthentications password,publickey\n", 0 },
		{ "  PubkeyAcceptedAlgorithms rsa-*\n", SSHOAL_EAUTH },
		{ "  PubkeyAcceptedAlgorithms -ssh-ed25519\n", SSHOAL_EAUTH },
		{ "  PubkeyAcceptedAlgorithms +ssh-rsa\n", 0 },
		{ "  PasswordAuthentication no\n"
		  "  KbdInteractiveAuthentication no\n"
		  "  BatchMode yes\n  IdentitiesOnly yes\n"
		  "  IdentityAgent none\n  NumberOfPasswordPrompts 1\n",
		  0 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_error error = { .code = 0 };
		int rc = open_there(site, table[i].more, site->known_hosts,
				    &error);
		if (rc != table[i].code)
			fail_msg("%s: %s (%s)", table[i].more,
				 sshoal_error_name(rc), error.text);
	}
}

static void faults_name_file_and_line(void **state)
{
	const struct site *site = *state;
	sshoal_error error = { .code = 0 };
	assert_int_equal(open_there(site, "  NoSuchWord yes\n",
				    site->known_hosts, &error),
			 SSHOAL_EFORMAT);
	assert_non_null(strstr(error.text, "config:6"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_of_the_file_is_enough),
		cmocka_unit_test(known_hosts_come_from_the_file),
		cmocka_unit_test(an_alias_is_what_known_hosts_have),
		cmocka_unit_test(what_is_set_is_stronger),
		cmocka_unit_test(the_ways_to_log_in_are_heeded),
		cmocka_unit_test(faults_name_file_and_line),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
