/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include <sshoal/config.h>

#include "unit/scratch.h"

/* What "ssh -G" cannot tell: texts of errors, what becomes a client's options,
 * whose files are read, and several threads. */

static sshoal_config *load(void **state, const char *text)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "config");
	scratch_write(path, text, strlen(text), 0600);
	sshoal_config *config = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_config_load(&config, path, &error);
	if (rc)
		fail_msg("%s", error.text);
	return config;
}

static const struct fault {
	const char *text;
	const char *says; /* after "FILE:" */
	int code;
	int has_lookup; /* it is found by a look-up only */
} faults[] = {
	{ "Port 1\nNonsense 2\n", "2: nonsense: OpenSSH knows no such option",
	  SSHOAL_EFORMAT, 0 },
	{ "Port x\n", "1: Port: a port is a number from 1 to 65535",
	  SSHOAL_EFORMAT, 0 },
	{ "\n\nPort 1 2\n",
	  "3: Port: something after its argument: quote what "
	  "has blanks",
	  SSHOAL_EFORMAT, 0 },
	{ "Match bogus\n", "1: Match: bogus is no condition", SSHOAL_EFORMAT,
	  0 },
	{ "AddressFamily x\n",
	  "1: AddressFamily x: it is one of any,inet,inet6", SSHOAL_EFORMAT,
	  0 },
	{ "User 'a\n", "1: a quote that is not closed: close it",
	  SSHOAL_EFORMAT, 0 },
	{ "ProxyJump a;b\n", "1: ProxyJump: each jump is [user@]host[:port]",
	  SSHOAL_EFORMAT, 0 },
	{ "ProxyJump -oX\n", "1: ProxyJump: each jump is [user@]host[:port]",
	  SSHOAL_EFORMAT, 0 },
	{ "User a;b\n", "1: User a;b: no user has such a name", SSHOAL_EFORMAT,
	  1 },
	{ "HostName $(x)\n", "1: HostName $(x): no host has such a name",
	  SSHOAL_EFORMAT, 1 },
	{ "IdentityFile %z\n",
	  "1: IdentityFile: %z is no token here: write %% for a percent sign",
	  SSHOAL_EFORMAT, 1 },
	{ "IdentityFile ${SSHOAL_NOT_SET}\n",
	  "1: IdentityFile: the environment has no SSHOAL_NOT_SET",
	  SSHOAL_EFORMAT, 1 },
	{ "Match localnetwork 10.0.0.0/8\n",
	  "1: Match localnetwork is not supported", SSHOAL_EUNSUPPORTED, 1 },
	{ "Match command x\n", "1: Match command is not supported",
	  SSHOAL_EUNSUPPORTED, 1 },
	{ "RefuseConnection \"no more\"\n", "1: RefuseConnection: no more",
	  SSHOAL_EUNSUPPORTED, 1 },
	{ "CanonicalDomains a..b\n",
	  "1: CanonicalDomains: names of domains are needed", SSHOAL_EFORMAT,
	  0 },
	{ "RevokedHostKeys /r\n",
	  "1: RevokedHostKeys is not supported, and host keys would be checked "
	  "less strictly without it",
	  SSHOAL_EUNSUPPORTED, 1 },
	{ "VerifyHostKeyDNS yes\n",
	  "1: VerifyHostKeyDNS is not supported, and host keys would be "
	  "checked less strictly without it",
	  SSHOAL_EUNSUPPORTED, 1 },
	{ "KnownHostsCommand /bin/true\n",
	  "1: KnownHostsCommand is not supported, and host keys would be "
	  "checked less strictly without it",
	  SSHOAL_EUNSUPPORTED, 1 },
};

static void a_fault_names_file_and_line(void **state)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const struct fault *fault = &faults[i];
		char path[SCRATCH_PATH];
		char expected[512];
		sshoal_config *config = NULL;
		sshoal_error error = { .text = "" };
		sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
		scratch_path(path, state, "config");
		scratch_write(path, fault->text, strlen(fault->text), 0600);
		int rc = sshoal_config_load(&config, path, &error);
		assert_int_equal(rc == 0, fault->has_lookup);
		if (rc == 0)
			rc = sshoal_config_lookup(config, "web1", &options,
						  &error);
		(void)snprintf(expected, sizeof expected, "%s:%s", path,
			       fault->says);
		assert_string_equal(error.text, expected);
		assert_int_equal(rc, fault->code);
		assert_int_equal(error.code, fault->code);
		assert_null(options.host);
		sshoal_config_free(config);
	}
}

