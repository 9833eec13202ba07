/* SPDX-License-Identifier: MIT */
#include "servers/agent.h"

#include <stdio.h>

int agent_server_start(struct agent_server *agent,
		       const struct scratch *scratch)
{
	scratch_path(agent->socket, scratch, "agent");
	const char *const command[] = { "ssh-agent", "-D", "-a", agent->socket,
					NULL };
	const struct process_plan plan = { .command = command };
	if (process_start(&agent->process, &plan))
		return -1;
	/* It says so once the socket listens. */
	if (process_wait(agent->process, "SSH_AUTH_SOCK", 1, 30000))
		return 0;
	(void)fprintf(stderr, "ssh-agent did not start\n");
	agent_server_stop(agent);
	return -1;
}

int agent_server_add(const struct agent_server *agent, const char *key_path)
{
	char variable[SCRATCH_PATH_MAX + 32];
	(void)snprintf(variable, sizeof variable, "SSH_AUTH_SOCK=%s",
		       agent->socket);
	const char *const environment[] = { variable, NULL };
	const char *const command[] = { "ssh-add", "-q", key_path, NULL };
	return process_run(command, environment);
}

void agent_server_stop(struct agent_server *agent)
{
	process_stop(agent->process);
	agent->process = NULL;
}
