/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <sshoal/fleet.h>

#include "servers/evil_table.h"
#include "servers/site.h"
#include "ssh/client_rig.h"
#include "ssh/observed.h"

/* What the servers of a fleet ask, and who answers how often. */

#define HOSTS 12

/* The limits of a login that somebody thinks longer about. */
#define LIMIT_MS 15000
#define THINK_MS 16000

struct questions {
	struct site site;
	struct peers peers;
	unsigned codes; /* the next that was not used */
};

/* What was asked in a run, and what came of it. */
struct asked {
	struct questions *all;
	const char *answer; /* NULL: a code */
	unsigned prompts;   /* how often the callback ran */
	unsigned shared;    /* how often for all */
	unsigned keys;
	unsigned ok;
	unsigned refused; /* status auth */
	unsigned others;
	int gives_up;
	int keeps_apart;
	int host_key; /* the answer */
	int think_ms;
	sshoal_cancel *cancel; /* triggered when asked */
	pthread_t thread;
	bool strange;
	char text[512];
};

static int setup(void **state)
{
	struct questions *all = calloc(1, sizeof *all);
	if (!all || site_start(&all->site, NULL))
		return -1;
	*state = all;
	return peers_start(&all->peers, &all->site);
}

static int teardown(void **state)
{
	struct questions *all = *state;
	peers_stop(&all->peers);
	site_stop(&all->site);
	free(all);
	return 0;
}

static void think(int ms)
{
	const struct timespec time = { .tv_sec = ms / 1000,
				       .tv_nsec = ms % 1000 * 1000000L };
	(void)nanosleep(&time, NULL);
}

static int on_prompt(const sshoal_target *target, sshoal_prompt *prompt,
		     void *data)
{
	struct asked *asked = data;
	asked->prompts++;
	asked->shared += (unsigned)sshoal_prompt_is_shared(prompt);
	asked->strange |=
		!target || !pthread_equal(pthread_self(), asked->thread);
	if (asked->cancel)
		(void)sshoal_cancel_trigger(asked->cancel, SSHOAL_CANCEL_END);
	if (asked->think_ms)
		think(asked->think_ms);
	if (asked->gives_up)
		return 1;
	if (asked->keeps_apart)
		sshoal_prompt_set_shared(prompt, 0);
	for (size_t i = 0; i < sshoal_prompt_count(prompt); i++) {
		char code[32];
		if (sshoal_prompt_is_answered(prompt, i))
			continue;
		(void)snprintf(code, sizeof code, EVIL_CODE "%u",
			       asked->all->codes);
		asked->all->codes += asked->answer ? 0 : 1;
		asked->strange |=
			sshoal_prompt_answer(prompt, i,
					     asked->answer ? asked->answer :
							     code) != 0;
	}
	return 0;
}

static int on_host_key(const sshoal_target *target, const sshoal_host_key *key,
		       void *data)
{
	struct asked *asked = data;
	asked->keys++;
	asked->strange |= !pthread_equal(pthread_self(), asked->thread) ||
			  strcmp(key->host, sshoal_target_host(target)) != 0 ||
			  strncmp(key->fingerprint, "SHA256:", 7) != 0 ||
			  strcmp(key->type, "ssh-ed25519") != 0 ||
			  key->blob_size == 0;
	return asked->host_key;
}

static int on_result(const sshoal_result *result, void *data)
{
	struct asked *asked = data;
	int status = sshoal_result_status(result);
	asked->ok += status == SSHOAL_STATUS_OK;
	asked->refused += status == SSHOAL_STATUS_AUTH;
	asked->others +=
		status != SSHOAL_STATUS_OK && status != SSHOAL_STATUS_AUTH;
	(void)snprintf(asked->text, sizeof asked->text, "%s",
		       sshoal_result_error_text(result));
	return 0;
}

static void run(struct asked *asked, sshoal_fleet *fleet)
{
	const sshoal_fleet_callbacks callbacks = { .result = on_result,
						   .prompt = on_prompt,
						   .host_key = on_host_key };
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_PING;
	asked->thread = pthread_self();
	int rc = sshoal_fleet_run(fleet, &job, &callbacks, asked, NULL);
	if (rc)
		fail_msg("%s", sshoal_fleet_error_text(fleet));
	assert_int_equal(asked->ok + asked->refused + asked->others,
			 sshoal_fleet_count(fleet));
	assert_false(asked->strange);
}

