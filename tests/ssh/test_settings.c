/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include <sshoal/command.h>
#include <sshoal/config.h>

#include "servers/process.h"
#include "servers/site.h"
#include "ssh/observed.h"

/* What ssh_config says has its effect, on a client and in a fleet; the server
 * says in its log what was agreed on. */

#define LONG_MS 120000

static int setup(void **state)
{
	static struct site site;
	const struct sshd_plan plan = {
		.log_level = "DEBUG1",
		.more = "AcceptEnv GOOD_* SENT\n",
	};
	*state = &site;
	return site_start(&site, &plan);
}

static int teardown(void **state)
{
	site_stop(*state);
	return 0;
}

/* A config in which "there" is the site's server, and more words. */
static sshoal_config *load(const struct site *site, const char *const *words,
			   size_t count)
{
	char path[SCRATCH_PATH_MAX];
	sshoal_config *config = NULL;
	sshoal_error error = { .code = 0 };
	scratch_path(path, site->scratch, "config");
	assert_int_equal(scratch_write(path, 0600,
				       "Host there*\n"
				       "  HostName 127.0.0.1\n"
				       "  Port %u\n"
				       "  User %s\n"
				       "  IdentityFile %s\n"
				       "  UserKnownHostsFile %s\n"
				       "  GlobalKnownHostsFile none\n"
				       "  ConnectTimeout 120\n",
				       (unsigned)site->sshd.port, site->user,
				       site->key, site->known_hosts),
			 0);
	if (sshoal_config_load_with(&config, path, words, count, &error))
		fail_msg("%s", error.text);
	return config;
}

/* Runs a command on one host of a fleet that knows nothing but its config. */
static void run_there(struct observed *observed, const struct site *site,
		      const char *const *words, size_t count,
		      const char *command)
{
	sshoal_config *config = load(site, words, count);
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.config = config;
	sshoal_fleet *fleet = fleet_of(&options);
	sshoal_config_free(config);
	sshoal_client_options target = SSHOAL_CLIENT_OPTIONS_INIT;
	target.host = "there";
	assert_int_equal(sshoal_fleet_add(fleet, &target, NULL), 0);
	assert_int_equal(observe(observed, fleet, command), 0);
	sshoal_fleet_free(fleet);
}

#define COUNT(words) (sizeof(words) / sizeof *(words))

static void a_fleet_finds_all_in_its_config(void **state)
{
	struct observed observed = { .list = NULL };
	run_there(&observed, *state, NULL, 0, "echo hi");
	assert_seen_ok(&observed, 0, "hi\n");
	observed_free(&observed);
}

static void algorithms_and_compression_are_those_asked_for(void **state)
{
	static const char *const words[] = {
		"Ciphers=aes192-ctr,no-such-cipher",
		"MACs=hmac-sha2-512",
		"KexAlgorithms=ecdh-sha2-nistp384",
		"Compression=yes",
	};
	const struct site *site = *state;
	static const char *const said[] = {
		"kex: algorithm: ecdh-sha2-nistp384",
		"cipher: aes192-ctr MAC: hmac-sha2-512 compression: "
		"zlib@openssh.com",
	};
	size_t before[COUNT(said)];
	for (size_t i = 0; i < COUNT(said); i++)
		before[i] = process_count(site->sshd.process, said[i]);
	struct observed observed = { .list = NULL };
	run_there(&observed, site, words, COUNT(words),
		  "head -c 300000 /dev/zero | tr '\\0' x | wc -c");
	assert_seen_ok(&observed, 0, "300000\n");
	observed_free(&observed);
	for (size_t i = 0; i < COUNT(said); i++)
		assert_true(process_wait(site->sshd.process, said[i],
					 before[i] + 1, LONG_MS));
}

static void compression_loses_nothing(void **state)
{
	static const char *const words[] = { "Compression=yes" };
	struct observed observed = { .list = NULL };
	run_there(&observed, *state, words, COUNT(words), "seq 100000");
	char *expected = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&expected, &size);
	assert_non_null(out);
	for (int i = 1; i <= 100000; i++)
		(void)fprintf(out, "%d\n", i);
	assert_int_equal(fclose(out), 0);
	unsigned char digest[SHA256_BYTES];
	size_t digest_size = 0;
	assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, expected, size,
				      digest, &digest_size),
			 1);
	assert_int_equal(observed.list[0].status, SSHOAL_STATUS_OK);
	assert_int_equal(observed.list[0].streams[0].bytes, size);
	assert_memory_equal(observed.list[0].streams[0].sha256, digest,
			    sizeof digest);
	free(expected);
	observed_free(&observed);
}

