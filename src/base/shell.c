/* SPDX-License-Identifier: MIT */
#include "base/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

/* The child has a process group of its own, so that all of it can be ended. Its
 * end is asked for again and again, with longer pauses: a process that uses the
 * library has SIGCHLD to itself. */

#define PAUSE_MIN_MS 1
#define PAUSE_MAX_MS 50

static int set_streams(posix_spawn_file_actions_t *actions)
{
	int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
						  "/dev/null", O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO,
						      STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO,
						      STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			actions, STDERR_FILENO + 1);
	return rc;
}

static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t pipe;
	(void)sigemptyset(&none);
	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	int rc = posix_spawnattr_setsigmask(attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attributes, &pipe);
	if (rc == 0)
		rc = posix_spawnattr_setpgroup(attributes, 0);
	if (rc == 0)
		rc = posix_spawnattr_setflags(attributes,
					      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	return rc;
}

/* 0 or an errno. */
static int start(pid_t *pid, char *shell, char *command)
{
	char flag[] = "-c";
	char *const argv[] = { shell, flag, command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc == 0) {
		rc = set_streams(&actions);
		if (rc == 0)
			rc = set_signals(&attributes);
		if (rc == 0)
			rc = posix_spawn(pid, shell, &actions, &attributes,
					 argv, environ);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Waits for the child. 0, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, or SSHOAL_EIO:
 * somebody else has waited for it. */
static int wait_for(pid_t pid, int *status, int64_t deadline_ms, int cancel_fd)
{
	for (int64_t pause_ms = PAUSE_MIN_MS;;) {
		pid_t ended = waitpid(pid, status, WNOHANG);
		if (ended == pid)
			return 0;
		if (ended < 0 && errno != EINTR)
			return SSHOAL_EIO;
		if (sshoal__deadline_left_ms(deadline_ms) == 0)
			return SSHOAL_ETIMEOUT;
		int rc = sshoal__wait_any(
			NULL, 0, sshoal__deadline_in(pause_ms), cancel_fd);
		if (rc == SSHOAL_ECANCELLED)
			return rc;
		if (pause_ms < PAUSE_MAX_MS)
			pause_ms *= 2;
	}
}

static void end(pid_t pid)
{
	int status = 0;
	(void)kill(-pid, SIGKILL);
	pid_t ended;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
}

static int exit_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int sshoal__shell_run(int *exit_status, char *command, int64_t deadline_ms,
		      int cancel_fd, sshoal_error *error)
{
	char usual[] = "/bin/sh";
	char *shell = getenv("SHELL");
	if (!shell || !*shell)
		shell = usual;
	pid_t pid = -1;
	int number = start(&pid, shell, command);
	if (number) {
		int code = sshoal__error_from_errno(number);
		bool is_local = code == SSHOAL_ENOMEM || code == SSHOAL_ELOCAL;
		return sshoal__error_set(error, is_local ? code : SSHOAL_EIO,
					 "%s: %s", shell, strerror(number));
	}
	int status = 0;
	int rc = wait_for(pid, &status, deadline_ms, cancel_fd);
	if (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED)
		end(pid);
	if (rc == SSHOAL_EIO)
		return sshoal__error_set(error, rc,
					 "how the command ended cannot be "
					 "told");
	if (rc)
		return sshoal__error_code(error, rc);
	*exit_status = exit_of(status);
	return 0;
}
