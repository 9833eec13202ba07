/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/agent.h"
#include "servers/site.h"
#include "ssh/client_rig.h"
#include "ssh/observed.h"

/* Certificates made by ssh-keygen(1), for a stock sshd that trusts their
 * authority and no key. */

static const struct {
	const char *type;
	int bits;
} kinds[] = {
	{ "rsa", 2048 },  { "rsa", 3072 },  { "ecdsa", 256 },
	{ "ecdsa", 384 }, { "ecdsa", 521 }, { "ed25519", 0 },
};

#define KINDS (sizeof kinds / sizeof *kinds)

struct certificates {
	struct site site;
	struct agent_server agent;
	char authorities[2][SCRATCH_PATH_MAX]; /* an RSA and an Ed25519 key */
	char stranger[SCRATCH_PATH_MAX];       /* that nobody trusts */
};

static int run(const char *const *command)
{
	return process_run(command, NULL);
}

static int start_server(struct certificates *all)
{
	struct site *site = &all->site;
	char trusted[SCRATCH_PATH_MAX], more[SCRATCH_PATH_MAX + 64];
	scratch_path(trusted, site->scratch, "trusted");
	for (size_t i = 0; i < 2; i++)
		if (keypair_publish(all->authorities[i], trusted, "%s", ""))
			return -1;
	(void)snprintf(more, sizeof more, "TrustedUserCAKeys %s\n", trusted);
	const struct sshd_plan plan = {
		.host_keys = { site->host_key },
		.more = more,
	};
	sshd_stop(&site->sshd);
	if (sshd_start(&site->sshd, site->scratch, &plan))
		return -1;
	return keypair_publish(site->host_key, site->known_hosts, "[127.*]:%u ",
			       (unsigned)site->sshd.port);
}

static int setup(void **state)
{
	static const struct keypair_plan plans[] = {
		{ .type = "rsa", .bits = 3072 }, { .type = "ed25519" }
	};
	struct certificates *all = calloc(1, sizeof *all);
	if (!all || site_start(&all->site, NULL))
		return -1;
	*state = all;
	for (size_t i = 0; i < 2; i++) {
		scratch_path(all->authorities[i], all->site.scratch, "ca-%zu",
			     i);
		if (keypair_make(all->authorities[i], &plans[i]))
			return -1;
	}
	scratch_path(all->stranger, all->site.scratch, "stranger");
	if (keypair_make(all->stranger, &plans[1]) || start_server(all))
		return -1;
	return agent_server_start(&all->agent, all->site.scratch);
}

static int teardown(void **state)
{
	struct certificates *all = *state;
	agent_server_stop(&all->agent);
	site_stop(&all->site);
	free(all);
	return 0;
}

/* Makes a key of a kind. */
static void make_key(char path[SCRATCH_PATH_MAX],
		     const struct certificates *all, size_t kind,
		     const char *name)
{
	const struct keypair_plan plan = { .type = kinds[kind].type,
					   .bits = kinds[kind].bits };
	scratch_path(path, all->site.scratch, "%s-%zu", name, kind);
	assert_int_equal(keypair_make(path, &plan), 0);
}

/* Certifies a key, in KEY-cert.pub. */
static void certify(const char *path, const char *authority, const char *id,
		    const char *principal, const char *validity)
{
	char public_file[SCRATCH_PATH_MAX + 8];
	(void)snprintf(public_file, sizeof public_file, "%s.pub", path);
	const char *const command[] = { "ssh-keygen", "-q",        "-s",
					authority,    "-I",        id,
					"-n",         principal,   "-V",
					validity,     public_file, NULL };
	assert_int_equal(run(command), 0);
}

static void move_certificate(const char *path, const char *to)
{
	char from[SCRATCH_PATH_MAX + 16];
	(void)snprintf(from, sizeof from, "%s-cert.pub", path);
	assert_int_equal(rename(from, to), 0);
}

static sshoal_client_options options_of(const struct certificates *all,
					const char *key)
{
	sshoal_client_options options = site_options(&all->site, "127.0.0.1");
	options.key_file = key;
	return options;
}

static void assert_logs_in(const sshoal_client_options *options)
{
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, options, "echo in");
	assert_seen_ok(&observed, 0, "in\n");
	observed_free(&observed);
	sshoal_client *client = client_of(options);
	assert_says(client, "echo in", NULL, "in\n");
	sshoal_client_close(client);
}

