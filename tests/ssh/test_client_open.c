/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include <sshoal/bastion.h>

#include "servers/account.h"
#include "servers/agent.h"
#include "servers/dropbear.h"
#include "servers/evil_table.h"
#include "ssh/client_rig.h"

/* Every way into a host, and what a client tells of it. */

#define PASSWORD "correct horse; battery $taple"

struct ways {
	struct site site;
	struct peers peers;
};

static int setup(void **state)
{
	struct ways *ways = calloc(1, sizeof *ways);
	if (!ways || site_start(&ways->site, NULL))
		return -1;
	*state = ways;
	return peers_start(&ways->peers, &ways->site);
}

static int teardown(void **state)
{
	struct ways *ways = *state;
	peers_stop(&ways->peers);
	site_stop(&ways->site);
	free(ways);
	return 0;
}

/* A user without a home is told so on the standard error. */
static void logs_in(const sshoal_client_options *options)
{
	sshoal_client *client = client_of(options);
	sshoal_output output;
	assert_int_equal(
		sshoal_client_run(client, "id -un", NULL, &output, NULL), 0);
	output.stdout_data[strcspn(output.stdout_data, "\n")] = 0;
	assert_string_equal(output.stdout_data, options->user);
	sshoal_output_fini(&output);
	sshoal_client_close(client);
}

static int fails(const sshoal_client_options *options, sshoal_error *error)
{
	sshoal_client *client = NULL;
	*error = (sshoal_error){ .code = 0 };
	int rc = sshoal_client_open(&client, options, error);
	assert_null(client);
	assert_int_not_equal(rc, 0);
	assert_int_equal(error->code, rc);
	return rc;
}

/* A key of the site's own folder; whether it may log in is asked. */
static void make_key(char path[SCRATCH_PATH_MAX], const struct site *site,
		     const char *name, const char *passphrase, bool known)
{
	const struct keypair_plan plan = { .type = "ed25519",
					   .passphrase = passphrase };
	scratch_path(path, site->scratch, "%s", name);
	assert_int_equal(keypair_make(path, &plan), 0);
	if (known)
		assert_int_equal(
			keypair_publish(path, site->authorized_keys, "%s", ""),
			0);
}

static void key_objects_may_be_freed_at_once(void **state)
{
	const struct ways *ways = *state;
	char stranger[SCRATCH_PATH_MAX];
	make_key(stranger, &ways->site, "stranger", NULL, false);
	sshoal_key *keys[2] = { NULL, NULL };
	assert_int_equal(sshoal_key_load_file(&keys[0], stranger, NULL, NULL),
			 0);
	assert_int_equal(
		sshoal_key_load_file(&keys[1], ways->site.key, NULL, NULL), 0);
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	options.key_file = NULL;
	options.keys = keys;
	options.key_count = 2;
	sshoal_client *client = client_of(&options);
	sshoal_key_free(keys[0]);
	sshoal_key_free(keys[1]);
	assert_fine(client);
	sshoal_client_close(client);
}

static void key_files_with_a_passphrase_log_in(void **state)
{
	const struct ways *ways = *state;
	char locked[SCRATCH_PATH_MAX];
	make_key(locked, &ways->site, "locked", "open up", true);
	const char *const files[] = { locked };
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	options.key_file = NULL;
	options.key_files = files;
	options.key_file_count = 1;
	options.passphrase = "open up";
	logs_in(&options);
	sshoal_error error;
	options.passphrase = "shut";
	assert_int_equal(fails(&options, &error), SSHOAL_EPASSPHRASE);
	assert_non_null(strstr(error.text, locked));
	assert_null(strstr(error.text, "shut"));
}

static void an_agents_keys_log_in(void **state)
{
	const struct ways *ways = *state;
	struct agent_server agent;
	assert_int_equal(agent_server_start(&agent, ways->site.scratch), 0);
	assert_int_equal(agent_server_add(&agent, ways->site.key), 0);
	const char *found = getenv("SSH_AUTH_SOCK");
	char *before = found ? strdup(found) : NULL;
	assert_int_equal(setenv("SSH_AUTH_SOCK", agent.socket, 1), 0);
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	options.key_file = NULL;
	sshoal_error error;
	assert_int_equal(fails(&options, &error), SSHOAL_EAUTH);
	options.use_agent = 1;
	logs_in(&options);
	if (before)
		(void)setenv("SSH_AUTH_SOCK", before, 1);
	else
		(void)unsetenv("SSH_AUTH_SOCK");
	free(before);
	agent_server_stop(&agent);
}

