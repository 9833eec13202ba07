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

#include "ssh/client_rig.h"

/* Commands whose streams are read and written bit by bit, in any order. */

#define BULK_BYTES ((size_t)8 * 1024 * 1024)

static unsigned char bulk[BULK_BYTES];

static void both_streams_in_any_order(void **state)
{
	sshoal_client *client = client_at(*state);
	char path[SCRATCH_PATH_MAX], line[SCRATCH_PATH_MAX * 2 + 64];
	pattern_file(path, *state, BULK_BYTES, 1);
	(void)snprintf(line, sizeof line, "cat %s & cat %s >&2; wait; exit 6",
		       path, path);
	for (int first = SSHOAL_STDOUT; first <= SSHOAL_STDERR; first++) {
		sshoal_command *command = started(client, line, NULL);
		const int order[] = { first,
				      SSHOAL_STDOUT + SSHOAL_STDERR - first };
		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(
				read_bytes(command, order[i], bulk, BULK_BYTES),
				BULK_BYTES);
			assert_true(pattern_is(bulk, BULK_BYTES, 0, 1));
			assert_int_equal(sshoal_command_read(command, order[i],
							     bulk, 1, LONG_MS),
					 0);
		}
		await_status(command, 6);
		sshoal_command_free(command);
	}
	/* A wait drops all of it. */
	sshoal_command *command = started(client, line, NULL);
	sshoal_outcome outcome;
	assert_int_equal(sshoal_command_wait(command, &outcome, LONG_MS), 0);
	assert_int_equal(outcome.exit_status, 6);
	assert_int_equal(outcome.stdout_bytes, BULK_BYTES);
	assert_int_equal(outcome.stderr_bytes, BULK_BYTES);
	sshoal_command_free(command);
	sshoal_client_close(client);
}

static void small_pieces_of_both_are_exact(void **state)
{
	sshoal_client *client = client_at(*state);
	char path[SCRATCH_PATH_MAX], line[SCRATCH_PATH_MAX * 2 + 64];
	pattern_file(path, *state, 300000, 2);
	(void)snprintf(line, sizeof line, "cat %s & cat %s >&2; wait", path,
		       path);
	sshoal_command *command = started(client, line, NULL);
	size_t done[2] = { 0, 0 };
	int64_t n = 1;
	for (unsigned turn = 1; n > 0; turn++) {
		unsigned char piece[701];
		int stream = 0;
		n = sshoal_command_read_any(command, &stream, piece,
					    turn % sizeof piece + 1, LONG_MS);
		assert_true(n >= 0);
		if (n == 0)
			break;
		assert_in_range(stream, SSHOAL_STDOUT, SSHOAL_STDERR);
		assert_true(pattern_is(piece, (size_t)n, done[stream - 1], 2));
		done[stream - 1] += (size_t)n;
	}
	assert_int_equal(done[0], 300000);
	assert_int_equal(done[1], 300000);
	await_status(command, 0);
	sshoal_command_free(command);
	sshoal_client_close(client);
}

/* All is written before anything is read: what comes back is kept. */
static void cat_takes_all_before_it_is_read(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *cat = started(client, "cat", NULL);
	pattern_fill(bulk, BULK_BYTES, 0, 3);
	write_bytes(cat, bulk, BULK_BYTES);
	assert_int_equal(sshoal_command_close_stdin(cat), 0);
	memset(bulk, 0, BULK_BYTES);
	assert_int_equal(read_bytes(cat, SSHOAL_STDOUT, bulk, BULK_BYTES),
			 BULK_BYTES);
	assert_true(pattern_is(bulk, BULK_BYTES, 0, 3));
	assert_int_equal(
		sshoal_command_read(cat, SSHOAL_STDOUT, bulk, 1, LONG_MS), 0);
	await_status(cat, 0);
	sshoal_command_free(cat);
	sshoal_client_close(client);
}

