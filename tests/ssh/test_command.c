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
#include <openssl/evp.h>

#include "servers/site.h"
#include "ssh/observed.h"

/* One command on OpenSSH's sshd: what it says, how it ends, what limits it. */

#define BULK_BYTES ((size_t)64 * 1024 * 1024)

/* A limit that is reached, after the command's first output in any case. */
#define LIMIT_MS 8000

static void run_here(struct observed *observed, const struct site *site,
		     const sshoal_fleet_options *fleet_options,
		     const char *command)
{
	const sshoal_client_options options = site_options(site, "127.0.0.1");
	observe_one(observed, fleet_options, &options, command);
}

static void exit_status_is_the_commands(void **state)
{
	static const struct {
		const char *command;
		struct expected expected;
	} table[] = {
		{ "true",
		  { SSHOAL_STATUS_OK, ANY_PHASE, SSHOAL_RAN_YES, 0, NULL } },
		{ "exit 7",
		  { SSHOAL_STATUS_FAILED, ANY_PHASE, SSHOAL_RAN_YES, 7,
		    NULL } },
		{ "exit 255",
		  { SSHOAL_STATUS_FAILED, ANY_PHASE, SSHOAL_RAN_YES, 255,
		    NULL } },
		{ "no-such-command-anywhere",
		  { SSHOAL_STATUS_FAILED, ANY_PHASE, SSHOAL_RAN_YES, 127,
		    NULL } },
		{ "exec >&- 2>&-; sleep 0.2; exit 9",
		  { SSHOAL_STATUS_FAILED, ANY_PHASE, SSHOAL_RAN_YES, 9,
		    NULL } },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct observed observed = { .list = NULL };
		run_here(&observed, *state, NULL, table[i].command);
		assert_seen(&observed, 0, &table[i].expected);
		assert_string_equal(observed.list[0].signal, "");
		observed_free(&observed);
	}
}

static void a_signal_is_not_an_exit_status(void **state)
{
	static const struct {
		const char *command, *signal;
	} table[] = {
		{ "kill -9 $$", "KILL" },
		{ "kill -TERM $$", "TERM" },
		{ "kill -SEGV $$", "SEGV" },
	};
	static const struct expected expected = { SSHOAL_STATUS_SIGNALED,
						  ANY_PHASE, SSHOAL_RAN_YES, -1,
						  NULL };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct observed observed = { .list = NULL };
		run_here(&observed, *state, NULL, table[i].command);
		assert_seen(&observed, 0, &expected);
		assert_string_equal(observed.list[0].signal, table[i].signal);
		observed_free(&observed);
	}
}

static void a_server_that_dies_is_lost(void **state)
{
	static const struct expected expected = { SSHOAL_STATUS_LOST, ANY_PHASE,
						  SSHOAL_RAN_UNKNOWN, -1,
						  NULL };
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, NULL, "kill -9 $PPID; sleep 60");
	assert_seen(&observed, 0, &expected);
	observed_free(&observed);
}

static void streams_are_apart_and_exact(void **state)
{
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, NULL,
		 "printf 'a\\0b\\377\\r\\n\\033[1m'; printf 'no newline' >&2");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_OK);
	const struct seen_stream *streams = observed.list[0].streams;
	assert_int_equal(streams[0].bytes, 10);
	assert_memory_equal(streams[0].head, "a\0b\377\r\n\033[1m", 10);
	assert_int_equal(streams[1].bytes, 10);
	assert_string_equal(streams[1].head, "no newline");
	observed_free(&observed);
}

static void standard_input_is_at_its_end(void **state)
{
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, NULL, "cat; echo over");
	assert_seen_ok(&observed, 0, "over\n");
	observed_free(&observed);
}

/* The hash of zeros encrypted with a key whose last byte is given: what the
 * bulk command says. */
