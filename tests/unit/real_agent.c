/* SPDX-License-Identifier: MIT */
#include "unit/real_agent.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* It ends with the test program, whatever becomes of that. */

static void run_agent(const char *path, int out)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(out, STDOUT_FILENO) >= 0)
		(void)execlp("ssh-agent", "ssh-agent", "-D", "-a", path, NULL);
	_exit(127);
}

struct real_agent real_agent_start(void *const *state, const char *name)
{
	struct real_agent real;
	scratch_path(real.path, state, name);
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	real.pid = fork();
	assert_int_not_equal(real.pid, -1);
	if (real.pid == 0)
		run_agent(real.path, ends[1]);
	(void)close(ends[1]);
	/* It says where it listens once it does. */
	char said[512];
	assert_in_range(read(ends[0], said, sizeof said), 1, sizeof said);
	(void)close(ends[0]);
	return real;
}

void real_agent_stop(const struct real_agent *real)
{
	assert_int_equal(kill(real->pid, SIGTERM), 0);
	assert_int_equal(waitpid(real->pid, NULL, 0), real->pid);
}

void real_agent_add(const struct real_agent *real, const char *what)
{
	char variable[SCRATCH_PATH + 16];
	(void)snprintf(variable, sizeof variable, "SSH_AUTH_SOCK=%s",
		       real->path);
	const char *const argv[] = { "env", variable, "ssh-add",
				     "-q",  what,     NULL };
	scratch_run(argv, NULL, 0);
}