/* Both ways at once, by turns that never wait. */
static void cat_by_turns(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *cat = started(client, "cat", NULL);
	unsigned char back[65536];
	size_t out = 0, in = 0;
	pattern_fill(bulk, BULK_BYTES, 0, 4);
	while (in < BULK_BYTES) {
		int64_t n = 0;
		if (out < BULK_BYTES) {
			n = sshoal_command_write(cat, bulk + out,
						 BULK_BYTES - out, 0);
			assert_true(n > 0 || n == SSHOAL_ETIMEOUT);
			out += n > 0 ? (size_t)n : 0;
			if (out == BULK_BYTES)
				assert_int_equal(
					sshoal_command_close_stdin(cat), 0);
		}
		n = sshoal_command_read(cat, SSHOAL_STDOUT, back, sizeof back,
					0);
		assert_true(n > 0 || n == SSHOAL_ETIMEOUT);
		if (n == SSHOAL_ETIMEOUT)
			assert_true(sshoal_client_pump(client, LONG_MS) == 0);
		if (n > 0)
			assert_true(pattern_is(back, (size_t)n, in, 4));
		in += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(in, BULK_BYTES);
	await_status(cat, 0);
	sshoal_command_free(cat);
	sshoal_client_close(client);
}

static void a_slow_reader_holds_up_no_other(void **state)
{
	sshoal_client *client = client_at(*state);
	char path[SCRATCH_PATH_MAX], line[SCRATCH_PATH_MAX + 16];
	pattern_file(path, *state, BULK_BYTES, 5);
	(void)snprintf(line, sizeof line, "cat %s", path);
	sshoal_command *slow = started(client, line, NULL);
	for (int i = 0; i < 10; i++)
		assert_fine(client);
	sshoal_command *other = started(client, line, NULL);
	assert_int_equal(read_bytes(other, SSHOAL_STDOUT, bulk, BULK_BYTES),
			 BULK_BYTES);
	await_status(other, 0);
	sshoal_command_free(other);
	memset(bulk, 0, BULK_BYTES);
	assert_int_equal(read_bytes(slow, SSHOAL_STDOUT, bulk, BULK_BYTES),
			 BULK_BYTES);
	assert_true(pattern_is(bulk, BULK_BYTES, 0, 5));
	await_status(slow, 0);
	sshoal_command_free(slow);
	sshoal_client_close(client);
}

static void a_write_waits_no_longer_than_told(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *deaf = started(client, "echo up; exec sleep 60", NULL);
	await_text(deaf, "up\n");
	/* Takes what the server has room for and then no more. */
	size_t taken = 0;
	int64_t n = 1;
	while (n > 0) {
		n = sshoal_command_write(deaf, bulk, BULK_BYTES, 200);
		taken += n > 0 ? (size_t)n : 0;
		assert_in_range(taken, 0, 2 * BULK_BYTES);
	}
	assert_code(n, SSHOAL_ETIMEOUT, "write",
		    sshoal_command_error_text(deaf));
	assert_true(taken > 0 && taken < 2 * BULK_BYTES);
	assert_false(sshoal_command_is_over(deaf));
	assert_fine(client);
	sshoal_command_free(deaf);
	assert_fine(client);
	sshoal_client_close(client);
}

static void a_read_may_be_repeated(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *command =
		started(client, "read x; echo got $x; exit 3", NULL);
	char bytes[16];
	int stream = 7;
	sshoal_outcome outcome;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sshoal_command_read(command, SSHOAL_STDOUT,
						     bytes, sizeof bytes, i),
				 SSHOAL_ETIMEOUT);
		assert_int_equal(sshoal_command_read_any(command, &stream,
							 bytes, sizeof bytes,
							 i),
				 SSHOAL_ETIMEOUT);
		assert_int_equal(sshoal_command_wait(command, &outcome, i),
				 SSHOAL_ETIMEOUT);
		assert_false(sshoal_command_is_over(command));
	}
	assert_int_equal(stream, 7);
	write_text(command, "it\n");
	await_text(command, "got it\n");
	await_status(command, 3);
	assert_true(sshoal_command_is_over(command));
	/* Again, as often as one likes. */
	await_status(command, 3);
	assert_int_equal(
		sshoal_command_read(command, SSHOAL_STDOUT, bytes, 1, 0), 0);
	assert_int_equal(sshoal_command_write(command, "x", 1, 0),
			 SSHOAL_ECLOSED);
	assert_true(sshoal_command_error_text(command)[0] != 0);
	sshoal_command_free(command);
	sshoal_client_close(client);
}

static void input_that_is_closed_takes_no_more(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *cat = started(client, "cat; exit 2", NULL);
	write_text(cat, "before");
	assert_int_equal(sshoal_command_close_stdin(cat), 0);
	assert_int_equal(sshoal_command_write(cat, "after", 5, LONG_MS),
			 SSHOAL_ECLOSED);
	(void)sshoal_command_close_stdin(cat);
	await_text(cat, "before");
	await_status(cat, 2);
	sshoal_command_free(cat);
	sshoal_client_close(client);
}

static void limits_end_a_stream_after_what_came(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	char bytes[16];
	options.timeout_ms = 4000;
	sshoal_command *command =
		started(client, "echo came; exec sleep 60", &options);
	await_text(command, "came\n");
	assert_int_equal(sshoal_command_read(command, SSHOAL_STDOUT, bytes,
					     sizeof bytes, -1),
			 SSHOAL_ETIMEOUT);
	assert_true(sshoal_command_is_over(command));
	assert_true(sshoal_command_error_text(command)[0] != 0);
	sshoal_outcome outcome;
	assert_int_equal(sshoal_command_wait(command, &outcome, LONG_MS),
			 SSHOAL_ETIMEOUT);
	sshoal_command_free(command);
	options.timeout_ms = 0;
	options.max_output_bytes = BULK_BYTES;
	command = started(client, "yes", &options);
	assert_int_equal(read_bytes(command, SSHOAL_STDOUT, bulk, BULK_BYTES),
			 BULK_BYTES);
	assert_int_equal(
		sshoal_command_read(command, SSHOAL_STDOUT, bytes, 1, LONG_MS),
		SSHOAL_ELIMIT);
	assert_true(sshoal_command_is_over(command));
	sshoal_command_free(command);
	assert_fine(client);
	sshoal_client_close(client);
}

