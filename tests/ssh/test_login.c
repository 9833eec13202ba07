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

#include "servers/account.h"
#include "servers/agent.h"
#include "servers/dropbear.h"
#include "servers/site.h"
#include "ssh/observed.h"

/* Keys, agents and passwords against OpenSSH's sshd and Dropbear, both with
 * the algorithms they come with. */

#define PASSWORD "correct horse; battery $taple"

static const struct {
	const char *type;
	int bits;
} kinds[] = {
	{ "rsa", 2048 },    { "rsa", 3072 },  { "rsa", 4096 },
	{ "ecdsa", 256 },   { "ecdsa", 384 }, { "ecdsa", 521 },
	{ "ed25519", 256 },
};

#define KINDS (sizeof kinds / sizeof *kinds)

struct logins {
	struct site site;
	struct dropbear dropbear;
	struct agent_server agent;
	char keys[KINDS][SCRATCH_PATH_MAX];
	char dropbear_key[SCRATCH_PATH_MAX];
};

static int make_keys(struct logins *logins)
{
	const struct site *site = &logins->site;
	for (size_t i = 0; i < KINDS; i++) {
		const struct keypair_plan plan = {
			.type = kinds[i].type,
			.bits = strcmp(kinds[i].type, "ed25519") == 0 ?
					0 :
					kinds[i].bits
		};
		scratch_path(logins->keys[i], site->scratch, "%s-%d",
			     kinds[i].type, kinds[i].bits);
		if (keypair_make(logins->keys[i], &plan) ||
		    keypair_publish(logins->keys[i], site->authorized_keys,
				    "%s", ""))
			return -1;
	}
	return 0;
}

static int start_dropbear(struct logins *logins)
{
	const struct site *site = &logins->site;
	scratch_path(logins->dropbear_key, site->scratch, "dropbear");
	if (dropbear_make_key(logins->dropbear_key, "ed25519") ||
	    dropbear_start(&logins->dropbear, site->scratch,
			   logins->dropbear_key, site->authorized_keys))
		return -1;
	return keypair_publish(logins->dropbear_key, site->known_hosts,
			       "[127.0.0.1]:%u ",
			       (unsigned)logins->dropbear.port);
}

static int setup(void **state)
{
	static const struct sshd_plan plan = { .log_level = "DEBUG2" };
	struct logins *logins = calloc(1, sizeof *logins);
	if (!logins || site_start(&logins->site, &plan))
		return -1;
	*state = logins;
	if (make_keys(logins) || start_dropbear(logins))
		return -1;
	return agent_server_start(&logins->agent, logins->site.scratch);
}

static int teardown(void **state)
{
	struct logins *logins = *state;
	agent_server_stop(&logins->agent);
	dropbear_stop(&logins->dropbear);
	site_stop(&logins->site);
	free(logins);
	return 0;
}

static void every_key_logs_in_to_openssh(void **state)
{
	const struct logins *logins = *state;
	for (size_t i = 0; i < KINDS; i++) {
		sshoal_client_options options =
			site_options(&logins->site, "127.0.0.1");
		options.key_file = logins->keys[i];
		struct observed observed = { .list = NULL };
		observe_one(&observed, NULL, &options, "echo in");
		assert_seen_ok(&observed, 0, "in\n");
		observed_free(&observed);
	}
}

static void rsa_keys_sign_with_sha_2(void **state)
{
	struct logins *logins = *state;
	struct process *server = logins->site.sshd.process;
	for (size_t i = 0; i < 3; i++) {
		size_t before =
			process_count(server, "authenticated 1 pkalg rsa-sha2");
		sshoal_client_options options =
			site_options(&logins->site, "127.0.0.1");
		options.key_file = logins->keys[i];
		struct observed observed = { .list = NULL };
		observe_one(&observed, NULL, &options, "true");
		assert_seen_ok(&observed, 0, "");
		observed_free(&observed);
		assert_true(process_wait(server,
					 "authenticated 1 pkalg rsa-sha2",
					 before + 1, 30000));
	}
	assert_int_equal(process_count(server, "pkalg ssh-rsa"), 0);
}

