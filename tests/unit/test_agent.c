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

#include <sshoal/agent.h>
#include <sshoal/certificate.h>

#include "unit/keyring.h"
#include "unit/public_key.h"
#include "unit/real_agent.h"
#include "unit/scratch.h"

/* A real ssh-agent, asked through the public interface. */

#define LONG_MS 20000

static sshoal_agent *open_agent(const char *path)
{
	sshoal_agent *agent = NULL;
	sshoal_error error = { .text = "" };
	int rc = sshoal_agent_open(&agent, path, LONG_MS, &error);
	if (rc)
		print_message("%s\n", error.text);
	assert_int_equal(rc, 0);
	return agent;
}

static struct real_agent start_full(void **state, const char *name)
{
	struct real_agent real = real_agent_start(state, name);
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		real_agent_add(&real, path);
	}
	return real;
}

static void its_keys_are_public_keys_with_comments(void **state)
{
	struct real_agent real = start_full(state, "keys-agent");
	sshoal_agent *agent = open_agent(real.path);
	assert_int_equal(sshoal_agent_key_count(agent), KEYRING_COUNT);
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		const sshoal_key *key = sshoal_agent_key(agent, i);
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[i].file);
		keyring_check(key, &keyring_kinds[i], path);
		assert_string_equal(sshoal_key_comment(key), "scratch");
		assert_false(sshoal_key_is_private(key));
	}
	assert_null(sshoal_agent_key(agent, KEYRING_COUNT));
	/* A reference outlives the list. */
	sshoal_key *kept = sshoal_key_ref(sshoal_agent_key(agent, 4));
	real_agent_add(&real, "-D");
	assert_int_equal(sshoal_agent_reload(agent, LONG_MS, NULL), 0);
	assert_int_equal(sshoal_agent_key_count(agent), 0);
	assert_null(sshoal_agent_key(agent, 0));
	assert_string_equal(sshoal_key_type_name(kept), "ssh-ed25519");
	sshoal_key_free(kept);
	sshoal_agent_close(agent);
	real_agent_stop(&real);
}

static void its_signatures_verify(void **state)
{
	struct real_agent real = start_full(state, "signing-agent");
	sshoal_agent *agent = open_agent(real.path);
	for (size_t i = 0; i < KEYRING_ALGORITHM_COUNT; i++) {
		const char *algorithm = keyring_algorithms[i].name;
		size_t kind = keyring_algorithms[i].kind;
		unsigned char *signature = NULL;
		size_t n = 0;
		assert_int_equal(sshoal_agent_sign(agent, kind, algorithm,
						   "data", 4, &signature, &n,
						   LONG_MS, NULL),
				 0);
		const sshoal_key *key = sshoal_agent_key(agent, kind);
		assert_int_equal(sshoal_key_verify(key, algorithm, "data", 4,
						   signature, n, NULL),
				 0);
		assert_int_equal(sshoal_key_verify(key, algorithm, "date", 4,
						   signature, n, NULL),
				 SSHOAL_EAUTH);
		/* The same key in a file agrees. */
		char path[SCRATCH_PATH];
		scratch_path(path, state, keyring_kinds[kind].file);
		sshoal_key *whole = keyring_load(path, NULL);
		assert_int_equal(sshoal_key_verify(whole, algorithm, "data", 4,
						   signature, n, NULL),
				 0);
		sshoal_key_free(whole);
		free(signature);
	}
	for (size_t i = 0; i < KEYRING_COUNT; i++) {
		unsigned char *signature = NULL;
		size_t n = 0;
		assert_int_equal(sshoal_agent_sign(agent, i, NULL, "data", 4,
						   &signature, &n, LONG_MS,
						   NULL),
				 0);
		assert_int_equal(sshoal_key_verify(sshoal_agent_key(agent, i),
						   NULL, "data", 4, signature,
						   n, NULL),
				 0);
		assert_int_equal(
			signature[3],
			strlen(i ? keyring_kinds[i].name : "rsa-sha2-512"));
		free(signature);
	}
	sshoal_agent_close(agent);
	real_agent_stop(&real);
}

static void a_certificate_is_a_key_with_it_and_signs(void **state)
{
	struct real_agent real = real_agent_start(state, "cert-agent");
	char path[SCRATCH_PATH];
	char pub[SCRATCH_PATH];
	char ca[SCRATCH_PATH];
	scratch_path(path, state, "p256");
	scratch_path(pub, state, "p256.pub");
	scratch_path(ca, state, "ed25519");
	const char *const argv[] = { "ssh-keygen", "-q", "-s", ca,  "-I",
				     "the id",     "-n", "me", pub, NULL };
	scratch_run(argv, NULL, 0);
	/* It adds the key and the certificate beside it. */
	real_agent_add(&real, path);
	sshoal_agent *agent = open_agent(real.path);
	assert_int_equal(sshoal_agent_key_count(agent), 2);
	assert_true(sshoal_key_is_same(sshoal_agent_key(agent, 0),
				       sshoal_agent_key(agent, 1)));
	size_t with =
		sshoal_key_certificate_kind(sshoal_agent_key(agent, 1)) ? 1 : 0;
	const sshoal_key *key = sshoal_agent_key(agent, with);
	assert_string_equal(sshoal_key_certificate_id(key), "the id");
	unsigned char *signature = NULL;
	size_t n = 0;
	assert_int_equal(sshoal_agent_sign(agent, with, NULL, "data", 4,
					   &signature, &n, LONG_MS, NULL),
			 0);
	assert_int_equal(
		sshoal_key_verify(key, NULL, "data", 4, signature, n, NULL), 0);
	free(signature);
	sshoal_agent_close(agent);
	real_agent_stop(&real);
}