/* Runs a ping of so many hosts of one behaviour, all at a time. */
static void ask_all(struct asked *asked, const char *user, unsigned prompts,
		    const char *password)
{
	sshoal_fleet_options fleet_options = SSHOAL_FLEET_OPTIONS_INIT;
	fleet_options.logins_per_address = HOSTS;
	fleet_options.cancel = asked->cancel;
	sshoal_fleet *fleet = fleet_of(&fleet_options);
	sshoal_client_options options =
		evil_options(&asked->all->peers, &asked->all->site, user);
	options.password = password;
	options.password_prompts = prompts;
	if (asked->think_ms)
		options.login_timeout_ms = LIMIT_MS;
	for (unsigned i = 0; i < HOSTS; i++)
		fleet_with(fleet, &options);
	run(asked, fleet);
	sshoal_fleet_free(fleet);
}

static void assert_asked(const struct asked *asked, unsigned prompts,
			 unsigned shared, unsigned ok, unsigned refused)
{
	if (asked->prompts != prompts || asked->shared != shared ||
	    asked->ok != ok || asked->refused != refused)
		fail_msg("asked %u times, %u of them for all; %u ok, %u "
			 "refused; %s",
			 asked->prompts, asked->shared, asked->ok,
			 asked->refused, asked->text);
}

static void the_same_question_is_asked_once(void **state)
{
	struct asked asked = { .all = *state, .answer = EVIL_COLOUR };
	ask_all(&asked, "colour", 0, NULL);
	assert_asked(&asked, 1, 1, HOSTS, 0);
}

static void a_one_time_password_is_asked_for_each_host(void **state)
{
	struct asked asked = { .all = *state };
	ask_all(&asked, "two", 0, EVIL_PASSWORD);
	assert_asked(&asked, HOSTS, 0, HOSTS, 0);
}

static void answers_that_a_second_host_refuses_are_not_shared(void **state)
{
	struct asked asked = { .all = *state };
	ask_all(&asked, "once", 3, NULL);
	assert_asked(&asked, HOSTS, 1, HOSTS, 0);
}

static void a_callback_keeps_answers_for_one_host(void **state)
{
	struct asked asked = { .all = *state,
			       .answer = EVIL_COLOUR,
			       .keeps_apart = 1 };
	ask_all(&asked, "colour", 0, NULL);
	assert_int_equal(asked.prompts, HOSTS);
	assert_int_equal(asked.ok, HOSTS);
}

static void what_three_hosts_refuse_is_asked_no_more(void **state)
{
	struct asked asked = { .all = *state, .answer = "red" };
	struct process *evil = asked.all->peers.evil;
	ask_all(&asked, "colour", 0, NULL);
	assert_asked(&asked, 3, 3, 0, HOSTS);
	assert_true(process_wait(evil, "secret colour\n", 3, 30000));
	assert_int_equal(process_count(evil, "secret colour\n"), 3);
}

static void who_gives_up_is_asked_once(void **state)
{
	struct asked asked = { .all = *state, .gives_up = 1 };
	ask_all(&asked, "colour", 0, NULL);
	assert_asked(&asked, 1, 1, 0, HOSTS);
	/* A code is asked for by each. */
	asked = (struct asked){ .all = *state, .gives_up = 1 };
	ask_all(&asked, "two", 0, EVIL_PASSWORD);
	assert_asked(&asked, HOSTS, 0, 0, HOSTS);
}

static void nobody_is_asked_in_batch_mode(void **state)
{
	struct asked asked = { .all = *state, .answer = EVIL_COLOUR };
	sshoal_client_options defaults = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal_client_options overrides = SSHOAL_CLIENT_OPTIONS_INIT;
	sshoal_fleet_options fleet_options = SSHOAL_FLEET_OPTIONS_INIT;
	overrides.batch_mode = 1;
	fleet_options.defaults = &defaults;
	fleet_options.overrides = &overrides;
	sshoal_fleet *fleet = fleet_of(&fleet_options);
	sshoal_client_options options =
		evil_options(&asked.all->peers, &asked.all->site, "colour");
	options.password = NULL;
	fleet_with(fleet, &options);
	run(&asked, fleet);
	sshoal_fleet_free(fleet);
	assert_asked(&asked, 0, 0, 0, 1);
	assert_non_null(strstr(asked.text, "keyboard-interactive"));
}