static void a_password_logs_in(void **state)
{
	const struct ways *ways = *state;
	sshoal_client_options options =
		evil_options(&ways->peers, &ways->site, "exit-7");
	sshoal_client *client = client_of(&options);
	sshoal_output output;
	assert_int_equal(sshoal_client_run(client, "x", NULL, &output, NULL),
			 0);
	assert_int_equal(output.exit_status, 7);
	sshoal_output_fini(&output);
	sshoal_client_close(client);
	sshoal_error error;
	options.password = "no secret at all";
	assert_int_equal(fails(&options, &error), SSHOAL_EAUTH);
	assert_tells(&error, SSHOAL_EAUTH, "127.0.0.1");
	assert_null(strstr(error.text, "no secret"));
}

struct answerer {
	const char *answer;
	unsigned asked;
	int rc;
	bool strange;
};

static int answer(sshoal_prompt *prompt, void *data)
{
	struct answerer *answerer = data;
	size_t count = sshoal_prompt_count(prompt);
	answerer->asked++;
	if (!sshoal_prompt_name(prompt) || !sshoal_prompt_instruction(prompt) ||
	    sshoal_prompt_text(prompt, count) != NULL ||
	    sshoal_prompt_answer(prompt, count, "x") != SSHOAL_EINVAL)
		answerer->strange = true;
	for (size_t i = 0; i < count; i++)
		if (!sshoal_prompt_text(prompt, i) ||
		    sshoal_prompt_echo(prompt, i) ||
		    sshoal_prompt_answer(prompt, i, "not this one") ||
		    sshoal_prompt_answer(prompt, i, answerer->answer))
			answerer->strange = true;
	return answerer->rc;
}

static void prompts_are_answered_by_the_callback(void **state)
{
	const struct ways *ways = *state;
	struct answerer answerer = { .answer = EVIL_PASSWORD };
	sshoal_client_options options =
		evil_options(&ways->peers, &ways->site, "prompt");
	options.password = NULL;
	options.prompt = answer;
	options.data = &answerer;
	sshoal_client_close(client_of(&options));
	assert_int_equal(answerer.asked, 1);
	assert_false(answerer.strange);
	/* One that has none in its second request. */
	options.user = "prompt-nothing";
	sshoal_client_close(client_of(&options));
	assert_false(answerer.strange);
	/* A password is what a single hidden question is answered with. */
	answerer = (struct answerer){ .answer = "wrong" };
	options.user = "prompt";
	options.password = EVIL_PASSWORD;
	sshoal_client_close(client_of(&options));
	assert_int_equal(answerer.asked, 0);
	/* A wrong answer, and none. */
	sshoal_error error;
	options.password = NULL;
	assert_int_equal(fails(&options, &error), SSHOAL_EAUTH);
	assert_tells(&error, SSHOAL_EAUTH, "127.0.0.1");
	answerer = (struct answerer){ .answer = EVIL_PASSWORD, .rc = 1 };
	assert_int_equal(fails(&options, &error), SSHOAL_EAUTH);
	assert_tells(&error, SSHOAL_EAUTH, "127.0.0.1");
	assert_int_equal(answerer.asked, 1);
	/* Endless questions have an end. */
	answerer = (struct answerer){ .answer = EVIL_PASSWORD };
	options.user = "prompt-endless";
	assert_int_equal(fails(&options, &error), SSHOAL_EAUTH);
}

/* PAM asks; sshd takes passwords that way only. */
static void a_users_password_logs_in_to_openssh(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("passwords need root: skipped\n");
		skip();
	}
	static const char *const ways_in[] = {
		("PasswordAuthentication yes\n"
		 "KbdInteractiveAuthentication no\n"),
		("UsePAM yes\nPasswordAuthentication no\n"
		 "KbdInteractiveAuthentication yes\n"),
	};
	struct account *account = NULL;
	assert_int_equal(account_new(&account, PASSWORD), 0);
	for (size_t i = 0; i < 2; i++) {
		struct site site;
		const struct sshd_plan plan = { .more = ways_in[i] };
		struct answerer answerer = { .answer = PASSWORD };
		assert_int_equal(site_start(&site, &plan), 0);
		sshoal_client_options options =
			site_options(&site, "127.0.0.1");
		options.key_file = NULL;
		options.user = account_name(account);
		options.password = PASSWORD;
		logs_in(&options);
		options.password = i == 0 ? PASSWORD : NULL;
		options.prompt = answer;
		options.data = &answerer;
		logs_in(&options);
		assert_int_equal(answerer.asked > 0, i == 1);
		assert_false(answerer.strange);
		site_stop(&site);
	}
	account_free(account);
}