static void a_refusal_is_an_answer_and_an_end_is_an_end(void **state)
{
	struct real_agent real = start_full(state, "ending-agent");
	sshoal_agent *agent = open_agent(real.path);
	real_agent_add(&real, "-D");
	unsigned char *signature = NULL;
	size_t n = 0;
	sshoal_error error;
	assert_int_equal(sshoal_agent_sign(agent, 4, NULL, "data", 4,
					   &signature, &n, LONG_MS, &error),
			 SSHOAL_EAUTH);
	assert_null(signature);
	assert_int_equal(sshoal_agent_sign(agent, 0, "ssh-ed25519", "data", 4,
					   &signature, &n, LONG_MS, &error),
			 SSHOAL_EUNSUPPORTED);
	real_agent_stop(&real);
	assert_int_equal(sshoal_agent_reload(agent, LONG_MS, &error),
			 SSHOAL_EIO);
	/* The list from before is still there. */
	assert_int_equal(sshoal_agent_key_count(agent), KEYRING_COUNT);
	assert_int_equal(sshoal_agent_sign(agent, 4, NULL, "data", 4,
					   &signature, &n, LONG_MS, &error),
			 SSHOAL_ECLOSED);
	sshoal_agent_close(agent);
	assert_int_equal(sshoal_agent_open(&agent, real.path, LONG_MS, &error),
			 SSHOAL_ENOENT);
}

static void the_socket_of_the_environment_is_the_default(void **state)
{
	const char *before = getenv("SSH_AUTH_SOCK");
	char *kept = before ? strdup(before) : NULL;
	struct real_agent real = real_agent_start(state, "default-agent");
	(void)setenv("SSH_AUTH_SOCK", real.path, 1);
	sshoal_agent_close(open_agent(NULL));
	(void)unsetenv("SSH_AUTH_SOCK");
	sshoal_agent *agent = NULL;
	assert_int_equal(sshoal_agent_open(&agent, NULL, LONG_MS, NULL),
			 SSHOAL_ENOENT);
	assert_null(agent);
	if (kept)
		(void)setenv("SSH_AUTH_SOCK", kept, 1);
	free(kept);
	real_agent_stop(&real);
}

static void an_agent_that_says_nothing_costs_the_time_limit(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[SCRATCH_PATH];
	scratch_path(path, state, "silent");
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%.100s",
		       path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address),
			 0);
	assert_int_equal(listen(fd, 4), 0);
	sshoal_agent *agent = NULL;
	static const int64_t limits[] = { 0, 50 };
	for (size_t i = 0; i < 2; i++) {
		sshoal_error error;
		assert_int_equal(
			sshoal_agent_open(&agent, path, limits[i], &error),
			SSHOAL_ETIMEOUT);
		assert_non_null(strstr(error.text, "ssh-agent"));
		assert_null(agent);
	}
	(void)close(fd);
}

static void null_arguments_are_refused(void **state)
{
	struct real_agent real = start_full(state, "null-agent");
	sshoal_agent *agent = open_agent(real.path);
	unsigned char *out = NULL;
	size_t n = 0;
	assert_int_equal(sshoal_agent_open(NULL, real.path, LONG_MS, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_agent_reload(NULL, LONG_MS, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_agent_key_count(NULL), 0);
	assert_null(sshoal_agent_key(NULL, 0));
	sshoal_agent_close(NULL);
	assert_int_equal(sshoal_agent_sign(NULL, 0, NULL, "x", 1, &out, &n,
					   LONG_MS, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_agent_sign(agent, KEYRING_COUNT, NULL, "x", 1,
					   &out, &n, LONG_MS, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_agent_sign(agent, 0, NULL, NULL, 1, &out, &n,
					   LONG_MS, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_agent_sign(agent, 0, NULL, "x", 1, NULL, &n,
					   LONG_MS, NULL),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_agent_sign(agent, 0, NULL, "x", 1, &out, NULL,
					   LONG_MS, NULL),
			 SSHOAL_EINVAL);
	static const char large[300 * 1024];
	assert_int_equal(sshoal_agent_sign(agent, 0, NULL, large, sizeof large,
					   &out, &n, LONG_MS, NULL),
			 SSHOAL_ELIMIT);
	sshoal_agent_close(agent);
	real_agent_stop(&real);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_keys_are_public_keys_with_comments),
		cmocka_unit_test(its_signatures_verify),
		cmocka_unit_test(a_refusal_is_an_answer_and_an_end_is_an_end),
		cmocka_unit_test(the_socket_of_the_environment_is_the_default),
		cmocka_unit_test(
			an_agent_that_says_nothing_costs_the_time_limit),
		cmocka_unit_test(null_arguments_are_refused),
		/* Last: it leaves a certificate beside a key. */
		cmocka_unit_test(a_certificate_is_a_key_with_it_and_signs),
	};
	return cmocka_run_group_tests(tests, keyring_setup, scratch_teardown);
}