static void the_time_to_think_is_in_no_limit(void **state)
{
	struct asked asked = { .all = *state,
			       .answer = EVIL_COLOUR,
			       .think_ms = THINK_MS };
	ask_all(&asked, "colour", 0, NULL);
	assert_asked(&asked, 1, 1, HOSTS, 0);
}

static void a_run_that_is_ended_waits_for_no_answer(void **state)
{
	struct asked asked = { .all = *state, .answer = EVIL_COLOUR };
	assert_int_equal(sshoal_cancel_new(&asked.cancel), 0);
	ask_all(&asked, "colour", 0, NULL);
	sshoal_cancel_free(asked.cancel);
	assert_int_equal(asked.prompts, 1);
	assert_int_equal(asked.refused, 0);
}

/* Three addresses of one server, each twice. */
static void see_keys(struct asked *asked, int answer, const char *known_hosts,
		     uint32_t batch_mode)
{
	sshoal_fleet *fleet = fleet_of(NULL);
	asked->host_key = answer;
	for (unsigned i = 0; i < 6; i++) {
		char host[32];
		(void)snprintf(host, sizeof host, "127.0.3.%u", i % 3 + 1);
		sshoal_client_options options =
			site_options(&asked->all->site, host);
		options.known_hosts_file = known_hosts;
		options.batch_mode = batch_mode;
		fleet_with(fleet, &options);
	}
	run(asked, fleet);
	sshoal_fleet_free(fleet);
}

static void each_unknown_host_key_is_shown_once(void **state)
{
	struct questions *all = *state;
	char empty[SCRATCH_PATH_MAX];
	scratch_path(empty, all->site.scratch, "empty");
	assert_int_equal(scratch_write(empty, 0600, "%s", ""), 0);
	struct asked asked = { .all = all };
	see_keys(&asked, SSHOAL_HOST_KEY_ACCEPT_ONCE, empty, 1);
	assert_int_equal(asked.keys, 0);
	assert_int_equal(asked.others, 6);

	asked = (struct asked){ .all = all };
	see_keys(&asked, SSHOAL_HOST_KEY_REFUSE, empty, 0);
	assert_int_equal(asked.keys, 3);
	assert_int_equal(asked.others, 6);

	asked = (struct asked){ .all = all };
	see_keys(&asked, SSHOAL_HOST_KEY_ACCEPT_ONCE, empty, 0);
	assert_int_equal(asked.keys, 3);
	assert_int_equal(asked.ok, 6);

	asked = (struct asked){ .all = all };
	see_keys(&asked, SSHOAL_HOST_KEY_ACCEPT_AND_ADD, empty, 0);
	assert_int_equal(asked.keys, 3);
	assert_int_equal(asked.ok, 6);

	asked = (struct asked){ .all = all };
	see_keys(&asked, SSHOAL_HOST_KEY_REFUSE, empty, 0);
	assert_int_equal(asked.keys, 0);
	assert_int_equal(asked.ok, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First, for the server may tell of earlier tests late. */
		cmocka_unit_test(what_three_hosts_refuse_is_asked_no_more),
		cmocka_unit_test(the_same_question_is_asked_once),
		cmocka_unit_test(a_one_time_password_is_asked_for_each_host),
		cmocka_unit_test(
			answers_that_a_second_host_refuses_are_not_shared),
		cmocka_unit_test(a_callback_keeps_answers_for_one_host),
		cmocka_unit_test(who_gives_up_is_asked_once),
		cmocka_unit_test(nobody_is_asked_in_batch_mode),
		cmocka_unit_test(the_time_to_think_is_in_no_limit),
		cmocka_unit_test(a_run_that_is_ended_waits_for_no_answer),
		cmocka_unit_test(each_unknown_host_key_is_shown_once),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