/* The server takes each piece at once, so that none waits here. */
static void who_writes_is_not_idle(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command_options options = SSHOAL_COMMAND_OPTIONS_INIT;
	options.idle_timeout_ms = 5000;
	sshoal_command *command =
		started(client, "cat > /dev/null; exit 3", &options);
	int64_t until_ms = now_ms() + options.idle_timeout_ms + 1000;
	while (now_ms() < until_ms) {
		write_text(command, "a piece\n");
		int rc = sshoal_client_pump(client, 100);
		assert_true(rc == 0 || rc == SSHOAL_ETIMEOUT);
	}
	assert_int_equal(sshoal_command_close_stdin(command), 0);
	await_status(command, 3);
	sshoal_command_free(command);
	sshoal_client_close(client);
}

static void a_cancel_ends_every_wait(void **state)
{
	struct trigger trigger = { .process = NULL };
	sshoal_client_options options = site_options(*state, "127.0.0.1");
	/* It is the server's log that says when the command has started. */
	const struct site *site = *state;
	trigger.process = site->sshd.process;
	trigger.words = "Starting session: command";
	trigger.times = process_count(trigger.process, trigger.words) + 1;
	trigger_start(&trigger);
	options.cancel = trigger.cancel;
	sshoal_client *client = client_of(&options);
	sshoal_command *command = NULL;
	int rc = sshoal_command_start(&command, client, "sleep 60", NULL, NULL);
	char bytes[4];
	if (rc == 0)
		rc = (int)sshoal_command_read(command, SSHOAL_STDOUT, bytes,
					      sizeof bytes, -1);
	assert_int_equal(rc, SSHOAL_ECANCELLED);
	sshoal_client_close(client);
	sshoal_command_free(command);
	trigger_end(&trigger);
}

static void misuse_gives_a_code(void **state)
{
	sshoal_client *client = client_at(*state);
	sshoal_command *command = started(client, "cat", NULL);
	sshoal_command *none = NULL;
	char bytes[4];
	int stream = 0;
	assert_int_equal(sshoal_command_start(NULL, client, "x", NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_start(&none, NULL, "x", NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_start(&none, client, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_shell_open(&none, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_subsystem_open(&none, client, NULL, NULL, NULL),
			 SSHOAL_EINVAL);
	assert_null(none);
	assert_int_equal(sshoal_command_read(NULL, 1, bytes, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_read(command, 3, bytes, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_read(command, 0, bytes, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_read(command, 1, NULL, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_read(command, 1, bytes, 1, -2),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_read_any(NULL, &stream, bytes, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_read_any(command, NULL, bytes, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_write(NULL, bytes, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_write(command, NULL, 1, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_close_stdin(NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_wait(NULL, NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_resize(NULL, 1, 1), SSHOAL_EINVAL);
	assert_int_equal(sshoal_command_resize(command, 80, 24), SSHOAL_EINVAL);
	assert_int_equal(sshoal_client_next(NULL, &none, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_client_next(client, NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_client_pump(NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_client_fd(NULL), -1);
	assert_null(sshoal_client_host_key(NULL, NULL));
	(void)sshoal_command_is_over(NULL);
	assert_non_null(sshoal_command_error_text(command));
	sshoal_command_free(NULL);
	sshoal_client_close(NULL);
	assert_int_equal(sshoal_command_close_stdin(command), 0);
	await_status(command, 0);
	sshoal_command_free(command);
	sshoal_client_close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_streams_in_any_order),
		cmocka_unit_test(small_pieces_of_both_are_exact),
		cmocka_unit_test(cat_takes_all_before_it_is_read),
		cmocka_unit_test(cat_by_turns),
		cmocka_unit_test(a_slow_reader_holds_up_no_other),
		cmocka_unit_test(a_write_waits_no_longer_than_told),
		cmocka_unit_test(a_read_may_be_repeated),
		cmocka_unit_test(input_that_is_closed_takes_no_more),
		cmocka_unit_test(limits_end_a_stream_after_what_came),
		cmocka_unit_test(who_writes_is_not_idle),
		cmocka_unit_test(a_cancel_ends_every_wait),
		cmocka_unit_test(misuse_gives_a_code),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