static void every_key_logs_in_to_dropbear(void **state)
{
	const struct logins *logins = *state;
	for (size_t i = 0; i < KINDS; i++) {
		sshoal_client_options options =
			site_options(&logins->site, "127.0.0.1");
		options.port = logins->dropbear.port;
		options.key_file = logins->keys[i];
		struct observed observed = { .list = NULL };
		observe_one(&observed, NULL, &options, "echo in; exit 7");
		static const struct expected expected = {
			SSHOAL_STATUS_FAILED, ANY_PHASE, SSHOAL_RAN_YES, 7, NULL
		};
		assert_seen(&observed, 0, &expected);
		assert_string_equal(observed.list[0].streams[0].head, "in\n");
		observed_free(&observed);
	}
}

static void every_form_of_key_file_logs_in(void **state)
{
	static const struct {
		struct keypair_plan plan;
	} forms[] = {
		{ { "rsa", 2048, KEYPAIR_OPENSSH, NULL } },
		{ { "rsa", 2048, KEYPAIR_OPENSSH, "a pass" } },
		{ { "rsa", 2048, KEYPAIR_PEM, NULL } },
		{ { "rsa", 2048, KEYPAIR_PEM, "a pass" } },
		{ { "rsa", 2048, KEYPAIR_PKCS8, NULL } },
		{ { "rsa", 2048, KEYPAIR_PKCS8, "a pass" } },
		{ { "ecdsa", 384, KEYPAIR_OPENSSH, "a pass" } },
		{ { "ecdsa", 384, KEYPAIR_PEM, NULL } },
		{ { "ecdsa", 384, KEYPAIR_PEM, "a pass" } },
		{ { "ecdsa", 384, KEYPAIR_PKCS8, "a pass" } },
		{ { "ed25519", 0, KEYPAIR_OPENSSH, "a pass" } },
	};
	const struct logins *logins = *state;
	const struct site *site = &logins->site;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char path[SCRATCH_PATH_MAX];
		scratch_path(path, site->scratch, "form-%zu", i);
		assert_int_equal(keypair_make(path, &forms[i].plan), 0);
		assert_int_equal(
			keypair_publish(path, site->authorized_keys, "%s", ""),
			0);
		sshoal_client_options options = site_options(site, "127.0.0.1");
		options.key_file = path;
		options.passphrase = forms[i].plan.passphrase;
		struct observed observed = { .list = NULL };
		observe_one(&observed, NULL, &options, "echo in");
		assert_seen_ok(&observed, 0, "in\n");
		observed_free(&observed);
	}
}

static void a_bad_key_file_contacts_nobody(void **state)
{
	(void)state;
	struct site own; /* whose log is empty */
	const struct site *site = &own;
	assert_int_equal(site_start(&own, NULL), 0);
	char locked[SCRATCH_PATH_MAX], open_to_all[SCRATCH_PATH_MAX];
	char public_key[SCRATCH_PATH_MAX + 8], missing[SCRATCH_PATH_MAX];
	const struct keypair_plan plan = { .type = "ed25519",
					   .passphrase = "right" };
	const struct keypair_plan plain = { .type = "ed25519" };
	scratch_path(locked, site->scratch, "locked");
	scratch_path(open_to_all, site->scratch, "open");
	scratch_path(missing, site->scratch, "missing");
	(void)snprintf(public_key, sizeof public_key, "%s.pub", locked);
	assert_int_equal(keypair_make(locked, &plan), 0);
	assert_int_equal(keypair_make(open_to_all, &plain), 0);
	assert_int_equal(chmod(open_to_all, 0644), 0);
	const struct {
		const char *path, *passphrase;
		int code;
	} table[] = {
		{ locked, "wrong", SSHOAL_EPASSPHRASE },
		{ locked, NULL, SSHOAL_EPASSPHRASE },
		{ public_key, NULL, SSHOAL_EFORMAT },
		{ site->known_hosts, NULL, SSHOAL_EFORMAT },
		{ open_to_all, NULL, SSHOAL_EACCESS },
		{ missing, NULL, SSHOAL_ENOENT },
	};
	assert_int_equal(chmod(public_key, 0600), 0);
	assert_int_equal(chmod(site->known_hosts, 0600), 0);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_client_options options = site_options(site, "127.0.0.1");
		options.key_file = table[i].path;
		options.passphrase = table[i].passphrase;
		struct observed observed = { .list = NULL };
		sshoal_fleet *fleet = fleet_of(NULL);
		fleet_with(fleet, &options);
		int rc = observe(&observed, fleet, "true");
		if (rc != table[i].code)
			fail_msg("%s: %s (%s), expected %s", table[i].path,
				 sshoal_error_name(rc),
				 sshoal_fleet_error_text(fleet),
				 sshoal_error_name(table[i].code));
		/* The file is named. */
		assert_non_null(
			strstr(sshoal_fleet_error_text(fleet), table[i].path));
		observed_free(&observed);
		sshoal_fleet_free(fleet);
	}
	/* A good key is let in, by the only connection there was. */
	sshoal_client_options good = site_options(site, "127.0.0.1");
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &good, "true");
	assert_seen_ok(&observed, 0, "");
	observed_free(&observed);
	struct process *server = own.sshd.process;
	assert_true(process_wait(server, "Accepted publickey", 1, 30000));
	assert_int_equal(process_count(server, "Connection from"), 1);
	site_stop(&own);
}

