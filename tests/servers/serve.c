/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "servers/port.h"
#include "servers/site.h"

/*
 * sshoal_serve COMMAND [ARG...]
 *
 * Runs a command beside servers, as ssh-agent(1) runs one beside an agent, and
 * exits with its status. The command finds in its environment:
 *
 * SITE               a folder to write to, removed afterwards
 * SITE_PORT          of an sshd that answers on all of 127.0.0.0/8
 * SITE_USER SITE_KEY who may log in there, and the private key
 * SITE_KNOWN_HOSTS   with the server's key
 * SITE_CLOSED        a port of 127.0.0.1 that refuses connections
 * SITE_SILENT        one that accepts them and says nothing
 */

extern char **environ;

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		perror(name);
}

static void set_port(const char *name, uint16_t port)
{
	char number[16];
	(void)snprintf(number, sizeof number, "%u", (unsigned)port);
	set(name, number);
}

static int run(char *const *command)
{
	pid_t pid = -1;
	int status = 0;
	int rc = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);
	if (rc) {
		(void)fprintf(stderr, "%s: %s\n", command[0], strerror(rc));
		return 127;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct site site;
	uint16_t closed = 0, silent = 0;
	int closed_fd = port_closed(&closed);
	int silent_fd = port_listen(&silent, 128);
	if (argc < 2 || closed_fd < 0 || silent_fd < 0 ||
	    site_start(&site, NULL)) {
		(void)fprintf(stderr, "usage: sshoal_serve COMMAND...\n");
		return 2;
	}
	set("SITE", scratch_folder(site.scratch));
	set("SITE_USER", site.user);
	set("SITE_KEY", site.key);
	set("SITE_KNOWN_HOSTS", site.known_hosts);
	set_port("SITE_PORT", site.sshd.port);
	set_port("SITE_CLOSED", closed);
	set_port("SITE_SILENT", silent);
	int status = run(argv + 1);
	site_stop(&site);
	(void)close(closed_fd);
	(void)close(silent_fd);
	return status;
}
