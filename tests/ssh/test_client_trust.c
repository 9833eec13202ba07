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

#include <sshoal/key.h>

#include "ssh/client_rig.h"

/* Which host keys a client accepts, and who decides. */

struct judge {
	int answer;
	unsigned asked;
	bool strange;
	const struct site *site;
	char type[64], fingerprint[128];
};

static int judge_key(const sshoal_host_key *key, void *data)
{
	struct judge *judge = data;
	judge->asked++;
	(void)snprintf(judge->type, sizeof judge->type, "%s", key->type);
	(void)snprintf(judge->fingerprint, sizeof judge->fingerprint, "%s",
		       key->fingerprint);
	judge->strange = strcmp(key->host, "127.0.0.1") != 0 ||
			 key->port != judge->site->sshd.port || !key->blob ||
			 key->blob_size != 51 || key->reserved_number ||
			 key->reserved[0] || key->reserved[3];
	return judge->answer;
}

static sshoal_client_options empty_known(const struct site *site,
					 char known[SCRATCH_PATH_MAX],
					 struct judge *judge)
{
	scratch_path(known, site->scratch, "known");
	(void)unlink(known);
	assert_int_equal(scratch_write(known, 0600, "# nothing\n"), 0);
	sshoal_client_options options = site_options(site, "127.0.0.1");
	options.known_hosts_file = known;
	judge->site = site;
	options.host_key = judge_key;
	options.data = judge;
	return options;
}

static void expect_open(const sshoal_client_options *options, int expected)
{
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_client_open(&client, options, &error);
	assert_code(rc, expected, "open", error.text);
	if (rc) {
		assert_null(client);
		assert_tells(&error, expected, options->host);
	} else {
		assert_fine(client);
	}
	sshoal_client_close(client);
}

static bool has_lines(const char *path, const char *words)
{
	char *text = scratch_read(path);
	bool found = text && strstr(text, words);
	free(text);
	return found;
}

static void a_callback_is_told_the_key(void **state)
{
	const struct site *site = *state;
	char known[SCRATCH_PATH_MAX], expected[64];
	struct judge judge = { .answer = SSHOAL_HOST_KEY_ACCEPT_ONCE };
	sshoal_client_options options = empty_known(site, known, &judge);
	expect_open(&options, 0);
	assert_int_equal(judge.asked, 1);
	assert_false(judge.strange);
	assert_string_equal(judge.type, "ssh-ed25519");
	sshoal_key *key = NULL;
	assert_int_equal(sshoal_key_load_file(&key, site->host_key, NULL, NULL),
			 0);
	assert_int_equal(sshoal_key_fingerprint(key, expected, sizeof expected),
			 0);
	assert_string_equal(judge.fingerprint, expected);
	sshoal_key_free(key);
}

