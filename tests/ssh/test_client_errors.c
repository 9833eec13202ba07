/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/result.h>

#include "servers/evil_table.h"
#include "servers/port.h"
#include "servers/raw_table.h"
#include "ssh/client_rig.h"

/* How opening a client fails: every code, with a text that says at which host,
 * in which phase and why. */

/* A limit that is reached. */
#define LIMIT_MS 1500

struct errors {
	struct site site;
	struct peers peers;
};

static int setup(void **state)
{
	struct errors *errors = calloc(1, sizeof *errors);
	if (!errors || site_start(&errors->site, NULL))
		return -1;
	*state = errors;
	return peers_start(&errors->peers, &errors->site);
}

static int teardown(void **state)
{
	struct errors *errors = *state;
	peers_stop(&errors->peers);
	site_stop(&errors->site);
	free(errors);
	return 0;
}

static void fails_so(const sshoal_client_options *options, int code)
{
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	size_t fds = count_fds();
	int rc = sshoal_client_open(&client, options, &error);
	assert_code(rc, code, options->host, error.text);
	assert_tells(&error, code, options->host);
	assert_null(client);
	assert_int_equal(count_fds(), fds);
}

/* --- peers that are no servers --- */

struct attempt {
	sshoal_client_options options;
	const struct raw_behaviour *raw;
	sshoal_error error;
	sshoal_client *client;
	pthread_t thread;
	int rc;
};

static void *attempt_main(void *argument)
{
	struct attempt *attempt = argument;
	attempt->rc = sshoal_client_open(&attempt->client, &attempt->options,
					 &attempt->error);
	return NULL;
}

static bool may_be(const struct raw_behaviour *raw, int rc)
{
	bool late = raw->statuses & 1u << SSHOAL_STATUS_CONNECT_TIMEOUT;
	bool wrong = raw->statuses & 1u << SSHOAL_STATUS_PROTOCOL;
	if (raw->asked_again)
		return rc == SSHOAL_EBUSY;
	/* What breaks off has broken the protocol or the connection. */
	return (late && rc == SSHOAL_ETIMEOUT) ||
	       (wrong && rc == SSHOAL_EPROTOCOL) ||
	       (wrong && rc == SSHOAL_ELOST);
}

static void peers_that_are_no_servers_are_told_apart(void **state)
{
	const struct errors *errors = *state;
	struct attempt attempts[32];
	assert_in_range(raw_behaviour_count, 1, 32);
	for (size_t i = 0; i < raw_behaviour_count; i++) {
		const struct raw_behaviour *raw = &raw_behaviours[i];
		attempts[i] = (struct attempt){
			.options = raw_options(&errors->peers, &errors->site,
					       raw->name),
			.raw = raw,
		};
		if (raw->statuses & 1u << SSHOAL_STATUS_CONNECT_TIMEOUT)
			attempts[i].options.connect_timeout_ms = LIMIT_MS;
		assert_int_equal(pthread_create(&attempts[i].thread, NULL,
						attempt_main, &attempts[i]),
				 0);
	}
	for (size_t i = 0; i < raw_behaviour_count; i++)
		assert_int_equal(pthread_join(attempts[i].thread, NULL), 0);
	for (size_t i = 0; i < raw_behaviour_count; i++) {
		const struct attempt *attempt = &attempts[i];
		if (!may_be(attempt->raw, attempt->rc))
			fail_msg("%s: %s: %s", attempt->raw->name,
				 sshoal_error_name(attempt->rc),
				 attempt->error.text);
		assert_null(attempt->client);
		assert_tells(&attempt->error, attempt->rc, "127.0.0.1");
	}
}

/* --- logins --- */

static void logins_fail_by_name(void **state)
{
	static const struct {
		const char *user;
		int code;
	} table[] = {
		{ "deny", SSHOAL_EAUTH },
		{ "partial", SSHOAL_EAUTH },
		{ "prompt-shown", SSHOAL_EAUTH },
		{ "prompt-endless", SSHOAL_EAUTH },
		{ "login-silent", SSHOAL_ETIMEOUT },
		{ "login-cut", SSHOAL_ELOST },
	};
	const struct errors *errors = *state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_client_options options = evil_options(
			&errors->peers, &errors->site, table[i].user);
		if (table[i].code == SSHOAL_ETIMEOUT)
			options.login_timeout_ms = LIMIT_MS;
		fails_so(&options, table[i].code);
	}
}

