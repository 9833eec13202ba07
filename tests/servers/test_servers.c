/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/account.h"
#include "servers/agent.h"
#include "servers/dropbear.h"
#include "servers/port.h"
#include "servers/process.h"
#include "servers/site.h"

/* The servers themselves, by OpenSSH's client, and that nothing of them is
 * left behind. */

extern char **environ;

/* Runs ssh(1) with the site's key and known hosts. */
static int ssh_to(const struct site *site, const char *host, unsigned port,
		  const char *command)
{
	char known_hosts[SCRATCH_PATH_MAX + 32], number[16];
	(void)snprintf(known_hosts, sizeof known_hosts, "UserKnownHostsFile=%s",
		       site->known_hosts);
	(void)snprintf(number, sizeof number, "%u", port);
	const char *const arguments[] = {
		"ssh",      "-F", "none",          "-i", site->key,   "-p",
		number,     "-o", "BatchMode=yes", "-o", known_hosts, "-l",
		site->user, host, command,         NULL
	};
	return process_run(arguments, NULL);
}

static void sshd_answers_on_all_of_loopback(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "127.0.1.1",
					     "127.0.1.200", "127.77.1.2" };
	const struct site *site = *state;
	for (size_t i = 0; i < 4; i++) {
		char command[128];
		(void)snprintf(command, sizeof command,
			       "test \"$(echo $SSH_CONNECTION | cut -d' ' "
			       "-f3)\" = %s",
			       hosts[i]);
		assert_int_equal(
			ssh_to(site, hosts[i], site->sshd.port, command), 0);
	}
}

static void dropbear_lets_the_same_key_in(void **state)
{
	const struct site *site = *state;
	struct dropbear dropbear;
	char key[SCRATCH_PATH_MAX];
	scratch_path(key, site->scratch, "dropbear");
	assert_int_equal(dropbear_make_key(key, "ecdsa"), 0);
	assert_int_equal(dropbear_start(&dropbear, site->scratch, key,
					site->authorized_keys),
			 0);
	assert_int_equal(keypair_publish(key, site->known_hosts,
					 "[127.0.0.1]:%u ",
					 (unsigned)dropbear.port),
			 0);
	assert_int_equal(ssh_to(site, "127.0.0.1", dropbear.port, "true"), 0);
	dropbear_stop(&dropbear);
	assert_false(port_answers(dropbear.port));
}

static void an_agent_keeps_a_key(void **state)
{
	const struct site *site = *state;
	struct agent_server agent;
	assert_int_equal(agent_server_start(&agent, site->scratch), 0);
	assert_int_equal(agent_server_add(&agent, site->key), 0);
	char variable[SCRATCH_PATH_MAX + 32];
	(void)snprintf(variable, sizeof variable, "SSH_AUTH_SOCK=%s",
		       agent.socket);
	const char *const environment[] = { variable, NULL };
	const char *const list[] = { "ssh-add", "-l", NULL };
	assert_int_equal(process_run(list, environment), 0);
	agent_server_stop(&agent);
}

/* The number in a file. */
static pid_t pid_in(const char *path)
{
	char *text = scratch_read(path);
	int pid = 0;
	assert_non_null(text);
	assert_int_equal(sscanf(text, "%d", &pid), 1);
	free(text);
	return pid;
}

static void stopping_ends_what_a_session_left_behind(void **state)
{
	(void)state;
	struct site site;
	char path[SCRATCH_PATH_MAX], command[SCRATCH_PATH_MAX + 128];
	assert_int_equal(site_start(&site, NULL), 0);
	scratch_path(path, site.scratch, "pid");
	(void)snprintf(command, sizeof command,
		       "setsid sleep 600 >/dev/null 2>&1 </dev/null & "
		       "echo $! > %s",
		       path);
	assert_int_equal(ssh_to(&site, "127.0.0.1", site.sshd.port, command),
			 0);
	pid_t pid = pid_in(path);
	assert_int_equal(kill(pid, 0), 0);
	sshd_stop(&site.sshd);
	/* No waiting: it has ended when the server has been stopped. */
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	char folder[SCRATCH_PATH_MAX];
	(void)snprintf(folder, sizeof folder, "%s",
		       scratch_folder(site.scratch));
	assert_int_equal(access(folder, F_OK), 0);
	site_stop(&site);
	assert_int_equal(access(folder, F_OK), -1);
}

/* Starts a program that has servers and says where they are. */
static pid_t start_victim(FILE **from)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	posix_spawn_file_actions_t actions;
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], 1),
			 0);
	const char *const command[] = {
		SERVE_PROGRAM, "sh", "-c",
		"echo $$ $SITE_PORT $SITE; exec sleep 600", NULL
	};
	pid_t pid = -1;
	assert_int_equal(posix_spawn(&pid, command[0], &actions, NULL,
				     (char *const *)command, environ),
			 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	*from = fdopen(ends[0], "r");
	assert_non_null(*from);
	return pid;
}

static void a_killed_test_leaves_nothing(void **state)
{
	(void)state;
	FILE *from = NULL;
	pid_t pid = start_victim(&from);
	unsigned port = 0;
	int child = 0;
	char folder[128] = "";
	assert_int_equal(fscanf(from, "%d %u %127s", &child, &port, folder), 3);
	(void)fclose(from);
	assert_true(port_answers((uint16_t)port));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* Its keepers notice by themselves, and nobody can wait for them. */
	for (int i = 0; i < 3000 && access(folder, F_OK) == 0; i++)
		(void)usleep(10000);
	assert_int_equal(access(folder, F_OK), -1);
	for (int i = 0; i < 3000 && port_answers((uint16_t)port); i++)
		(void)usleep(10000);
	assert_false(port_answers((uint16_t)port));
}

static void an_account_is_gone_with_its_test(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("accounts need root: skipped\n");
		skip();
	}
	struct account *account = NULL;
	assert_int_equal(account_new(&account, "secret"), 0);
	char name[64];
	(void)snprintf(name, sizeof name, "%s", account_name(account));
	const char *const there[] = { "id", name, NULL };
	const char *const gone[] = { "sh", "-c", "! id \"$0\"", name, NULL };
	assert_int_equal(process_run(there, NULL), 0);
	account_free(account);
	assert_int_equal(process_run(gone, NULL), 0);
}

static void a_program_that_ends_is_noticed(void **state)
{
	(void)state;
	static const char *const command[] = { "sh", "-c", "echo over", NULL };
	const struct process_plan plan = { .command = command };
	struct process *process = NULL;
	assert_int_equal(process_start(&process, &plan), 0);
	assert_false(process_wait(process, "never said", 1, 60000));
	assert_int_equal(process_count(process, "over\n"), 1);
	process_stop(process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sshd_answers_on_all_of_loopback),
		cmocka_unit_test(dropbear_lets_the_same_key_in),
		cmocka_unit_test(an_agent_keeps_a_key),
		cmocka_unit_test(stopping_ends_what_a_session_left_behind),
		cmocka_unit_test(a_killed_test_leaves_nothing),
		cmocka_unit_test(an_account_is_gone_with_its_test),
		cmocka_unit_test(a_program_that_ends_is_noticed),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