static void its_answer_decides(void **state)
{
	char known[SCRATCH_PATH_MAX];
	struct judge judge = { .answer = SSHOAL_HOST_KEY_REFUSE };
	sshoal_client_options options = empty_known(*state, known, &judge);
	expect_open(&options, SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(judge.asked, 1);
	/* What is no answer is none. */
	judge.answer = 77;
	expect_open(&options, SSHOAL_EHOSTKEY_UNKNOWN);
	judge.answer = -1;
	expect_open(&options, SSHOAL_EHOSTKEY_UNKNOWN);
	/* Once: it is asked again. */
	judge.answer = SSHOAL_HOST_KEY_ACCEPT_ONCE;
	expect_open(&options, 0);
	expect_open(&options, 0);
	assert_int_equal(judge.asked, 5);
	assert_false(has_lines(known, "ssh-ed25519"));
	/* Added: never again. */
	judge.answer = SSHOAL_HOST_KEY_ACCEPT_AND_ADD;
	expect_open(&options, 0);
	assert_int_equal(judge.asked, 6);
	assert_true(has_lines(known, "ssh-ed25519"));
	judge.answer = SSHOAL_HOST_KEY_REFUSE;
	expect_open(&options, 0);
	assert_int_equal(judge.asked, 6);
	options.host_key = NULL;
	expect_open(&options, 0);
}

static void changed_and_revoked_keys_ask_nobody(void **state)
{
	const struct site *site = *state;
	char known[SCRATCH_PATH_MAX];
	struct judge judge = { .answer = SSHOAL_HOST_KEY_ACCEPT_AND_ADD };
	sshoal_client_options options = empty_known(site, known, &judge);
	unsigned port = options.port;
	/* The key that logs in is another one than the host's. */
	assert_int_equal(
		keypair_publish(site->key, known, "[127.0.0.1]:%u ", port), 0);
	expect_open(&options, SSHOAL_EHOSTKEY_CHANGED);
	options.host_key_policy = SSHOAL_HOST_KEY_ACCEPT_NEW;
	expect_open(&options, SSHOAL_EHOSTKEY_CHANGED);
	options = empty_known(site, known, &judge);
	assert_int_equal(keypair_publish(site->host_key, known,
					 "@revoked [127.0.0.1]:%u ", port),
			 0);
	expect_open(&options, SSHOAL_EHOSTKEY_REVOKED);
	options.host_key_policy = SSHOAL_HOST_KEY_ACCEPT_NEW;
	expect_open(&options, SSHOAL_EHOSTKEY_REVOKED);
	assert_int_equal(judge.asked, 0);
}

static void policies_hold_without_a_callback(void **state)
{
	char known[SCRATCH_PATH_MAX];
	struct judge judge = { .answer = 0 };
	sshoal_client_options options = empty_known(*state, known, &judge);
	options.host_key = NULL;
	expect_open(&options, SSHOAL_EHOSTKEY_UNKNOWN);
	options.host_key_policy = SSHOAL_HOST_KEY_STRICT;
	expect_open(&options, SSHOAL_EHOSTKEY_UNKNOWN);
	options.host_key_policy = SSHOAL_HOST_KEY_OFF;
	expect_open(&options, 0);
	assert_false(has_lines(known, "ssh-ed25519"));
	options.host_key_policy = SSHOAL_HOST_KEY_ACCEPT_NEW;
	expect_open(&options, 0);
	assert_true(has_lines(known, "ssh-ed25519"));
	options.host_key_policy = SSHOAL_HOST_KEY_STRICT;
	expect_open(&options, 0);
}

static void a_callback_is_in_place_of_strict_only(void **state)
{
	char known[SCRATCH_PATH_MAX];
	struct judge judge = { .answer = SSHOAL_HOST_KEY_REFUSE };
	sshoal_client_options options = empty_known(*state, known, &judge);
	options.host_key_policy = SSHOAL_HOST_KEY_STRICT;
	expect_open(&options, SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(judge.asked, 1);
	options.host_key_policy = SSHOAL_HOST_KEY_OFF;
	expect_open(&options, 0);
	options.host_key_policy = SSHOAL_HOST_KEY_ACCEPT_NEW;
	expect_open(&options, 0);
	assert_int_equal(judge.asked, 1);
}

/* The time of a callback is not counted: it is longer than all there is. */
static int take_long(const sshoal_host_key *key, void *data)
{
	const int64_t *limit_ms = data;
	(void)key;
	int64_t end = now_ms() + *limit_ms + 500;
	while (now_ms() < end)
		(void)usleep(10000);
	return SSHOAL_HOST_KEY_ACCEPT_ONCE;
}

static void a_callbacks_time_is_not_counted(void **state)
{
	char known[SCRATCH_PATH_MAX];
	struct judge judge = { .answer = 0 };
	sshoal_client_options options = empty_known(*state, known, &judge);
	/* Everything but the callback has 6 s each, as a rule far more than
	 * it needs; what the callback takes is more than both. */
	int64_t limit_ms = 6000;
	options.connect_timeout_ms = limit_ms;
	options.login_timeout_ms = limit_ms;
	options.host_key = take_long;
	options.data = &limit_ms;
	expect_open(&options, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_callback_is_told_the_key),
		cmocka_unit_test(its_answer_decides),
		cmocka_unit_test(changed_and_revoked_keys_ask_nobody),
		cmocka_unit_test(policies_hold_without_a_callback),
		cmocka_unit_test(a_callback_is_in_place_of_strict_only),
		cmocka_unit_test(a_callbacks_time_is_not_counted),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