static void an_included_fault_names_its_own_file(void **state)
{
	char path[SCRATCH_PATH];
	char inner[SCRATCH_PATH];
	char text[2 * SCRATCH_PATH];
	scratch_path(path, state, "config");
	scratch_path(inner, state, "inner");
	scratch_write(inner, "\nPort x\n", 8, 0600);
	int n = snprintf(text, sizeof text, "Include %s\n", inner);
	scratch_write(path, text, (size_t)n, 0600);
	sshoal_config *config = NULL;
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal_config_load(&config, path, &error),
			 SSHOAL_EFORMAT);
	(void)snprintf(text, sizeof text, "%s:2: ", inner);
	assert_memory_equal(error.text, text, strlen(text));
	/* Others could have written it. */
	scratch_write(inner, "Port 1\n", 7, 0620);
	assert_int_equal(sshoal_config_load(&config, path, &error),
			 SSHOAL_EACCESS);
	assert_null(config);
}

static void ways_to_log_in_become_options(void **state)
{
	char path[SCRATCH_PATH];
	char there[SCRATCH_PATH];
	char text[4 * SCRATCH_PATH];
	scratch_path(path, state, "config");
	scratch_path(there, state, "there-cert.pub");
	scratch_write(there, "", 0, 0600);
	int n = snprintf(text, sizeof text,
			 "CertificateFile /no/such/file\n"
			 "CertificateFile %s\n"
			 "IdentityAgent /run/%%r/agent\n"
			 "PreferredAuthentications password\n"
			 "PubkeyAcceptedAlgorithms +ssh-rsa\n"
			 "PubkeyAuthentication no\n"
			 "KbdInteractiveAuthentication no\n"
			 "PasswordAuthentication yes\n"
			 "IdentitiesOnly yes\n"
			 "NumberOfPasswordPrompts 2\n"
			 "BatchMode yes\n"
			 "User deploy\n",
			 there);
	scratch_write(path, text, (size_t)n, 0600);
	sshoal_config *config = NULL;
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal_config_load(&config, path, &error), 0);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	assert_int_equal(sshoal_config_lookup(config, "web1", &options, NULL),
			 0);
	assert_int_equal(options.certificate_file_count, 1);
	assert_string_equal(options.certificate_files[0], there);
	assert_string_equal(options.agent_path, "/run/deploy/agent");
	assert_string_equal(options.preferred_authentications, "password");
	assert_string_equal(options.pubkey_accepted_algorithms, "+ssh-rsa");
	assert_int_equal(options.disabled_methods,
			 SSHOAL_LOGIN_PUBLICKEY |
				 SSHOAL_LOGIN_KEYBOARD_INTERACTIVE);
	assert_int_equal(options.identities_only, 1);
	assert_int_equal(options.password_prompts, 2);
	assert_int_equal(options.batch_mode, 1);
	/* What a program has set stays. */
	sshoal_client_options own = SSHOAL_CLIENT_OPTIONS_INIT;
	own.agent_path = "none";
	own.password_prompts = 7;
	assert_int_equal(sshoal_config_lookup(config, "web1", &own, NULL), 0);
	assert_string_equal(own.agent_path, "none");
	assert_int_equal(own.password_prompts, 7);
	sshoal_config_free(config);
}

static const char full[] = "Host web1\n"
			   "  HostName web1.example.org\n"
			   "  User deploy\n"
			   "  Port 2222\n"
			   "  IdentityFile @/key\n"
			   "  IdentityFile @/not-there\n"
			   "  IdentityFile none\n"
			   "  UserKnownHostsFile /k1 /k2\n"
			   "  StrictHostKeyChecking accept-new\n"
			   "  ConnectTimeout 7\n"
			   "  ServerAliveInterval 30\n"
			   "  ServerAliveCountMax 4\n"
			   "Host loose\n"
			   "  StrictHostKeyChecking off\n"
			   "  UserKnownHostsFile none\n"
			   "  ConnectTimeout 0\n"
			   "  ServerAliveInterval 1\n"
			   "Host ask\n"
			   "  StrictHostKeyChecking ask\n";