static void dropbear_is_no_different(void **state)
{
	const struct ways *ways = *state;
	const struct site *site = &ways->site;
	struct dropbear dropbear;
	char path[SCRATCH_PATH_MAX];
	scratch_path(path, site->scratch, "dropbear");
	assert_int_equal(dropbear_make_key(path, "ed25519"), 0);
	assert_int_equal(dropbear_start(&dropbear, site->scratch, path,
					site->authorized_keys),
			 0);
	assert_int_equal(keypair_publish(path, site->known_hosts,
					 "[127.0.0.1]:%u ",
					 (unsigned)dropbear.port),
			 0);
	sshoal_client_options options = site_options(site, "127.0.0.1");
	options.port = dropbear.port;
	sshoal_client *client = client_of(&options);
	assert_non_null(strstr(sshoal_client_banner(client), "dropbear"));
	for (int i = 0; i < 20; i++)
		assert_fine(client);
	sshoal_command *cat = started(client, "cat; exit 9", NULL);
	write_text(cat, "both ways\n");
	await_text(cat, "both ways\n");
	assert_int_equal(sshoal_command_close_stdin(cat), 0);
	await_status(cat, 9);
	sshoal_command_free(cat);
	sshoal_client_close(client);
	dropbear_stop(&dropbear);
}

/* --- a socket of the caller's --- */

static int connected_to(uint32_t port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)port),
					     .sin_addr = {
						     htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&address, sizeof address),
		0);
	return fd;
}

static void a_given_socket_is_taken_over(void **state)
{
	const struct ways *ways = *state;
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	int fd = connected_to(options.port);
	options.fd = &fd;
	sshoal_client *client = client_of(&options);
	assert_string_equal(sshoal_client_address(client), "");
	assert_fine(client);
	sshoal_client_close(client);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* The name is what known_hosts is asked for. */
	fd = connected_to(options.port);
	options.host = "elsewhere.invalid";
	sshoal_error error;
	assert_int_equal(fails(&options, &error), SSHOAL_EHOSTKEY_UNKNOWN);
	assert_tells(&error, SSHOAL_EHOSTKEY_UNKNOWN, "elsewhere.invalid");
	assert_int_equal(close(fd), 0);
}

static void a_given_socket_stays_the_callers_on_failure(void **state)
{
	const struct ways *ways = *state;
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	options.key_file = ways->peers.evil_key;
	const int wanted[] = { 0, O_NONBLOCK };
	for (size_t i = 0; i < 2; i++) {
		int fd = connected_to(options.port);
		assert_int_equal(fcntl(fd, F_SETFL, wanted[i]), 0);
		int flags = fcntl(fd, F_GETFL);
		int own = fcntl(fd, F_GETFD);
		size_t fds = count_fds();
		options.fd = &fd;
		sshoal_error error;
		assert_int_equal(fails(&options, &error), SSHOAL_EAUTH);
		assert_int_equal(fcntl(fd, F_GETFL), flags);
		assert_int_equal(fcntl(fd, F_GETFD), own);
		assert_int_equal(count_fds(), fds);
		assert_int_equal(close(fd), 0);
	}
}

static void what_is_no_connected_stream_socket_is_refused(void **state)
{
	const struct ways *ways = *state;
	int pipes[2], pair[2];
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	int lonely = socket(AF_INET, SOCK_STREAM, 0);
	const int fds[] = { -1, 1 << 20, pipes[0], pair[0], lonely };
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		sshoal_error error;
		options.fd = &fds[i];
		assert_code(fails(&options, &error), SSHOAL_EINVAL, "fd",
			    error.text);
		assert_non_null(strstr(error.text, "fd"));
	}
	const int all[] = { pipes[0], pipes[1], pair[0], pair[1], lonely };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(close(all[i]), 0);
}

/* --- a bastion --- */

static void a_client_keeps_its_bastion_alive(void **state)
{
	const struct ways *ways = *state;
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	sshoal_bastion *bastion = NULL;
	sshoal_error error;
	assert_code(sshoal_bastion_open(&bastion, &options, &error), 0,
		    "bastion", error.text);
	options.host = "127.0.0.9";
	options.bastion = bastion;
	sshoal_client *clients[3];
	for (size_t i = 0; i < 3; i++)
		clients[i] = client_of(&options);
	sshoal_bastion_close(bastion);
	for (size_t i = 0; i < 3; i++)
		assert_fine(clients[i]);
	/* The far host sees the bastion's address. */
	assert_says(clients[0], "set -- $SSH_CONNECTION; echo $3", NULL,
		    "127.0.0.9\n");
	for (size_t i = 0; i < 3; i++)
		sshoal_client_close(clients[i]);
}