static void a_certificate_beside_its_key_logs_in(void **state)
{
	const struct certificates *all = *state;
	for (size_t i = 0; i < KINDS * 2; i++) {
		char path[SCRATCH_PATH_MAX], id[32];
		make_key(path, all, i / 2, i % 2 ? "beside-b" : "beside-a");
		(void)snprintf(id, sizeof id, "beside-%zu", i);
		certify(path, all->authorities[i % 2], id, all->site.user,
			"+1d");
		const sshoal_client_options options = options_of(all, path);
		assert_logs_in(&options);
		char words[64];
		(void)snprintf(words, sizeof words, "ID %s ", id);
		assert_true(
			process_wait(all->site.sshd.process, words, 2, 30000));
	}
}

static void a_certificate_elsewhere_finds_its_key(void **state)
{
	const struct certificates *all = *state;
	char paths[KINDS][SCRATCH_PATH_MAX];
	char elsewhere[KINDS][SCRATCH_PATH_MAX];
	const char *files[KINDS];
	for (size_t i = 0; i < KINDS; i++) {
		make_key(paths[i], all, i, "apart");
		certify(paths[i], all->authorities[0], "apart", all->site.user,
			"+1d");
		scratch_path(elsewhere[i], all->site.scratch, "crt-%zu", i);
		move_certificate(paths[i], elsewhere[i]);
		files[i] = elsewhere[i];
	}
	for (size_t i = 0; i < KINDS; i++) {
		sshoal_client_options options = options_of(all, paths[i]);
		options.certificate_files = files;
		options.certificate_file_count = KINDS;
		assert_logs_in(&options);
	}
}

static void tell_agent(const struct certificates *all, const char *flag,
		       const char *path)
{
	char variable[SCRATCH_PATH_MAX + 32];
	(void)snprintf(variable, sizeof variable, "SSH_AUTH_SOCK=%s",
		       all->agent.socket);
	const char *const environment[] = { variable, NULL };
	const char *const command[] = { "ssh-add", "-q", flag, path, NULL };
	assert_int_equal(process_run(command, environment), 0);
}

static void an_agent_signs_for_certificates(void **state)
{
	const struct certificates *all = *state;
	for (size_t i = 0; i < KINDS; i++) {
		char path[SCRATCH_PATH_MAX], elsewhere[SCRATCH_PATH_MAX];
		make_key(path, all, i, "agent");
		certify(path, all->authorities[1], "agent", all->site.user,
			"+1d");
		/* It takes key and certificate. */
		tell_agent(all, "-D", NULL);
		tell_agent(all, "-q", path);
		sshoal_client_options options = options_of(all, NULL);
		options.use_agent = 1;
		options.agent_path = all->agent.socket;
		assert_logs_in(&options);
		/* The key alone, and a certificate of ours. */
		scratch_path(elsewhere, all->site.scratch, "agent-crt-%zu", i);
		move_certificate(path, elsewhere);
		tell_agent(all, "-D", NULL);
		tell_agent(all, "-q", path);
		const char *const files[] = { elsewhere };
		options.certificate_files = files;
		options.certificate_file_count = 1;
		assert_logs_in(&options);
	}
}

static void assert_refused(const sshoal_client_options *options,
			   const char *text)
{
	const struct expected expected = { SSHOAL_STATUS_AUTH,
					   SSHOAL_PHASE_AUTH, SSHOAL_RAN_NO, -1,
					   text };
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, options, "true");
	assert_seen(&observed, 0, &expected);
	assert_non_null(strstr(observed.list[0].text, "1 certificate"));
	observed_free(&observed);
}

