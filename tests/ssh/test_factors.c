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
#include "servers/evil_table.h"
#include "servers/site.h"
#include "ssh/client_rig.h"
#include "ssh/observed.h"

/* Logins that take more than one proof, and passwords that are no good any
 * more. */

#define PASSWORD "correct horse; battery $taple"

struct factors {
	struct site site;
	struct peers peers;
	char second_key[SCRATCH_PATH_MAX]; /* may log in as well */
	struct account *account;           /* NULL: not root */
};

static int setup(void **state)
{
	struct factors *all = calloc(1, sizeof *all);
	if (!all || site_start(&all->site, NULL))
		return -1;
	*state = all;
	const struct keypair_plan plan = { .type = "ecdsa" };
	scratch_path(all->second_key, all->site.scratch, "second");
	if (keypair_make(all->second_key, &plan) ||
	    keypair_publish(all->second_key, all->site.authorized_keys, "%s",
			    ""))
		return -1;
	if (peers_start(&all->peers, &all->site))
		return -1;
	/* The account's own rights are used to read them. */
	if (chmod(scratch_folder(all->site.scratch), 0711) ||
	    chmod(all->site.authorized_keys, 0644))
		return -1;
	return geteuid() == 0 ? account_new(&all->account, PASSWORD) : 0;
}

static int teardown(void **state)
{
	struct factors *all = *state;
	peers_stop(&all->peers);
	site_stop(&all->site);
	account_free(all->account);
	free(all);
	return 0;
}

/* Has the site's server want these methods. */
static void want(struct factors *all, const char *methods, const char *more)
{
	struct site *site = &all->site;
	char lines[256];
	if (!all->account) {
		print_message("passwords need root: skipped\n");
		skip();
	}
	(void)snprintf(lines, sizeof lines, "AuthenticationMethods %s\n%s",
		       methods, more);
	const struct sshd_plan plan = {
		.host_keys = { site->host_key },
		.authorized_keys = site->authorized_keys,
		.more = lines,
	};
	sshd_stop(&site->sshd);
	assert_int_equal(sshd_start(&site->sshd, site->scratch, &plan), 0);
	assert_int_equal(keypair_publish(site->host_key, site->known_hosts,
					 "[127.*]:%u ",
					 (unsigned)site->sshd.port),
			 0);
}

static sshoal_client_options options_of(const struct factors *all)
{
	sshoal_client_options options = site_options(&all->site, "127.0.0.1");
	options.user = account_name(all->account);
	options.password = PASSWORD;
	return options;
}

static void assert_ends(const sshoal_client_options *options, int status,
			const char *text)
{
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, options, "true");
	const struct expected expected = { status, SSHOAL_PHASE_AUTH,
					   SSHOAL_RAN_NO, -1, text };
	if (status == SSHOAL_STATUS_OK)
		assert_seen_ok(&observed, 0, "");
	else
		assert_seen(&observed, 0, &expected);
	observed_free(&observed);
}

static void assert_in(const sshoal_client_options *options)
{
	assert_ends(options, SSHOAL_STATUS_OK, NULL);
	sshoal_client *client = client_of(options);
	assert_says(client, "echo in", NULL, "in\n");
	sshoal_client_close(client);
}

static void a_key_and_a_password_log_in_together(void **state)
{
	struct factors *all = *state;
	want(all, "publickey,password", "");
	sshoal_client_options options = options_of(all);
	assert_in(&options);
	options.password = NULL;
	assert_ends(&options, SSHOAL_STATUS_AUTH,
		    "accepted the key and wants more; the server still takes "
		    "password; try a password (-k)");
	options.password = "wrong";
	assert_ends(&options, SSHOAL_STATUS_AUTH,
		    "accepted the key, then refused the password; the server "
		    "still takes password");
	options.password = PASSWORD;
	options.key_file = NULL;
	assert_ends(&options, SSHOAL_STATUS_AUTH,
		    "the server takes publickey; try a key (-i)");
}

static void the_server_says_in_which_order(void **state)
{
	struct factors *all = *state;
	want(all, "password,publickey", "");
	const sshoal_client_options options = options_of(all);
	assert_in(&options);
}

static void two_keys_log_in_together(void **state)
{
	struct factors *all = *state;
	want(all, "publickey,publickey", "");
	const char *const files[] = { all->second_key };
	sshoal_client_options options = options_of(all);
	options.password = NULL;
	assert_ends(&options, SSHOAL_STATUS_AUTH, "accepted the key and wants");
	options.key_files = files;
	options.key_file_count = 1;
	assert_in(&options);
}

static void a_key_and_answers_log_in_together(void **state)
{
	struct factors *all = *state;
	want(all, "publickey,keyboard-interactive",
	     "UsePAM yes\nKbdInteractiveAuthentication yes\n");
	sshoal_client_options options = options_of(all);
	assert_in(&options);
	options.password = "wrong";
	assert_ends(&options, SSHOAL_STATUS_AUTH,
		    "accepted the key, then refused the password");
}

static void one_password_is_good_for_two_questions(void **state)
{
	struct factors *all = *state;
	want(all, "password,keyboard-interactive",
	     "UsePAM yes\nKbdInteractiveAuthentication yes\n");
	const sshoal_client_options options = options_of(all);
	assert_in(&options);
}

