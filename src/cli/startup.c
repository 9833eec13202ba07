/* SPDX-License-Identifier: MIT */
#include "cli/startup.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What is done before anything else, while there is one thread. */

#define PASSWORD_VARIABLE "SSHOAL_PASSWORD"

/*
 * A descriptor that is closed would be given to the next socket, and output
 * would go to a host. Who closes standard output shall hear that output was
 * lost, so it is not writable; who closes standard error wants to hear nothing.
 */
static void open_standard_descriptors(void)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_RDWR };
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		int opened = open("/dev/null", modes[fd]);
		if (opened != fd && opened >= 0)
			(void)close(opened);
	}
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int sshoal__startup(sshoal_error *error)
{
	open_standard_descriptors();
	if (getuid() != geteuid() || getgid() != getegid()) {
		*error = (sshoal_error){
			.code = SSHOAL_EACCESS,
			.text = "must not be installed setuid or setgid: it "
				"runs with its user's own rights",
		};
		return SSHOAL_EACCESS;
	}
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL); /* an error, as a full disk */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	raise_descriptor_limit();
	return 0;
}

int sshoal__startup_password(char **password)
{
	char *value = getenv(PASSWORD_VARIABLE);
	char *copy = NULL;
	if (value && *value) {
		copy = strdup(value);
		if (!copy)
			return SSHOAL_ENOMEM;
	}
	if (value)
		explicit_bzero(value, strlen(value));
	(void)unsetenv(PASSWORD_VARIABLE);
	*password = copy;
	return 0;
}
