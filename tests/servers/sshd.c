/* SPDX-License-Identifier: MIT */
#include "servers/sshd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "servers/port.h"

#define PROGRAM "/usr/sbin/sshd"

/* Debian's service makes this folder when it starts; a server that root
 * starts by hand needs it too. */
static void make_privsep_folder(void)
{
	if (geteuid() == 0)
		(void)mkdir("/run/sshd", 0755);
}

/* Since OpenSSH 9.8 an address that fails to log in is shut out for a while:
 * here every host and every test is one address. Older servers do not know
 * the word. */
static int allow_failures(const char *config)
{
	const char *const command[] = {
		"sh", "-c",
		"! grep -aqi persourcepenalties " PROGRAM
		" || echo 'PerSourcePenalties no' >> \"$0\"",
		config, NULL
	};
	return process_run(command, NULL);
}

static int write_config(const char *path, const struct sshd_plan *plan,
			uint16_t port)
{
	char keys[4 * (SCRATCH_PATH_MAX + 16)] = "";
	size_t n = 0;
	for (size_t i = 0; i < 4 && plan->host_keys[i]; i++)
		n += (size_t)snprintf(keys + n, sizeof keys - n, "HostKey %s\n",
				      plan->host_keys[i]);
	/* As Debian sets it up; a name can be given once. */
	bool has_sftp = plan->more && strstr(plan->more, "Subsystem sftp ");
	return scratch_write(
		path, 0600,
		"%s%sPort %u\nListenAddress 0.0.0.0\n%s"
		"AuthorizedKeysFile %s\nStrictModes no\nPidFile none\n"
		"UsePAM no\nLogLevel %s\nMaxStartups %u\n",
		plan->more ? plan->more : "",
		has_sftp ? "" : "Subsystem sftp /usr/lib/openssh/sftp-server\n",
		(unsigned)port, keys,
		plan->authorized_keys ? plan->authorized_keys : "none",
		plan->log_level ? plan->log_level : "VERBOSE",
		plan->max_startups ? plan->max_startups : 1000);
}

int sshd_start(struct sshd *sshd, const struct scratch *scratch,
	       const struct sshd_plan *plan)
{
	make_privsep_folder();
	for (int i = 0; i < PORT_ATTEMPTS; i++) {
		uint16_t port = port_choose();
		char config[SCRATCH_PATH_MAX], home[SCRATCH_PATH_MAX + 32];
		scratch_path(config, scratch, "sshd-%u.conf", (unsigned)port);
		(void)snprintf(home, sizeof home, "SSHOAL_SHIM_HOME=%s",
			       scratch_folder(scratch));
		if (write_config(config, plan, port) || allow_failures(config))
			return -1;
		/* env(1): what is preloaded is not for the keeper. */
		const char *const command[] = {
			"env",   "LD_PRELOAD=" SHIM_LIBRARY,
			home,    "SSHOAL_SHIM_DEVICE=lo",
			PROGRAM, "-D",
			"-e",    "-f",
			config,  NULL
		};
		const struct process_plan run = { .command = command };
		if (process_start(&sshd->process, &run))
			return -1;
		sshd->port = port;
		if (process_wait(sshd->process, "Server listening on", 1,
				 30000))
			return 0;
		char *log = process_log(sshd->process);
		(void)fprintf(stderr, "sshd on port %u: %s\n", (unsigned)port,
			      log ? log : "");
		free(log);
		sshd_stop(sshd);
	}
	return -1;
}

void sshd_stop(struct sshd *sshd)
{
	process_stop(sshd->process);
	sshd->process = NULL;
}