static void an_agents_keys_log_in(void **state)
{
	const struct logins *logins = *state;
	const size_t with[] = { 0, 3, 6 };
	assert_int_equal(setenv("SSH_AUTH_SOCK", logins->agent.socket, 1), 0);
	for (size_t i = 0; i < 3; i++) {
		char variable[SCRATCH_PATH_MAX + 32];
		(void)snprintf(variable, sizeof variable, "SSH_AUTH_SOCK=%s",
			       logins->agent.socket);
		const char *const environment[] = { variable, NULL };
		const char *const forget[] = { "ssh-add", "-q", "-D", NULL };
		assert_int_equal(process_run(forget, environment), 0);
		assert_int_equal(
			agent_server_add(&logins->agent, logins->keys[with[i]]),
			0);
		sshoal_client_options options =
			site_options(&logins->site, "127.0.0.1");
		options.key_file = NULL;
		options.use_agent = 1;
		struct observed observed = { .list = NULL };
		observe_one(&observed, NULL, &options, "echo in");
		assert_seen_ok(&observed, 0, "in\n");
		observed_free(&observed);
		options.port = logins->dropbear.port;
		observe_one(&observed, NULL, &options, "echo in");
		assert_seen_ok(&observed, 0, "in\n");
		observed_free(&observed);
	}
	assert_int_equal(
		process_count(logins->site.sshd.process, "pkalg ssh-rsa"), 0);
}

static void an_agent_that_is_gone_is_no_obstacle(void **state)
{
	const struct logins *logins = *state;
	assert_int_equal(setenv("SSH_AUTH_SOCK", "/nonexistent/agent", 1), 0);
	sshoal_client_options options =
		site_options(&logins->site, "127.0.0.1");
	options.use_agent = 1;
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &options, "echo in");
	assert_seen_ok(&observed, 0, "in\n");
	observed_free(&observed);
}

static void change_agent(const struct logins *logins, const char *flag,
			 const char *path)
{
	char variable[SCRATCH_PATH_MAX + 32];
	(void)snprintf(variable, sizeof variable, "SSH_AUTH_SOCK=%s",
		       logins->agent.socket);
	const char *const environment[] = { variable, NULL };
	const char *const command[] = { "ssh-add", "-q", flag, path, NULL };
	assert_int_equal(process_run(command, environment), 0);
}