static void bulk_hash(unsigned char out[SHA256_BYTES], unsigned char last)
{
	static unsigned char block[65536];
	const unsigned char zeros[65536] = { 0 };
	const unsigned char key[16] = { [15] = last };
	const unsigned char iv[16] = { 0 };
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	assert_non_null(cipher);
	assert_non_null(hash);
	assert_true(
		EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, key, iv));
	assert_true(EVP_DigestInit_ex(hash, EVP_sha256(), NULL));
	for (size_t i = 0; i < BULK_BYTES / sizeof block; i++) {
		int n = 0;
		assert_true(EVP_EncryptUpdate(cipher, block, &n, zeros,
					      (int)sizeof zeros));
		assert_true(EVP_DigestUpdate(hash, block, (size_t)n));
	}
	assert_true(EVP_DigestFinal_ex(hash, out, NULL));
	EVP_CIPHER_CTX_free(cipher);
	EVP_MD_CTX_free(hash);
}

/* A line of /proc/self/status in KiB, -1 without it. */
static long memory_kib(const char *name)
{
	char line[256];
	long kib = -1;
	FILE *file = fopen("/proc/self/status", "re");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0)
			(void)sscanf(line + strlen(name), "%ld", &kib);
	if (file)
		(void)fclose(file);
	return kib;
}

/* Sets the peak back to what is resident at this moment. */
static bool forget_peak(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "we");
	if (!file)
		return false;
	bool done = fputs("5", file) >= 0;
	return fclose(file) == 0 && done;
}

static void bulk_on_both_streams_is_exact(void **state)
{
	static const char command[] =
		"bulk() { head -c 67108864 /dev/zero | openssl enc "
		"-aes-128-ctr -K 000000000000000000000000000000$1 "
		"-iv 00000000000000000000000000000000; }; "
		"bulk 01 & bulk 02 >&2; wait";
	unsigned char expected[2][SHA256_BYTES];
	bulk_hash(expected[0], 1);
	bulk_hash(expected[1], 2);
	bool measured = forget_peak();
	long before = memory_kib("VmHWM:");
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, NULL, command);
	long after = memory_kib("VmHWM:");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_OK);
	for (size_t i = 0; i < 2; i++) {
		const struct seen_stream *stream = &observed.list[0].streams[i];
		assert_int_equal(stream->bytes, BULK_BYTES);
		assert_memory_equal(stream->sha256, expected[i], SHA256_BYTES);
	}
	observed_free(&observed);
#ifdef SSHOAL_SANITIZE
	measured = false;
#endif
	if (!measured)
		print_message("memory is not measured here\n");
	else if (after - before > 20 * 1024)
		fail_msg("128 MB of output took %ld KiB of memory",
			 after - before);
}

static void a_limit_ends_the_command(void **state)
{
	sshoal_fleet_options limit = SSHOAL_FLEET_OPTIONS_INIT;
	limit.timeout_ms = LIMIT_MS;
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, &limit, "echo first; sleep 600");
	static const struct expected expected = { SSHOAL_STATUS_TIMEOUT,
						  SSHOAL_PHASE_RUN,
						  SSHOAL_RAN_YES, -1, NULL };
	assert_seen(&observed, 0, &expected);
	assert_int_equal(observed.list[0].kill, SSHOAL_END_KILLED);
	assert_string_equal(observed.list[0].streams[0].head, "first\n");
	observed_free(&observed);
}

static void output_does_not_put_the_limit_off(void **state)
{
	sshoal_fleet_options limit = SSHOAL_FLEET_OPTIONS_INIT;
	limit.timeout_ms = LIMIT_MS;
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, &limit, "yes");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_TIMEOUT);
	assert_int_equal(observed.list[0].phase, SSHOAL_PHASE_RUN);
	/* What ends it has to come through all of that: where a machine is too
	 * slow for it, nobody knows. */
	assert_int_not_equal(observed.list[0].kill, SSHOAL_END_SURVIVED);
	assert_int_not_equal(observed.list[0].kill, 0);
	assert_true(observed.list[0].streams[0].bytes > 0);
	observed_free(&observed);
}