/* Loads a text in which "@" is the folder. */
static sshoal_config *load_full(void **state)
{
	char text[4096];
	char path[SCRATCH_PATH];
	size_t used = 0;
	for (const char *p = full; *p; p++) {
		if (*p == '@')
			used += (size_t)snprintf(text + used,
						 sizeof text - used, "%s",
						 (const char *)*state);
		else
			text[used++] = *p;
	}
	text[used] = '\0';
	scratch_path(path, state, "key");
	scratch_write(path, "", 0, 0600);
	return load(state, text);
}

static void a_lookup_fills_what_is_unset(void **state)
{
	char key[SCRATCH_PATH];
	scratch_path(key, state, "key");
	sshoal_config *config = load_full(state);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = "web1";
	assert_int_equal(sshoal_config_lookup(config, "web1", &options, NULL),
			 0);
	assert_string_equal(options.host, "web1.example.org");
	assert_string_equal(options.user, "deploy");
	assert_int_equal(options.port, 2222);
	assert_int_equal(options.key_file_count, 1);
	assert_string_equal(options.key_files[0], key);
	assert_string_equal(options.known_hosts_file, "/k1");
	assert_int_equal(options.host_key_policy, SSHOAL_HOST_KEY_ACCEPT_NEW);
	assert_int_equal(options.connect_timeout_ms, 7000);
	assert_int_equal(options.keepalive_interval_ms, 30000);
	assert_int_equal(options.keepalive_count, 4);
	assert_int_equal(options.size, sizeof options);
	assert_string_equal(
		sshoal_config_get(config, "web1", "userknownhostsfile", 1),
		"/k2");
	assert_string_equal(
		sshoal_config_get(config, "web1", "IDENTITYFILE", 2), "none");
	assert_null(sshoal_config_get(config, "web1", "IdentityFile", 3));
	assert_string_equal(sshoal_config_get(config, "Other", "HostName", 0),
			    "other");
	assert_null(sshoal_config_get(config, "other", "HostName", 1));
	assert_null(sshoal_config_get(config, "other", "User", 0));
	assert_null(sshoal_config_get(config, "other", "Nonsense", 0));
	sshoal_config_free(config);
}

static void a_program_is_stronger(void **state)
{
	static const char *const mine[] = { "/mine" };
	sshoal_config *config = load_full(state);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = "10.0.0.1";
	options.user = "me";
	options.port = 22;
	options.key_files = mine;
	options.key_file_count = 1;
	options.known_hosts_file = "/mine";
	options.host_key_policy = SSHOAL_HOST_KEY_STRICT;
	options.connect_timeout_ms = -1;
	options.keepalive_interval_ms = 5000;
	options.keepalive_count = 9;
	sshoal_client_options before = options;
	assert_int_equal(sshoal_config_lookup(config, "web1", &options, NULL),
			 0);
	assert_memory_equal(&options, &before, sizeof options);
	sshoal_config_free(config);
}

static void no_file_switches_the_check_off(void **state)
{
	sshoal_config *config = load_full(state);
	sshoal_client_options loose = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal_client_options ask = SSHOAL_CLIENT_OPTIONS_INIT;
	assert_int_equal(sshoal_config_lookup(config, "loose", &loose, NULL),
			 0);
	assert_int_equal(loose.host_key_policy, SSHOAL_HOST_KEY_ACCEPT_NEW);
	assert_string_equal(loose.known_hosts_file, "/dev/null");
	assert_int_equal(loose.connect_timeout_ms, -1);
	assert_int_equal(loose.keepalive_interval_ms, 2000);
	assert_int_equal(sshoal_config_lookup(config, "ask", &ask, NULL), 0);
	assert_int_equal(ask.host_key_policy, SSHOAL_HOST_KEY_STRICT);
	assert_string_equal(ask.host, "ask");
	sshoal_config_free(config);
}

