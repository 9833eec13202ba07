/* SPDX-License-Identifier: MIT */
#include "base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static int set_streams(posix_spawn_file_actions_t *actions, const int fds[3])
{
	int rc = 0;
	for (int i = STDIN_FILENO; rc == 0 && i <= STDERR_FILENO; i++)
		rc = fds[i] >= 0 ? posix_spawn_file_actions_adddup2(actions,
								    fds[i], i) :
				   posix_spawn_file_actions_addopen(
					   actions, i, "/dev/null", O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			actions, STDERR_FILENO + 1);
	return rc;
}

static int set_signals(posix_spawnattr_t *attributes, bool in_session)
{
	sigset_t none;
	sigset_t pipe;
	(void)sigemptyset(&none);
	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	flags |= in_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
	int rc = posix_spawnattr_setsigmask(attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attributes, &pipe);
	if (rc == 0 && !in_session)
		rc = posix_spawnattr_setpgroup(attributes, 0);
	if (rc == 0)
		rc = posix_spawnattr_setflags(attributes, (short)flags);
	return rc;
}

/* 0 or an errno. */
static int begin(pid_t *pid, char *shell, const struct spawn *spawn)
{
	char flag[] = "-c";
	/* No argument is written to. */
	char *const argv[] = { shell, flag, (char *)spawn->command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc == 0) {
		rc = set_streams(&actions, spawn->fds);
		if (rc == 0)
			rc = set_signals(&attributes, spawn->in_session);
		if (rc == 0)
			rc = posix_spawn(pid, shell, &actions, &attributes,
					 argv, environ);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int sshoal__spawn(pid_t *pid, const struct spawn *spawn, sshoal_error *error)
{
	char usual[] = "/bin/sh";
	char *shell = getenv("SHELL");
	if (!shell || !*shell)
		shell = usual;
	int number = begin(pid, shell, spawn);
	if (number == 0)
		return 0;
	int code = sshoal__error_from_errno(number);
	bool is_local = code == SSHOAL_ENOMEM || code == SSHOAL_ELOCAL;
	return sshoal__error_set(error, is_local ? code : SSHOAL_EIO, "%s: %s",
				 shell, strerror(number));
}