static void the_environment_is_offered(void **state)
{
	static const char *const words[] = { "SetEnv=GOOD_A=1 BAD=2",
					     "SendEnv=SENT NOT_THERE" };
	struct observed observed = { .list = NULL };
	assert_int_equal(setenv("SENT", "from here", 1), 0);
	run_there(&observed, *state, words, COUNT(words),
		  "echo \"$GOOD_A-$BAD-$SENT\"");
	assert_seen_ok(&observed, 0, "1--from here\n");
	observed_free(&observed);
}

static void the_address_to_come_from_is_bound(void **state)
{
	static const char *const words[] = { "BindAddress=127.0.0.77" };
	struct observed observed = { .list = NULL };
	run_there(&observed, *state, words, COUNT(words),
		  "echo $SSH_CONNECTION | cut -d' ' -f1");
	assert_seen_ok(&observed, 0, "127.0.0.77\n");
	observed_free(&observed);
}

/* Words that make a host fail, with which status and why. */
static const struct refusal {
	const char *word;
	int status;
	const char *says;
} refusals[] = {
	{ "RevokedHostKeys=/r", SSHOAL_STATUS_LOCAL,
	  "-o RevokedHostKeys=/r: " },
	{ "VerifyHostKeyDNS=yes", SSHOAL_STATUS_LOCAL, "VerifyHostKeyDNS" },
	{ "KnownHostsCommand=/bin/true", SSHOAL_STATUS_LOCAL,
	  "KnownHostsCommand" },
	{ "Ciphers=no-such", SSHOAL_STATUS_LOCAL, "speaks none of them" },
	{ "MACs=-*", SSHOAL_STATUS_LOCAL, "speaks none of them" },
	{ "HostKeyAlgorithms=ecdsa-sha2-nistp256", SSHOAL_STATUS_LOCAL,
	  "known by a key of another kind" },
	{ "BindAddress=not-digits", SSHOAL_STATUS_LOCAL, "in digits" },
	{ "BindAddress=192.0.2.1", SSHOAL_STATUS_LOCAL, "BindAddress" },
	{ "AddressFamily=inet6", SSHOAL_STATUS_DNS, "AddressFamily" },
	{ "HostKeyAlias=other", SSHOAL_STATUS_HOST_KEY_UNKNOWN, "other" },
	{ "UserKnownHostsFile=none", SSHOAL_STATUS_HOST_KEY_UNKNOWN, "" },
	{ "ProxyJump=no-such.invalid", SSHOAL_STATUS_DNS,
	  "jump host no-such.invalid: " },
	{ "Port=1", SSHOAL_STATUS_REFUSED, "port 1" },
};

static void what_cannot_be_had_fails_its_host(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct observed observed = { .list = NULL };
		run_there(&observed, *state, &refusals[i].word, 1, "echo no");
		const struct seen *seen = &observed.list[0];
		if (seen->status != refusals[i].status ||
		    !strstr(seen->text, refusals[i].says))
			fail_msg("%s: %s: %s", refusals[i].word,
				 sshoal_status_name(seen->status), seen->text);
		observed_free(&observed);
	}
}

static void known_hosts_are_looked_for_in_all_files(void **state)
{
	const struct site *site = *state;
	char user[2 * SCRATCH_PATH_MAX];
	char global[2 * SCRATCH_PATH_MAX];
	const char *const folder = scratch_folder(site->scratch);
	(void)snprintf(user, sizeof user, "UserKnownHostsFile=%s/none %s",
		       folder, site->known_hosts);
	(void)snprintf(global, sizeof global, "GlobalKnownHostsFile=%s/none %s",
		       folder, site->known_hosts);
	const char *const second[] = { user };
	const char *const system[] = { "UserKnownHostsFile=none", global };
	struct observed observed = { .list = NULL };
	run_there(&observed, site, second, 1, "echo hi");
	assert_seen_ok(&observed, 0, "hi\n");
	observed_free(&observed);
	run_there(&observed, site, system, 2, "echo hi");
	assert_seen_ok(&observed, 0, "hi\n");
	observed_free(&observed);
}