static void a_shorter_struct_stays_in_its_bounds(void **state)
{
	sshoal_config *config = load_full(state);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.size = offsetof(sshoal_client_options, ssh_config_file);
	options.keepalive_count = 77;
	assert_int_equal(sshoal_config_lookup(config, "web1", &options, NULL),
			 0);
	assert_string_equal(options.user, "deploy");
	assert_int_equal(options.keepalive_count, 77);
	assert_int_equal(options.size,
			 offsetof(sshoal_client_options, ssh_config_file));
	options.size = 8;
	assert_int_equal(sshoal_config_lookup(config, "web1", &options, NULL),
			 SSHOAL_EINVAL);
	sshoal_config_free(config);
}

static void names_that_ssh_refuses_are_refused(void **state)
{
	static const char *const hosts[] = { "",      "-x",   "a b",   "a;b",
					     "a$b",   "`a`",  "a'b",   "a\"b",
					     "a\\b",  "a|b",  "(a)",   "{a}",
					     "a<b>c", "a\nb", "a\x01", "a&b" };
	static const char *const users[] = { "",    "-x",  "a;b",  "a'b",
					     "`a`", "a|b", "a -b", "a\\",
					     "(a)", "{a}", "a&b",  "a\"b" };
	sshoal_config *config =
		load(state, "Match exec \"touch %n %r\"\nPort 1\n");
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
		assert_int_equal(
			sshoal_config_lookup(config, hosts[i], &options, NULL),
			SSHOAL_EINVAL);
		assert_null(sshoal_config_get(config, hosts[i], "Port", 0));
	}
	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
		options.user = users[i];
		assert_int_equal(
			sshoal_config_lookup(config, "a", &options, NULL),
			SSHOAL_EINVAL);
	}
	sshoal_config_free(config);
}

static void the_usual_files_are_the_users_and_the_systems(void **state)
{
	char path[SCRATCH_PATH];
	char home[256] = "";
	const char *old = getenv("HOME");
	(void)snprintf(home, sizeof home, "%s", old ? old : "");
	assert_int_equal(setenv("HOME", *state, 1), 0);
	sshoal_config *config = NULL;
	assert_int_equal(sshoal_config_load(&config, "", NULL), 0);
	assert_null(sshoal_config_get(config, "a", "HostKeyAlias", 0));
	sshoal_config_free(config);
	scratch_path(path, state, ".ssh");
	assert_int_equal(mkdir(path, 0700), 0);
	scratch_path(path, state, ".ssh/more");
	scratch_write(path, "HostKeyAlias mine\n", 18, 0600);
	scratch_path(path, state, ".ssh/config");
	scratch_write(path, "Include more\n", 13, 0600);
	assert_int_equal(sshoal_config_load(&config, NULL, NULL), 0);
	assert_string_equal(sshoal_config_get(config, "a", "HostKeyAlias", 0),
			    "mine");
	sshoal_config_free(config);
	config = NULL;
	assert_int_equal(chmod(path, 0622), 0);
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal_config_load(&config, NULL, &error),
			 SSHOAL_EACCESS);
	assert_non_null(strstr(error.text, "chmod go-w"));
	assert_null(config);
	assert_int_equal(setenv("HOME", home, 1), 0);
}

static void sizes_have_a_limit(void **state)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, "config");
	size_t n = (1u << 20) + 1;
	char *text = calloc(1, n);
	assert_non_null(text);
	memset(text, '#', n);
	sshoal_config *config = NULL;
	sshoal_error error = { .text = "" };
	scratch_write(path, text, n, 0600);
	assert_int_equal(sshoal_config_load(&config, path, &error),
			 SSHOAL_ELIMIT);
	scratch_write(path, text, n - 1, 0600);
	assert_int_equal(sshoal_config_load(&config, path, &error), 0);
	sshoal_config_free(config);
	config = NULL;
	scratch_write(path, "Port 1\0\n", 8, 0600);
	assert_int_equal(sshoal_config_load(&config, path, &error),
			 SSHOAL_EFORMAT);
	int size = snprintf(text, n, "Include %s\n", path);
	scratch_write(path, text, (size_t)size, 0600);
	assert_int_equal(sshoal_config_load(&config, path, &error),
			 SSHOAL_ELIMIT);
	size = snprintf(text, n, "Include %s %s %s\n", path, path, path);
	scratch_write(path, text, (size_t)size, 0600);
	assert_int_equal(sshoal_config_load(&config, path, &error),
			 SSHOAL_ELIMIT);
	scratch_path(path, state, "none");
	assert_int_equal(sshoal_config_load(&config, path, &error),
			 SSHOAL_ENOENT);
	assert_int_equal(sshoal_config_load(&config, *state, &error),
			 SSHOAL_EIO);
	assert_null(config);
	free(text);
}