static void an_agent_elsewhere_is_found_by_its_path(void **state)
{
	const struct logins *logins = *state;
	assert_int_equal(setenv("SSH_AUTH_SOCK", "/nonexistent/agent", 1), 0);
	change_agent(logins, "-D", NULL);
	change_agent(logins, "-q", logins->keys[6]);
	sshoal_client_options options =
		site_options(&logins->site, "127.0.0.1");
	options.key_file = NULL;
	options.use_agent = 1;
	const struct {
		const char *path;
		int status;
	} table[] = {
		{ logins->agent.socket, SSHOAL_STATUS_OK },
		{ "$OTHER_AGENT", SSHOAL_STATUS_OK },
		{ "SSH_AUTH_SOCK", SSHOAL_STATUS_AUTH },
		{ "none", SSHOAL_STATUS_AUTH },
		{ NULL, SSHOAL_STATUS_AUTH },
	};
	assert_int_equal(setenv("OTHER_AGENT", logins->agent.socket, 1), 0);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		options.agent_path = table[i].path;
		struct observed observed = { .list = NULL };
		observe_one(&observed, NULL, &options, "true");
		assert_seen_status(&observed, 0, table[i].status);
		observed_free(&observed);
	}
}

static void an_agents_further_keys_can_be_left_out(void **state)
{
	const struct logins *logins = *state;
	const struct site *site = &logins->site;
	char locked[SCRATCH_PATH_MAX], open_key[SCRATCH_PATH_MAX];
	const struct keypair_plan plan = { .type = "ed25519" };
	scratch_path(locked, site->scratch, "in-agent");
	scratch_path(open_key, site->scratch, "in-agent-open");
	assert_int_equal(keypair_make(locked, &plan), 0);
	assert_int_equal(
		keypair_publish(locked, site->authorized_keys, "%s", ""), 0);
	change_agent(logins, "-D", NULL);
	change_agent(logins, "-q", logins->keys[6]);
	change_agent(logins, "-q", locked);
	/* From here on only the agent can open it. */
	const char *const lock[] = { "ssh-keygen", "-q",   "-p", "-P",   "",
				     "-N",         "pass", "-f", locked, NULL };
	assert_int_equal(process_run(lock, NULL), 0);
	sshoal_client_options options = site_options(site, "127.0.0.1");
	options.use_agent = 1;
	options.agent_path = logins->agent.socket;
	options.identities_only = 1;
	options.key_file = NULL;
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &options, "true");
	static const struct expected refused = {
		SSHOAL_STATUS_AUTH, SSHOAL_PHASE_AUTH, SSHOAL_RAN_NO, -1,
		"nothing to log in with; the server takes publickey"
	};
	assert_seen(&observed, 0, &refused);
	observed_free(&observed);
	options.key_file = locked;
	observe_one(&observed, NULL, &options, "true");
	assert_seen_ok(&observed, 0, "");
	observed_free(&observed);
	/* The agent has no key for it: nobody is contacted. */
	change_agent(logins, "-d", locked);
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with(fleet, &options);
	assert_int_equal(observe(&observed, fleet, "true"), SSHOAL_EPASSPHRASE);
	assert_non_null(strstr(sshoal_fleet_error_text(fleet), locked));
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

/* Far more hosts than are let to the agent at a time. */
static void an_agent_is_enough_for_many_hosts(void **state)
{
	enum { MANY = 150 };
	const struct logins *logins = *state;
	change_agent(logins, "-D", NULL);
	change_agent(logins, "-q", logins->keys[0]);
	sshoal_fleet_options fleet_options = SSHOAL_FLEET_OPTIONS_INIT;
	fleet_options.parallel = MANY;
	sshoal_fleet *fleet = fleet_of(&fleet_options);
	for (unsigned i = 0; i < MANY; i++) {
		char host[32];
		(void)snprintf(host, sizeof host, "127.0.6.%u", i + 1);
		sshoal_client_options options =
			site_options(&logins->site, host);
		options.key_file = NULL;
		options.use_agent = 1;
		options.agent_path = logins->agent.socket;
		fleet_with(fleet, &options);
	}
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "true"), 0);
	for (size_t i = 0; i < MANY; i++)
		assert_seen_ok(&observed, i, "");
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void the_second_key_is_tried_after_the_first(void **state)
{
	const struct logins *logins = *state;
	const struct site *site = &logins->site;
	char stranger[SCRATCH_PATH_MAX];
	const struct keypair_plan plan = { .type = "rsa", .bits = 2048 };
	scratch_path(stranger, site->scratch, "stranger");
	assert_int_equal(keypair_make(stranger, &plan), 0);
	const char *const files[] = { site->key };
	sshoal_client_options options = site_options(site, "127.0.0.1");
	options.key_file = stranger;
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &options, "true");
	static const struct expected refused = { SSHOAL_STATUS_AUTH,
						 SSHOAL_PHASE_AUTH,
						 SSHOAL_RAN_NO, -1,
						 "publickey" };
	assert_seen(&observed, 0, &refused);
	assert_int_equal(observed.list[0].attempts, 1);
	observed_free(&observed);
	options.key_files = files;
	options.key_file_count = 1;
	observe_one(&observed, NULL, &options, "echo in");
	assert_seen_ok(&observed, 0, "in\n");
	observed_free(&observed);
}