static void names_are_hashed_where_that_is_wanted(void **state)
{
	const struct site *site = *state;
	char file[SCRATCH_PATH_MAX];
	char word[2 * SCRATCH_PATH_MAX];
	scratch_path(file, site->scratch, "hashed");
	(void)snprintf(word, sizeof word, "UserKnownHostsFile=%s", file);
	const char *const words[] = { word, "HashKnownHosts=yes",
				      "StrictHostKeyChecking=accept-new" };
	for (int i = 0; i < 2; i++) {
		/* The second time it is known, and strictly so. */
		struct observed observed = { .list = NULL };
		run_there(&observed, site, words, i == 0 ? 3 : 1, "echo hi");
		assert_seen_ok(&observed, 0, "hi\n");
		observed_free(&observed);
	}
	char *text = scratch_read(file);
	assert_non_null(text);
	assert_memory_equal(text, "|1|", 3);
	assert_null(strstr(text, "127.0.0.1"));
	free(text);
}

static void a_client_has_the_same(void **state)
{
	const struct site *site = *state;
	char path[SCRATCH_PATH_MAX];
	scratch_path(path, site->scratch, "client_config");
	assert_int_equal(
		scratch_write(
			path, 0600,
			"HostName 127.0.0.1\nPort %u\nUser %s\n"
			"IdentityFile %s\nUserKnownHostsFile /no %s\n"
			"Ciphers +no-such,aes256-cbc\nMACs ^hmac-sha2-512\n"
			"Compression yes\nBindAddress 127.0.0.78\n"
			"SetEnv GOOD_B=yes\nConnectTimeout 120\n",
			(unsigned)site->sshd.port, site->user, site->key,
			site->known_hosts),
		0);
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = "there";
	options.ssh_config_file = path;
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_client_open(&client, &options, &error))
		fail_msg("%s", error.text);
	assert_string_equal(
		sshoal_client_algorithm(client, SSHOAL_ALGORITHM_MAC_OUT),
		"hmac-sha2-512");
	assert_string_equal(sshoal_client_algorithm(
				    client, SSHOAL_ALGORITHM_COMPRESSION_IN),
			    "zlib@openssh.com");
	sshoal_output output;
	assert_int_equal(
		sshoal_client_run(client,
				  "echo $GOOD_B $SSH_CONNECTION | cut -c1-14",
				  NULL, &output, &error),
		0);
	assert_string_equal(output.stdout_data, "yes 127.0.0.78\n");
	sshoal_output_fini(&output);
	sshoal_client_close(client);
}

static void a_server_that_is_silent_is_found_dead(void **state)
{
	static const char *const words[] = { "ServerAliveInterval=2",
					     "ServerAliveCountMax=1" };
	struct observed observed = { .list = NULL };
	/* Its parent is the process that speaks for the server. */
	run_there(&observed, *state, words, COUNT(words),
		  "trap '' HUP; kill -STOP $PPID; sleep 1");
	const struct seen *seen = &observed.list[0];
	if (seen->status != SSHOAL_STATUS_LOST ||
	    !strstr(seen->text, "keepalives"))
		fail_msg("%s: %s", sshoal_status_name(seen->status),
			 seen->text);
	observed_free(&observed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fleet_finds_all_in_its_config),
		cmocka_unit_test(
			algorithms_and_compression_are_those_asked_for),
		cmocka_unit_test(compression_loses_nothing),
		cmocka_unit_test(the_environment_is_offered),
		cmocka_unit_test(the_address_to_come_from_is_bound),
		cmocka_unit_test(what_cannot_be_had_fails_its_host),
		cmocka_unit_test(known_hosts_are_looked_for_in_all_files),
		cmocka_unit_test(names_are_hashed_where_that_is_wanted),
		cmocka_unit_test(a_client_has_the_same),
		cmocka_unit_test(a_server_that_is_silent_is_found_dead),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