static void which_limit_was_reached_is_told(void **state)
{
	const struct errors *errors = *state;
	sshoal_client *client = NULL;
	sshoal_error first, second;
	sshoal_client_options options =
		evil_options(&errors->peers, &errors->site, "login-silent");
	options.login_timeout_ms = LIMIT_MS;
	assert_int_equal(sshoal_client_open(&client, &options, &first),
			 SSHOAL_ETIMEOUT);
	options = raw_options(&errors->peers, &errors->site, "silent");
	options.connect_timeout_ms = LIMIT_MS;
	assert_int_equal(sshoal_client_open(&client, &options, &second),
			 SSHOAL_ETIMEOUT);
	print_message("%s\n%s\n", first.text, second.text);
	assert_string_not_equal(first.text, second.text);
}

static void a_host_out_of_reach_is_told_by_its_reason(void **state)
{
	const struct errors *errors = *state;
	uint16_t port = 0;
	int fd = port_closed(&port);
	sshoal_client_options options =
		site_options(&errors->site, "127.0.0.1");
	options.port = port;
	fails_so(&options, SSHOAL_EREFUSED);
	(void)close(fd);
	options.host = "no-such-host.invalid";
	fails_so(&options, SSHOAL_EDNS);
	/* Never has there been a route for TCP to these. */
	options.host = "255.255.255.255";
	fails_so(&options, SSHOAL_EUNREACHABLE);
	options.host = "224.0.0.1";
	fails_so(&options, SSHOAL_EUNREACHABLE);
}

static void no_algorithm_in_common_is_the_protocols_fault(void **state)
{
	(void)state;
	struct site site;
	const struct sshd_plan plan = {
		.more = "KexAlgorithms sntrup761x25519-sha512@openssh.com\n"
	};
	assert_int_equal(site_start(&site, &plan), 0);
	sshoal_client_options options = site_options(&site, "127.0.0.1");
	fails_so(&options, SSHOAL_EPROTOCOL);
	site_stop(&site);
}

/* --- files of ours --- */

static void files_of_ours_are_named(void **state)
{
	const struct errors *errors = *state;
	const struct site *site = &errors->site;
	char open_to_all[SCRATCH_PATH_MAX], missing[SCRATCH_PATH_MAX];
	const struct keypair_plan plain = { .type = "ed25519" };
	scratch_path(open_to_all, site->scratch, "open");
	scratch_path(missing, site->scratch, "missing");
	assert_int_equal(keypair_make(open_to_all, &plain), 0);
	assert_int_equal(chmod(open_to_all, 0644), 0);
	assert_int_equal(chmod(site->known_hosts, 0600), 0);
	const struct {
		const char *path;
		int code;
	} table[] = {
		{ missing, SSHOAL_ENOENT },
		{ open_to_all, SSHOAL_EACCESS },
		{ site->known_hosts, SSHOAL_EFORMAT },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_client_options options = site_options(site, "127.0.0.1");
		sshoal_client *client = NULL;
		sshoal_error error = { .code = 0 };
		options.key_file = table[i].path;
		assert_code(sshoal_client_open(&client, &options, &error),
			    table[i].code, table[i].path, error.text);
		assert_tells(&error, table[i].code, table[i].path);
	}
}

static void no_descriptor_left_is_our_own_fault(void **state)
{
	const struct errors *errors = *state;
	const sshoal_client_options options =
		site_options(&errors->site, "127.0.0.1");
	struct rlimit before, none;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int rc = sshoal_client_open(&client, &options, &error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_code(rc, SSHOAL_ELOCAL, "open", error.text);
	assert_null(client);
}

/* --- cancel --- */

static void every_phase_can_be_cancelled(void **state)
{
	const struct errors *errors = *state;
	const struct peers *peers = &errors->peers;
	const struct {
		struct process *process;
		const char *words;
		const char *raw, *user;
	} phases[] = {
		{ NULL, NULL, "deaf", NULL },
		{ peers->raw, "accepted silent", "silent", NULL },
		{ peers->raw, "accepted drip", "drip", NULL },
		{ peers->raw, "accepted kex-stall", "kex-stall", NULL },
		{ peers->evil, "login login-silent", NULL, "login-silent" },
	};
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
		sshoal_client_options options =
			phases[i].raw ? raw_options(peers, &errors->site,
						    phases[i].raw) :
					evil_options(peers, &errors->site,
						     phases[i].user);
		struct trigger trigger = { .process = phases[i].process,
					   .words = phases[i].words };
		if (trigger.process)
			trigger.times =
				process_count(trigger.process, trigger.words) +
				1;
		trigger_start(&trigger);
		options.cancel = trigger.cancel;
		fails_so(&options, SSHOAL_ECANCELLED);
		trigger_end(&trigger);
	}
}