static void only_methods_that_are_wanted_are_tried(void **state)
{
	struct factors *all = *state;
	want(all, "any", "");
	struct process *server = all->site.sshd.process;
	sshoal_client_options options = options_of(all);
	options.preferred_authentications = "password,publickey";
	assert_in(&options);
	assert_int_equal(process_count(server, "Accepted publickey"), 0);
	options.preferred_authentications = "publickey";
	options.password = "wrong";
	options.key_file = all->peers.evil_key;
	assert_ends(&options, SSHOAL_STATUS_AUTH, "refused 1 key;");
	assert_int_equal(process_count(server, "Failed password"), 0);
	options.preferred_authentications = NULL;
	options.disabled_methods =
		SSHOAL_LOGIN_PASSWORD | SSHOAL_LOGIN_KEYBOARD_INTERACTIVE;
	assert_ends(&options, SSHOAL_STATUS_AUTH, "refused 1 key;");
	options.disabled_methods = SSHOAL_LOGIN_PUBLICKEY;
	options.password = PASSWORD;
	assert_in(&options);
}

struct answerer {
	unsigned calls;
	unsigned codes; /* the next one to use */
	bool saw_answer;
	const char *fixed; /* what is said in any case; NULL: a code */
};

static int answer(sshoal_prompt *prompt, void *data)
{
	struct answerer *answerer = data;
	answerer->calls++;
	for (size_t i = 0; i < sshoal_prompt_count(prompt); i++) {
		char code[32];
		(void)snprintf(code, sizeof code, EVIL_CODE "%u",
			       answerer->codes++);
		if (sshoal_prompt_is_answered(prompt, i)) {
			answerer->saw_answer = true;
			continue;
		}
		if (sshoal_prompt_answer(prompt, i,
					 answerer->fixed ? answerer->fixed :
							   code))
			return 1;
	}
	return 0;
}

static void a_password_among_questions_is_answered(void **state)
{
	const struct factors *all = *state;
	struct answerer answerer = { .codes = 0 };
	sshoal_client_options options =
		evil_options(&all->peers, &all->site, "two");
	sshoal_client *client = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_client_open(&client, &options, &error),
			 SSHOAL_EAUTH);
	assert_non_null(strstr(error.text, "\"Verification code: \""));
	options.prompt = answer;
	options.data = &answerer;
	client = client_of(&options);
	sshoal_client_close(client);
	assert_int_equal(answerer.calls, 1);
	assert_true(answerer.saw_answer);
}

static void a_code_follows_a_password(void **state)
{
	const struct factors *all = *state;
	struct answerer answerer = { .codes = 20 };
	sshoal_client_options options =
		evil_options(&all->peers, &all->site, "stages");
	sshoal_client *client = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_client_open(&client, &options, &error),
			 SSHOAL_EAUTH);
	assert_non_null(strstr(error.text, "accepted the password"));
	assert_non_null(strstr(error.text, "keyboard-interactive"));
	options.prompt = answer;
	options.data = &answerer;
	client = client_of(&options);
	sshoal_client_close(client);
	assert_int_equal(answerer.calls, 1);
	assert_false(answerer.saw_answer);
}

static void answers_that_were_refused_are_not_sent_again(void **state)
{
	const struct factors *all = *state;
	struct answerer answerer = { .fixed = "red" };
	sshoal_client_options options =
		evil_options(&all->peers, &all->site, "colour");
	options.password = NULL;
	options.prompt = answer;
	options.data = &answerer;
	options.password_prompts = 5;
	size_t before = process_count(all->peers.evil, "secret colour\n");
	sshoal_client *client = NULL;
	sshoal_error error;
	assert_int_equal(sshoal_client_open(&client, &options, &error),
			 SSHOAL_EAUTH);
	assert_int_equal(answerer.calls, 2);
	assert_true(process_wait(all->peers.evil, "secret colour\n", before + 1,
				 30000));
	assert_int_equal(process_count(all->peers.evil, "secret colour\n"),
			 before + 1);
	/* Others are, as often as was said. */
	answerer = (struct answerer){ .codes = 0 };
	assert_int_equal(sshoal_client_open(&client, &options, &error),
			 SSHOAL_EAUTH);
	assert_int_equal(answerer.calls, 5);
	/* In batch mode nobody is asked. */
	options.batch_mode = 1;
	assert_int_equal(sshoal_client_open(&client, &options, &error),
			 SSHOAL_EAUTH);
	assert_int_equal(answerer.calls, 5);
}

static void a_password_that_must_be_changed_is_told(void **state)
{
	const struct factors *all = *state;
	sshoal_client_options options =
		evil_options(&all->peers, &all->site, "change");
	const struct expected expected = {
		SSHOAL_STATUS_AUTH, SSHOAL_PHASE_AUTH, SSHOAL_RAN_NO, -1,
		"the password has expired and must be changed"
	};
	struct observed observed = { .list = NULL };
	observe_one(&observed, NULL, &options, "true");
	assert_seen(&observed, 0, &expected);
	observed_free(&observed);
	assert_true(process_wait(all->peers.evil, "secret change\n", 1, 30000));
	assert_int_equal(process_count(all->peers.evil, "secret change\n"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_and_a_password_log_in_together),
		cmocka_unit_test(the_server_says_in_which_order),
		cmocka_unit_test(two_keys_log_in_together),
		cmocka_unit_test(a_key_and_answers_log_in_together),
		cmocka_unit_test(one_password_is_good_for_two_questions),
		cmocka_unit_test(only_methods_that_are_wanted_are_tried),
		cmocka_unit_test(a_password_among_questions_is_answered),
		cmocka_unit_test(a_code_follows_a_password),
		cmocka_unit_test(answers_that_were_refused_are_not_sent_again),
		cmocka_unit_test(a_password_that_must_be_changed_is_told),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
