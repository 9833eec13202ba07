/* SPDX-License-Identifier: MIT */
#include "servers/dropbear.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "servers/port.h"

/* Dropbear reads ~/.ssh/authorized_keys: everybody's home is a folder of
 * ours, by the shim. */
static int make_home(const char *home, const char *authorized_keys)
{
	char path[SCRATCH_PATH_MAX + 32];
	char *keys = scratch_read(authorized_keys);
	if (!keys)
		return -1;
	(void)snprintf(path, sizeof path, "%s/.ssh", home);
	int rc = mkdir(home, 0700) || mkdir(path, 0700);
	(void)snprintf(path, sizeof path, "%s/.ssh/authorized_keys", home);
	if (rc == 0)
		rc = scratch_write(path, 0600, "%s", keys);
	free(keys);
	return rc ? -1 : 0;
}

int dropbear_make_key(const char *path, const char *type)
{
	const char *const command[] = {
		"sh",
		"-c",
		"dropbearkey -t \"$1\" -f \"$0\" && "
		"dropbearkey -y -f \"$0\" | grep -E '^(ssh|ecdsa)-' "
		"> \"$0.line\" && mv \"$0.line\" \"$0.pub\"",
		path,
		type,
		NULL
	};
	return process_run(command, NULL);
}

int dropbear_start(struct dropbear *dropbear, const struct scratch *scratch,
		   const char *host_key, const char *authorized_keys)
{
	for (int i = 0; i < PORT_ATTEMPTS; i++) {
		uint16_t port = port_choose();
		char address[32], home[SCRATCH_PATH_MAX];
		char variable[SCRATCH_PATH_MAX + 32];
		scratch_path(home, scratch, "dropbear-%u", (unsigned)port);
		(void)snprintf(address, sizeof address, "127.0.0.1:%u",
			       (unsigned)port);
		(void)snprintf(variable, sizeof variable, "SSHOAL_SHIM_HOME=%s",
			       home);
		if (make_home(home, authorized_keys))
			return -1;
		/* env(1): what is preloaded is not for the keeper. */
		const char *const command[] = {
			"env",    "LD_PRELOAD=" SHIM_LIBRARY,
			variable, "dropbear",
			"-F",     "-E",
			"-p",     address,
			"-r",     host_key,
			"-P",     "/dev/null",
			NULL
		};
		const struct process_plan run = { .command = command };
		if (process_start(&dropbear->process, &run))
			return -1;
		dropbear->port = port;
		if (process_wait(dropbear->process, "Not backgrounding", 1,
				 30000) &&
		    port_answers(port))
			return 0;
		char *log = process_log(dropbear->process);
		(void)fprintf(stderr, "dropbear on port %u: %s\n",
			      (unsigned)port, log ? log : "");
		free(log);
		dropbear_stop(dropbear);
	}
	return -1;
}

void dropbear_stop(struct dropbear *dropbear)
{
	process_stop(dropbear->process);
	dropbear->process = NULL;
}