static void what_was_cancelled_before_contacts_nobody(void **state)
{
	const struct errors *errors = *state;
	sshoal_client_options options =
		site_options(&errors->site, "no-such-host.invalid");
	assert_int_equal(sshoal_cancel_new(&options.cancel), 0);
	assert_int_equal(
		sshoal_cancel_trigger(options.cancel, SSHOAL_CANCEL_ABORT), 0);
	fails_so(&options, SSHOAL_ECANCELLED);
	sshoal_cancel_free(options.cancel);
}

/* --- misuse --- */

static void refused(const sshoal_client_options *options, const char *member)
{
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_client_open(&client, options, &error);
	assert_code(rc, SSHOAL_EINVAL, member, error.text);
	assert_null(client);
	if (!strstr(error.text, member))
		fail_msg("%s: \"%s\"", member, error.text);
}

#define REFUSED(name, value) \
	do { \
		sshoal_client_options wrong = good; \
		wrong.name = (value); \
		refused(&wrong, #name); \
	} while (0)

static void wrong_members_are_named(void **state)
{
	const struct errors *errors = *state;
	const sshoal_client_options good =
		site_options(&errors->site, "127.0.0.1");
	sshoal_key *const no_keys[] = { NULL };
	const char *const no_files[] = { NULL };
	REFUSED(host, NULL);
	REFUSED(host, "");
	REFUSED(host, "two words");
	REFUSED(host, "line\nbreak");
	REFUSED(user, "line\nbreak");
	REFUSED(user, "");
	REFUSED(port, 65536);
	REFUSED(host_key_policy, 4);
	REFUSED(connect_timeout_ms, -2);
	REFUSED(login_timeout_ms, -2);
	REFUSED(keepalive_interval_ms, 1999);
	REFUSED(keepalive_interval_ms, -1);
	sshoal_client_options wrong = good;
	wrong.key_count = 1;
	refused(&wrong, "options.keys");
	wrong = good;
	wrong.key_file_count = 1;
	refused(&wrong, "options.key_files");
	wrong = good;
	wrong.keys = no_keys;
	wrong.key_count = 1;
	refused(&wrong, "keys");
	wrong = good;
	wrong.key_files = no_files;
	wrong.key_file_count = 1;
	refused(&wrong, "key_files");
}

static void structs_of_other_sizes(void **state)
{
	const struct errors *errors = *state;
	struct {
		sshoal_client_options options;
		unsigned char later[32];
	} grown = { .options = site_options(&errors->site, "127.0.0.1") };
	sshoal_client *client = NULL;
	grown.options.size = sizeof grown;
	assert_int_equal(sshoal_client_open(&client, &grown.options, NULL), 0);
	sshoal_client_close(client);
	client = NULL;
	grown.later[31] = 1;
	assert_int_equal(sshoal_client_open(&client, &grown.options, NULL),
			 SSHOAL_EINVAL);
	grown.options.size = 0;
	refused(&grown.options, "size");
	grown.options.size = sizeof(size_t);
	refused(&grown.options, "size");
	assert_int_equal(sshoal_client_open(&client, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_client_open(NULL, &grown.options, NULL),
			 SSHOAL_EINVAL);
	assert_null(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_that_are_no_servers_are_told_apart),
		cmocka_unit_test(logins_fail_by_name),
		cmocka_unit_test(which_limit_was_reached_is_told),
		cmocka_unit_test(a_host_out_of_reach_is_told_by_its_reason),
		cmocka_unit_test(no_algorithm_in_common_is_the_protocols_fault),
		cmocka_unit_test(files_of_ours_are_named),
		cmocka_unit_test(no_descriptor_left_is_our_own_fault),
		cmocka_unit_test(every_phase_can_be_cancelled),
		cmocka_unit_test(what_was_cancelled_before_contacts_nobody),
		cmocka_unit_test(wrong_members_are_named),
		cmocka_unit_test(structs_of_other_sizes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
