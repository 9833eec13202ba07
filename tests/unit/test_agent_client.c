/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/agent_client.h"
#include "base/clock.h"
#include "unit/keyring.h"
#include "unit/public_key.h"
#include "unit/real_agent.h"
#include "unit/scratch.h"

/* A real ssh-agent: what it has and signs, and where there is none. */

#define LONG_MS 60000

static struct agent *open_agent(const char *path)
{
	struct agent *agent = NULL;
	assert_int_equal(sshoal__agent_open(&agent, path,
					    sshoal__deadline_in(LONG_MS), -1,
					    NULL),
			 0);
	return agent;
}

static int list(struct agent *agent, struct agent_key **keys, size_t *count,
		sshoal_error *error)
{
	return sshoal__agent_keys(agent, keys, count,
				  sshoal__deadline_in(LONG_MS), -1, error);
}

static int sign(struct agent *agent, const struct agent_key *key,
		const char *algorithm, struct buffer *out, sshoal_error *error)
{
	return sshoal__agent_sign(agent, key, algorithm, "data", 4, out,
				  sshoal__deadline_in(LONG_MS), -1, error);
}

static void keys_and_signatures_of_a_real_agent_are_right(void **state)
{
	struct real_agent real = real_agent_start(state, "agent");
	struct agent *agent = open_agent(real.path);
	struct agent_key *keys = NULL;
	size_t count = 1;
	assert_int_equal(list(agent, &keys, &count, NULL), 0);
	assert_int_equal(count, 0);
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		real_agent_add(&real, path);
	}
	assert_int_equal(list(agent, &keys, &count, NULL), 0);
	assert_int_equal(count, KEYRING_COUNT);
	char line[KEYRING_FILE_MAX];
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		unsigned char blob[4096];
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		keyring_line(line, path);
		assert_int_equal(keys[i].blob_size,
				 public_key_blob(line, blob, sizeof blob));
		assert_memory_equal(keys[i].blob, blob, keys[i].blob_size);
		assert_string_equal(keys[i].comment, "scratch");
	}
	for (size_t i = 0; i < KEYRING_ALGORITHM_COUNT; i++) {
		const char *algorithm = keyring_algorithms[i].name;
		size_t kind = keyring_algorithms[i].kind;
		struct buffer out = BUFFER_INIT(1024);
		assert_int_equal(
			sign(agent, &keys[kind], algorithm, &out, NULL), 0);
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[kind].file);
		keyring_line(line, path);
		assert_true(public_key_verifies(line, algorithm, "data", 4,
						sshoal__buffer_data(&out),
						sshoal__buffer_size(&out)));
		sshoal__buffer_fini(&out);
	}
	real_agent_add(&real, "-D");
	struct buffer out = BUFFER_INIT(1024);
	sshoal_error error;
	assert_int_equal(sign(agent, &keys[4], "ssh-ed25519", &out, &error),
			 SSHOAL_EAUTH);
	assert_int_equal(error.code, SSHOAL_EAUTH);
	assert_int_equal(sshoal__buffer_size(&out), 0);
	/* Its refusal is an answer: the connection goes on. */
	sshoal__agent_keys_free(keys, count);
	assert_int_equal(list(agent, &keys, &count, NULL), 0);
	assert_int_equal(count, 0);
	sshoal__agent_keys_free(keys, count);
	real_agent_stop(&real);
	assert_int_equal(list(agent, &keys, &count, &error), SSHOAL_EIO);
	assert_non_null(strstr(error.text, "closed the connection"));
	sshoal__agent_close(agent);
}

static void the_socket_of_the_environment_is_the_default(void **state)
{
	const char *before = getenv("SSH_AUTH_SOCK");
	char *kept = before ? strdup(before) : NULL;
	struct agent *agent = NULL;
	sshoal_error error;
	static const char *const empty[] = { NULL, "" };
	for (size_t i = 0; i < 2; i++) {
		(void)unsetenv("SSH_AUTH_SOCK");
		if (empty[i])
			(void)setenv("SSH_AUTH_SOCK", empty[i], 1);
		assert_int_equal(sshoal__agent_open(&agent, NULL, DEADLINE_NONE,
						    -1, &error),
				 SSHOAL_ENOENT);
		assert_non_null(strstr(error.text, "SSH_AUTH_SOCK"));
	}
	struct real_agent real = real_agent_start(state, "default-agent");
	assert_int_equal(setenv("SSH_AUTH_SOCK", real.path, 1), 0);
	agent = open_agent(NULL);
	sshoal__agent_close(agent);
	sshoal__agent_close(NULL);
	real_agent_stop(&real);
	(void)unsetenv("SSH_AUTH_SOCK");
	if (kept)
		(void)setenv("SSH_AUTH_SOCK", kept, 1);
	free(kept);
}

static int listen_at(const char *path, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	(void)unlink(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address),
			 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void a_path_without_an_agent_is_not_found(void **state)
{
	char missing[SCRATCH_PATH];
	char stale[SCRATCH_PATH];
	char file[SCRATCH_PATH];
	char too_long[200];
	scratch_path(missing, state, "missing");
	scratch_path(stale, state, "stale");
	scratch_path(file, state, "rsa");
	memset(too_long, 'x', sizeof too_long);
	too_long[0] = '/';
	too_long[sizeof too_long - 1] = '\0';
	assert_int_equal(close(listen_at(stale, 1)), 0);
	const char *const paths[] = { missing, stale, file, too_long };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct agent *agent = NULL;
		sshoal_error error;
		assert_int_equal(sshoal__agent_open(&agent, paths[i],
						    DEADLINE_NONE, -1, &error),
				 SSHOAL_ENOENT);
		assert_null(agent);
		assert_non_null(strstr(error.text, paths[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_signatures_of_a_real_agent_are_right),
		cmocka_unit_test(the_socket_of_the_environment_is_the_default),
		cmocka_unit_test(a_path_without_an_agent_is_not_found),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