static void silence_ends_the_command(void **state)
{
	sshoal_fleet_options limit = SSHOAL_FLEET_OPTIONS_INIT;
	limit.idle_timeout_ms = LIMIT_MS;
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, &limit, "echo first; sleep 600");
	static const struct expected expected = { SSHOAL_STATUS_IDLE_TIMEOUT,
						  SSHOAL_PHASE_RUN,
						  SSHOAL_RAN_YES, -1, NULL };
	assert_seen(&observed, 0, &expected);
	assert_int_equal(observed.list[0].kill, SSHOAL_END_KILLED);
	assert_string_equal(observed.list[0].streams[0].head, "first\n");
	observed_free(&observed);
}

static void output_held_open_ends_after_the_grace(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.detach_grace_ms = 2000;
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, &options,
		 "sleep 600 & echo started; exit 0");
	assert_seen_ok(&observed, 0, "started\n");
	assert_true(observed.list[0].held);
	observed_free(&observed);
	run_here(&observed, *state, &options, "sleep 600 & exit 3");
	static const struct expected expected = { SSHOAL_STATUS_FAILED,
						  ANY_PHASE, SSHOAL_RAN_YES, 3,
						  NULL };
	assert_seen(&observed, 0, &expected);
	assert_true(observed.list[0].held);
	observed_free(&observed);
}

static void a_command_that_lets_go_is_not_held(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.detach_grace_ms = -1;
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, &options,
		 "sleep 600 >/dev/null 2>&1 </dev/null & echo started");
	assert_seen_ok(&observed, 0, "started\n");
	assert_false(observed.list[0].held);
	observed_free(&observed);
}

static void a_ping_logs_in_and_runs_nothing(void **state)
{
	struct observed observed = { .list = NULL };
	run_here(&observed, *state, NULL, NULL);
	static const struct expected expected = { SSHOAL_STATUS_OK, ANY_PHASE,
						  SSHOAL_RAN_NO, -1, NULL };
	assert_seen(&observed, 0, &expected);
	assert_string_equal(observed.list[0].address, "127.0.0.1");
	assert_int_equal(observed.list[0].attempts, 1);
	observed_free(&observed);
}

static void no_session_is_a_refused_channel(void **state)
{
	(void)state;
	struct site site;
	const struct sshd_plan plan = { .more = "MaxSessions 0\n" };
	assert_int_equal(site_start(&site, &plan), 0);
	struct observed observed = { .list = NULL };
	run_here(&observed, &site, NULL, "true");
	static const struct expected expected = { SSHOAL_STATUS_CHANNEL,
						  SSHOAL_PHASE_CHANNEL,
						  SSHOAL_RAN_NO, -1, NULL };
	assert_seen(&observed, 0, &expected);
	observed_free(&observed);
	site_stop(&site);
}

static void rekeying_loses_nothing(void **state)
{
	(void)state;
	struct site site;
	const struct sshd_plan plan = { .more = "RekeyLimit 256K\n" };
	assert_int_equal(site_start(&site, &plan), 0);
	struct observed observed = { .list = NULL };
	run_here(&observed, &site, NULL, "head -c 4000000 /dev/zero");
	assert_seen_status(&observed, 0, SSHOAL_STATUS_OK);
	assert_int_equal(observed.list[0].streams[0].bytes, 4000000);
	observed_free(&observed);
	site_stop(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_status_is_the_commands),
		cmocka_unit_test(a_signal_is_not_an_exit_status),
		cmocka_unit_test(a_server_that_dies_is_lost),
		cmocka_unit_test(streams_are_apart_and_exact),
		cmocka_unit_test(standard_input_is_at_its_end),
		cmocka_unit_test(bulk_on_both_streams_is_exact),
		cmocka_unit_test(a_limit_ends_the_command),
		cmocka_unit_test(output_does_not_put_the_limit_off),
		cmocka_unit_test(silence_ends_the_command),
		cmocka_unit_test(output_held_open_ends_after_the_grace),
		cmocka_unit_test(a_command_that_lets_go_is_not_held),
		cmocka_unit_test(a_ping_logs_in_and_runs_nothing),
		cmocka_unit_test(no_session_is_a_refused_channel),
		cmocka_unit_test(rekeying_loses_nothing),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
