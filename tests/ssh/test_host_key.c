/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers/site.h"
#include "ssh/observed.h"

/* The host key against known_hosts, before anything is said of a login. The
 * server has an ECDSA and an Ed25519 key. */

struct hosts {
	struct site site;
	char ecdsa[SCRATCH_PATH_MAX];
	char ed25519[SCRATCH_PATH_MAX];
	char other[SCRATCH_PATH_MAX]; /* Ed25519, of no server */
	char file[SCRATCH_PATH_MAX];  /* the test's known_hosts */
};

static int setup(void **state)
{
	struct hosts *hosts = calloc(1, sizeof *hosts);
	if (!hosts || site_start(&hosts->site, NULL))
		return -1;
	*state = hosts;
	struct site *site = &hosts->site;
	const struct keypair_plan ecdsa = { .type = "ecdsa" };
	const struct keypair_plan ed25519 = { .type = "ed25519" };
	scratch_path(hosts->ecdsa, site->scratch, "ecdsa");
	scratch_path(hosts->ed25519, site->scratch, "ed25519");
	scratch_path(hosts->other, site->scratch, "other");
	scratch_path(hosts->file, site->scratch, "hosts");
	if (keypair_make(hosts->ecdsa, &ecdsa) ||
	    keypair_make(hosts->ed25519, &ed25519) ||
	    keypair_make(hosts->other, &ed25519))
		return -1;
	sshd_stop(&site->sshd);
	const struct sshd_plan plan = {
		.host_keys = { hosts->ecdsa, hosts->ed25519 },
		.authorized_keys = site->authorized_keys
	};
	return sshd_start(&site->sshd, site->scratch, &plan);
}

static int teardown(void **state)
{
	struct hosts *hosts = *state;
	site_stop(&hosts->site);
	free(hosts);
	return 0;
}

/* One connection with the test's known_hosts. */
static void connect_with(struct observed *observed, const struct hosts *hosts,
			 uint32_t policy)
{
	sshoal_client_options options = site_options(&hosts->site, "127.0.0.1");
	options.known_hosts_file = hosts->file;
	options.host_key_policy = policy;
	observe_one(observed, NULL, &options, "echo in");
}

static void assert_ends(const struct hosts *hosts, uint32_t policy, int status)
{
	struct process *server = hosts->site.sshd.process;
	size_t logins = process_count(server, "Accepted publickey");
	struct observed observed = { .list = NULL };
	connect_with(&observed, hosts, policy);
	if (status == SSHOAL_STATUS_OK) {
		assert_seen_ok(&observed, 0, "in\n");
		/* The log comes later than the result. */
		assert_true(process_wait(server, "Accepted publickey",
					 logins + 1, 30000));
	} else {
		const struct expected expected = {
			.status = status,
			.phase = SSHOAL_PHASE_KEX,
			.ran = SSHOAL_RAN_NO,
			.exit = -1,
		};
		assert_seen(&observed, 0, &expected);
		assert_int_equal(process_count(server, "Accepted publickey"),
				 logins);
	}
	assert_int_equal(observed.list[0].attempts, 1);
	observed_free(&observed);
}

/* Begins a new known_hosts file with these bytes. */
static void begin_file(const struct hosts *hosts, const char *text)
{
	assert_int_equal(scratch_write(hosts->file, 0600, "%s", text), 0);
}

static void add_key(const struct hosts *hosts, const char *marker,
		    const char *key)
{
	assert_int_equal(keypair_publish(key, hosts->file, "%s[127.0.0.1]:%u ",
					 marker,
					 (unsigned)hosts->site.sshd.port),
			 0);
}

static void an_unknown_key_is_refused(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "");
	assert_ends(hosts, SSHOAL_HOST_KEY_DEFAULT,
		    SSHOAL_STATUS_HOST_KEY_UNKNOWN);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT,
		    SSHOAL_STATUS_HOST_KEY_UNKNOWN);
}

static void a_missing_file_knows_nothing(void **state)
{
	const struct hosts *hosts = *state;
	(void)remove(hosts->file);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT,
		    SSHOAL_STATUS_HOST_KEY_UNKNOWN);
}

/* As OpenSSH does: a key on file under the bare name vouches for the server on
 * another port too, and another key there says nothing. */
static void the_bare_name_vouches_and_never_accuses(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "");
	assert_int_equal(
		keypair_publish(hosts->other, hosts->file, "%s", "127.0.0.1 "),
		0);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT,
		    SSHOAL_STATUS_HOST_KEY_UNKNOWN);
	begin_file(hosts, "");
	assert_int_equal(keypair_publish(hosts->ed25519, hosts->file, "%s",
					 "127.0.0.1 "),
			 0);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT, SSHOAL_STATUS_OK);
}

static void a_changed_key_is_refused_by_every_check(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "");
	add_key(hosts, "", hosts->other);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT,
		    SSHOAL_STATUS_HOST_KEY_CHANGED);
	assert_ends(hosts, SSHOAL_HOST_KEY_ACCEPT_NEW,
		    SSHOAL_STATUS_HOST_KEY_CHANGED);
}