static void a_refusal_says_what_is_wrong_with_the_certificate(void **state)
{
	const struct certificates *all = *state;
	const struct {
		const char *authority, *principal, *validity, *text;
	} table[] = {
		{ all->authorities[0], all->site.user, "20200101:20200102",
		  "\"broken\" expired on 2020-01-0" },
		{ all->authorities[0], all->site.user, "21000101:21000102",
		  "\"broken\" is not valid before " },
		{ all->authorities[0], "somebody,else", "+1d",
		  "\"broken\" is for somebody and others, not for " },
		{ all->stranger, all->site.user, "+1d",
		  "\"broken\" may be of an authority that the server does not "
		  "trust" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char path[SCRATCH_PATH_MAX], name[16];
		(void)snprintf(name, sizeof name, "broken-%zu", i);
		make_key(path, all, i % 2 ? 5 : 0, name);
		certify(path, table[i].authority, "broken", table[i].principal,
			table[i].validity);
		const sshoal_client_options options = options_of(all, path);
		assert_refused(&options, table[i].text);
	}
}

static void a_certificate_of_a_host_is_not_offered(void **state)
{
	const struct certificates *all = *state;
	char path[SCRATCH_PATH_MAX], public_file[SCRATCH_PATH_MAX + 8];
	make_key(path, all, 5, "host");
	(void)snprintf(public_file, sizeof public_file, "%s.pub", path);
	const char *const command[] = { "ssh-keygen", "-q",          "-h",
					"-s",         all->stranger, "-I",
					"host",       "-n",          "h",
					public_file,  NULL };
	assert_int_equal(run(command), 0);
	const sshoal_client_options options = options_of(all, path);
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &options, "true");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_AUTH);
	assert_non_null(strstr(observed.list[0].text, "refused 1 key;"));
	observed_free(&observed);
}

static void one_of_another_key_is_told_and_not_used(void **state)
{
	const struct certificates *all = *state;
	char path[SCRATCH_PATH_MAX], other[SCRATCH_PATH_MAX];
	char beside[SCRATCH_PATH_MAX + 16];
	make_key(path, all, 5, "mine");
	make_key(other, all, 5, "other");
	certify(other, all->authorities[0], "other", all->site.user, "+1d");
	(void)snprintf(beside, sizeof beside, "%s-cert.pub", path);
	move_certificate(other, beside);
	const sshoal_client_options options = options_of(all, path);
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &options, "true");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_AUTH);
	assert_non_null(strstr(observed.list[0].text, "refused 1 key;"));
	assert_true(observed.notes > 0);
	observed_free(&observed);
}

static void what_holds_no_certificate_is_an_error(void **state)
{
	const struct certificates *all = *state;
	char public_file[SCRATCH_PATH_MAX + 8];
	(void)snprintf(public_file, sizeof public_file, "%s.pub",
		       all->stranger);
	const char *const files[] = { public_file };
	sshoal_client_options options = options_of(all, all->site.key);
	options.certificate_files = files;
	options.certificate_file_count = 1;
	sshoal_client *client = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_client_open(&client, &options, &error),
			 SSHOAL_EFORMAT);
	assert_non_null(strstr(error.text, public_file));
}

/* Which algorithms the keys may be used with. */
static void only_accepted_algorithms_are_offered(void **state)
{
	const struct certificates *all = *state;
	char path[SCRATCH_PATH_MAX];
	make_key(path, all, 0, "choice");
	certify(path, all->authorities[0], "choice", all->site.user, "+1d");
	const struct {
		const char *list;
		bool fits;
	} table[] = {
		{ "rsa-sha2-256-cert-v01@openssh.com,"
		  "rsa-sha2-512-cert-v01@openssh.com",
		  true },
		{ "*-cert-*", true },
		{ "+nothing", true },
		{ "-*cert*", false },
		{ "ssh-ed25519*", false },
		{ "rsa-sha2-512", false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		sshoal_client_options options = options_of(all, path);
		options.pubkey_accepted_algorithms = table[i].list;
		struct observed observed = { .list = NULL };
		observe_one(&observed, NULL, &options, "true");
		if (table[i].fits)
			assert_seen_ok(&observed, 0, "");
		else
			assert_seen_status(&observed, 0, SSHOAL_STATUS_AUTH);
		observed_free(&observed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_beside_its_key_logs_in),
		cmocka_unit_test(a_certificate_elsewhere_finds_its_key),
		cmocka_unit_test(an_agent_signs_for_certificates),
		cmocka_unit_test(
			a_refusal_says_what_is_wrong_with_the_certificate),
		cmocka_unit_test(a_certificate_of_a_host_is_not_offered),
		cmocka_unit_test(one_of_another_key_is_told_and_not_used),
		cmocka_unit_test(what_holds_no_certificate_is_an_error),
		cmocka_unit_test(only_accepted_algorithms_are_offered),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
