/* SPDX-License-Identifier: MIT */
#include "base/shell.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/spawn.h"
#include "base/wait.h"

/* The child has a process group of its own, so that all of it can be ended. Its
 * end is asked for again and again, with longer pauses: a process that uses the
 * library has SIGCHLD to itself. */

#define PAUSE_MIN_MS 1
#define PAUSE_MAX_MS 50

/* How long the end of one that was killed may take. */
#define KILLED_MS 5000

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

/* One that the kernel does not let go of is left behind. */
static void end(pid_t pid)
{
	int status = 0;
	(void)kill(-pid, SIGKILL);
	(void)wait_for(pid, &status, sshoal__deadline_in(KILLED_MS), -1);
}

static int exit_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int sshoal__shell_run(int *exit_status, const char *command,
		      int64_t deadline_ms, int cancel_fd, sshoal_error *error)
{
	const struct spawn spawn = {
		.command = command,
		.fds = { -1, -1, -1 },
	};
	pid_t pid = -1;
	int rc = sshoal__spawn(&pid, &spawn, error);
	if (rc)
		return rc;
	int status = 0;
	rc = wait_for(pid, &status, deadline_ms, cancel_fd);
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