static void a_revoked_key_is_refused(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "");
	add_key(hosts, "", hosts->ed25519);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT, SSHOAL_STATUS_OK);
	add_key(hosts, "@revoked ", hosts->ed25519);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT,
		    SSHOAL_STATUS_HOST_KEY_REVOKED);
	assert_ends(hosts, SSHOAL_HOST_KEY_ACCEPT_NEW,
		    SSHOAL_STATUS_HOST_KEY_REVOKED);
}

static void an_authority_is_no_host_key(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "");
	add_key(hosts, "@cert-authority ", hosts->ed25519);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT,
		    SSHOAL_STATUS_HOST_KEY_UNKNOWN);
}

static void one_known_type_of_several_is_enough(void **state)
{
	const struct hosts *hosts = *state;
	const char *const keys[] = { hosts->ecdsa, hosts->ed25519 };
	for (size_t i = 0; i < 2; i++) {
		begin_file(hosts, "");
		add_key(hosts, "", keys[i]);
		assert_ends(hosts, SSHOAL_HOST_KEY_STRICT, SSHOAL_STATUS_OK);
	}
}

static void a_bad_line_does_not_hide_the_next(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "# a comment\n\nthis is no key\n"
			  "[127.0.0.1]:1 ssh-ed25519 AAAA????\n");
	add_key(hosts, "", hosts->ed25519);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT, SSHOAL_STATUS_OK);
}

static void a_hashed_name_is_known(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "");
	add_key(hosts, "", hosts->ed25519);
	const char *const hash[] = { "ssh-keygen", "-q",        "-H",
				     "-f",         hosts->file, NULL };
	assert_int_equal(process_run(hash, NULL), 0);
	char *text = scratch_read(hosts->file);
	assert_non_null(text);
	assert_non_null(strstr(text, "|1|"));
	free(text);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT, SSHOAL_STATUS_OK);
}

static void accept_new_writes_the_key_once(void **state)
{
	const struct hosts *hosts = *state;
	/* The last line has no newline: what is added is a line of its own. */
	begin_file(hosts, "# kept");
	assert_ends(hosts, SSHOAL_HOST_KEY_ACCEPT_NEW, SSHOAL_STATUS_OK);
	char *once = scratch_read(hosts->file);
	assert_non_null(once);
	assert_memory_equal(once, "# kept\n", 7);
	assert_non_null(strstr(once, "[127.0.0.1]:"));
	assert_ends(hosts, SSHOAL_HOST_KEY_ACCEPT_NEW, SSHOAL_STATUS_OK);
	assert_ends(hosts, SSHOAL_HOST_KEY_STRICT, SSHOAL_STATUS_OK);
	char *twice = scratch_read(hosts->file);
	assert_non_null(twice);
	assert_string_equal(once, twice);
	free(once);
	free(twice);
}

static void accept_new_takes_no_other_type(void **state)
{
	const struct hosts *hosts = *state;
	char rsa[SCRATCH_PATH_MAX];
	const struct keypair_plan plan = { .type = "rsa", .bits = 2048 };
	scratch_path(rsa, hosts->site.scratch, "rsa");
	assert_int_equal(keypair_make(rsa, &plan), 0);
	begin_file(hosts, "");
	add_key(hosts, "", rsa);
	struct observed observed = { .list = NULL };
	connect_with(&observed, hosts, SSHOAL_HOST_KEY_ACCEPT_NEW);
	const struct seen *seen = &observed.list[0];
	assert_true(seen->status == SSHOAL_STATUS_PROTOCOL ||
		    seen->status == SSHOAL_STATUS_HOST_KEY_CHANGED);
	assert_int_equal(seen->ran, SSHOAL_RAN_NO);
	observed_free(&observed);
}

static void off_accepts_and_writes_nothing(void **state)
{
	const struct hosts *hosts = *state;
	begin_file(hosts, "");
	assert_ends(hosts, SSHOAL_HOST_KEY_OFF, SSHOAL_STATUS_OK);
	char *text = scratch_read(hosts->file);
	assert_non_null(text);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_key_is_refused),
		cmocka_unit_test(a_missing_file_knows_nothing),
		cmocka_unit_test(the_bare_name_vouches_and_never_accuses),
		cmocka_unit_test(a_changed_key_is_refused_by_every_check),
		cmocka_unit_test(a_revoked_key_is_refused),
		cmocka_unit_test(an_authority_is_no_host_key),
		cmocka_unit_test(one_known_type_of_several_is_enough),
		cmocka_unit_test(a_bad_line_does_not_hide_the_next),
		cmocka_unit_test(a_hashed_name_is_known),
		cmocka_unit_test(accept_new_writes_the_key_once),
		cmocka_unit_test(accept_new_takes_no_other_type),
		cmocka_unit_test(off_accepts_and_writes_nothing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