static void what_the_bastion_cannot_reach_is_told(void **state)
{
	const struct ways *ways = *state;
	sshoal_client_options options = site_options(&ways->site, "127.0.0.1");
	sshoal_bastion *bastion = NULL;
	assert_int_equal(sshoal_bastion_open(&bastion, &options, NULL), 0);
	options.bastion = bastion;
	options.port = 1;
	sshoal_error error;
	size_t fds = count_fds();
	int rc = fails(&options, &error);
	print_message("behind a bastion: %s: %s\n", sshoal_error_name(rc),
		      error.text);
	assert_tells(&error, rc, "127.0.0.1");
	assert_int_equal(count_fds(), fds);
	sshoal_bastion_close(bastion);
}

/* --- what is told --- */

static void a_client_tells_what_it_is_connected_to(void **state)
{
	const struct ways *ways = *state;
	sshoal_client_options options = site_options(&ways->site, "127.0.3.1");
	sshoal_client *client = client_of(&options);
	assert_string_equal(sshoal_client_address(client), "127.0.3.1");
	assert_string_equal(sshoal_client_user(client), ways->site.user);
	assert_int_equal(
		strncmp(sshoal_client_banner(client), "SSH-2.0-OpenSSH", 15),
		0);
	assert_true(sshoal_client_fd(client) >= 0);
	for (int i = SSHOAL_ALGORITHM_KEX; i <= SSHOAL_ALGORITHM_COMPRESSION_IN;
	     i++) {
		const char *name = sshoal_client_algorithm(client, i);
		assert_non_null(name);
		assert_true(*name != 0);
	}
	assert_string_equal(
		sshoal_client_algorithm(client, SSHOAL_ALGORITHM_HOST_KEY),
		"ssh-ed25519");
	assert_null(sshoal_client_algorithm(client, -1));
	assert_null(sshoal_client_algorithm(
		client, SSHOAL_ALGORITHM_COMPRESSION_IN + 1));
	assert_non_null(sshoal_client_error_text(client));
	/* The key as ssh-keygen wrote it. */
	sshoal_key *key = NULL;
	char *line = NULL;
	unsigned char blob[256];
	assert_int_equal(
		sshoal_key_load_file(&key, ways->site.host_key, NULL, NULL), 0);
	assert_int_equal(sshoal_key_public_line(key, &line), 0);
	const char *base64 = strchr(line, ' ') + 1;
	assert_true(EVP_DecodeBlock(blob, (const unsigned char *)base64,
				    (int)strlen(base64)) > 0);
	size_t size = 0;
	const unsigned char *proved = sshoal_client_host_key(client, &size);
	assert_int_equal(size, 51);
	assert_memory_equal(proved, blob, size);
	free(line);
	sshoal_key_free(key);
	sshoal_client_close(client);
}

static void localhost_is_a_name(void **state)
{
	const struct ways *ways = *state;
	sshoal_client_options options = site_options(&ways->site, "localhost");
	options.host_key_policy = SSHOAL_HOST_KEY_OFF;
	sshoal_client *client = client_of(&options);
	assert_string_equal(sshoal_client_address(client), "127.0.0.1");
	assert_fine(client);
	sshoal_client_close(client);
}

static void strings_are_copied(void **state)
{
	const struct ways *ways = *state;
	char host[16] = "127.0.0.1", user[64];
	(void)snprintf(user, sizeof user, "%s", ways->site.user);
	sshoal_client_options options = site_options(&ways->site, host);
	options.user = user;
	sshoal_client *client = client_of(&options);
	memset(host, 'x', sizeof host);
	memset(user, 'x', sizeof user);
	memset(&options, 0xff, sizeof options);
	assert_string_equal(sshoal_client_user(client), ways->site.user);
	assert_fine(client);
	sshoal_client_close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_objects_may_be_freed_at_once),
		cmocka_unit_test(key_files_with_a_passphrase_log_in),
		cmocka_unit_test(an_agents_keys_log_in),
		cmocka_unit_test(a_password_logs_in),
		cmocka_unit_test(prompts_are_answered_by_the_callback),
		cmocka_unit_test(a_users_password_logs_in_to_openssh),
		cmocka_unit_test(dropbear_is_no_different),
		cmocka_unit_test(a_given_socket_is_taken_over),
		cmocka_unit_test(a_given_socket_stays_the_callers_on_failure),
		cmocka_unit_test(what_is_no_connected_stream_socket_is_refused),
		cmocka_unit_test(a_client_keeps_its_bastion_alive),
		cmocka_unit_test(what_the_bastion_cannot_reach_is_told),
		cmocka_unit_test(a_client_tells_what_it_is_connected_to),
		cmocka_unit_test(localhost_is_a_name),
		cmocka_unit_test(strings_are_copied),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