/* A user of this machine and a server that takes passwords one way only. */
static void log_in_by_password(const char *more)
{
	if (geteuid() != 0) {
		print_message("passwords need root: skipped\n");
		skip();
	}
	struct site site;
	struct account *account = NULL;
	const struct sshd_plan plan = { .more = more };
	assert_int_equal(account_new(&account, PASSWORD), 0);
	assert_int_equal(site_start(&site, &plan), 0);
	sshoal_client_options options = site_options(&site, "127.0.0.1");
	options.key_file = NULL;
	options.user = account_name(account);
	options.password = PASSWORD;
	struct observed observed = { .list = NULL };
	char name[64];
	(void)snprintf(name, sizeof name, "%s\n", account_name(account));
	observe_one(&observed, NULL, &options, "id -un");
	assert_seen_ok(&observed, 0, name);
	observed_free(&observed);

	options.password = "wrong";
	observe_one(&observed, NULL, &options, "true");
	static const struct expected refused = { SSHOAL_STATUS_AUTH,
						 SSHOAL_PHASE_AUTH,
						 SSHOAL_RAN_NO, -1, NULL };
	assert_seen(&observed, 0, &refused);
	assert_int_equal(observed.list[0].attempts, 1);
	assert_null(strstr(observed.list[0].text, "wrong"));
	observed_free(&observed);
	/* A refused password is never tried twice, whatever the method: all is
	 * in the log once the connection's end is. */
	struct process *server = site.sshd.process;
	assert_true(process_wait(server, "authenticating user", 1, 30000));
	assert_int_equal(
		process_count(server, "Failed password for") +
			process_count(server, "Failed keyboard-interactive"),
		1);
	site_stop(&site);
	account_free(account);
}

static void a_password_logs_in(void **state)
{
	(void)state;
	log_in_by_password("PasswordAuthentication yes\n"
			   "KbdInteractiveAuthentication no\n");
}

static void keyboard_interactive_logs_in(void **state)
{
	(void)state;
	log_in_by_password("UsePAM yes\nPasswordAuthentication no\n"
			   "KbdInteractiveAuthentication yes\n");
}

static void a_password_is_tried_once_where_both_ways_are_open(void **state)
{
	(void)state;
	log_in_by_password("UsePAM yes\nPasswordAuthentication yes\n"
			   "KbdInteractiveAuthentication yes\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_logs_in_to_openssh),
		cmocka_unit_test(rsa_keys_sign_with_sha_2),
		cmocka_unit_test(every_key_logs_in_to_dropbear),
		cmocka_unit_test(every_form_of_key_file_logs_in),
		cmocka_unit_test(a_bad_key_file_contacts_nobody),
		cmocka_unit_test(an_agents_keys_log_in),
		cmocka_unit_test(an_agent_that_is_gone_is_no_obstacle),
		cmocka_unit_test(an_agent_elsewhere_is_found_by_its_path),
		cmocka_unit_test(an_agents_further_keys_can_be_left_out),
		cmocka_unit_test(an_agent_is_enough_for_many_hosts),
		cmocka_unit_test(the_second_key_is_tried_after_the_first),
		cmocka_unit_test(a_password_logs_in),
		cmocka_unit_test(keyboard_interactive_logs_in),
		cmocka_unit_test(
			a_password_is_tried_once_where_both_ways_are_open),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