static void a_command_that_hangs_is_ended(void **state)
{
	sshoal_config *config =
		load(state, "Match exec \"sleep 60 & sleep 60\"\nPort 1\n");
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal_error error = { .text = "" };
	time_t began = time(NULL);
	assert_int_equal(sshoal_config_lookup(config, "a", &options, &error),
			 SSHOAL_ETIMEOUT);
	assert_in_range(time(NULL) - began, 9, 40);
	assert_non_null(strstr(error.text, "config:1: Match: the command took "
					   "longer than 10 s"));
	sshoal_config_free(config);
}

struct reader {
	pthread_t thread;
	sshoal_config *config;
	unsigned wrong;
};

static void *read_many(void *argument)
{
	struct reader *reader = argument;
	for (unsigned i = 0; i < 200; i++) {
		char host[16];
		char expected[32];
		(void)snprintf(host, sizeof host, "h%u", i % 50);
		(void)snprintf(expected, sizeof expected, "h%u.org", i % 50);
		const char *name =
			sshoal_config_get(reader->config, host, "HostName", 0);
		sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
		if (!name || strcmp(name, expected) != 0 ||
		    sshoal_config_lookup(reader->config, host, &options,
					 NULL) != 0 ||
		    options.host != name)
			reader->wrong++;
	}
	return NULL;
}

static void any_thread_may_look_up(void **state)
{
	struct reader readers[4];
	sshoal_config *config = load(state, "HostName %h.org\n");
	for (size_t i = 0; i < 4; i++) {
		readers[i] = (struct reader){ .config = config };
		assert_int_equal(pthread_create(&readers[i].thread, NULL,
						read_many, &readers[i]),
				 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
		assert_int_equal(readers[i].wrong, 0);
	}
	sshoal_config_free(config);
}

static void nothing_is_an_invalid_argument(void **state)
{
	sshoal_config *config = load(state, "");
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	assert_int_equal(sshoal_config_load(NULL, "x", NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_config_lookup(NULL, "a", &options, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_config_lookup(config, NULL, &options, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_config_lookup(config, "a", NULL, NULL),
			 SSHOAL_EINVAL);
	assert_null(sshoal_config_get(NULL, "a", "Port", 0));
	assert_null(sshoal_config_get(config, NULL, "Port", 0));
	assert_null(sshoal_config_get(config, "a", NULL, 0));
	options.port = 65536;
	assert_int_equal(sshoal_config_lookup(config, "a", &options, NULL),
			 SSHOAL_EINVAL);
	sshoal_config_free(NULL);
	sshoal_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_names_file_and_line),
		cmocka_unit_test(an_included_fault_names_its_own_file),
		cmocka_unit_test(ways_to_log_in_become_options),
		cmocka_unit_test(a_lookup_fills_what_is_unset),
		cmocka_unit_test(a_program_is_stronger),
		cmocka_unit_test(no_file_switches_the_check_off),
		cmocka_unit_test(a_shorter_struct_stays_in_its_bounds),
		cmocka_unit_test(names_that_ssh_refuses_are_refused),
		cmocka_unit_test(the_usual_files_are_the_users_and_the_systems),
		cmocka_unit_test(sizes_have_a_limit),
		cmocka_unit_test(a_command_that_hangs_is_ended),
		cmocka_unit_test(any_thread_may_look_up),
		cmocka_unit_test(nothing_is_an_invalid_argument),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
