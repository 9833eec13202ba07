/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <sshoal/secret.h>

#include "cli/commands.h"
#include "cli/startup.h"
#include "report/verdict.h"

/* The program: sets the process up, reads the command line, does what it says
 * and turns the outcome into an exit status. */

static int do_command(struct console *console, const struct options *options,
		      const char *password)
{
	switch ((enum cli_command)options->command) {
	case CLI_COMMAND_RUN:
		return sshoal__cli_run(console, options, password);
	case CLI_COMMAND_SCRIPT:
		return sshoal__cli_script(console, options, password);
	case CLI_COMMAND_PUT:
	case CLI_COMMAND_GET:
		return sshoal__cli_files(console, options, password);
	case CLI_COMMAND_PING:
		return sshoal__cli_ping(console, options, password);
	case CLI_COMMAND_HOSTS:
		return sshoal__cli_hosts(console, options);
	case CLI_COMMAND_TRUST:
		return sshoal__cli_trust(console, options);
	case CLI_COMMAND_COPY_ID:
		return sshoal__cli_copy_id(console, options, password);
	case CLI_COMMAND_RERUN:
		return sshoal__cli_rerun(console, options, password);
	case CLI_COMMAND_KEYGEN:
		return sshoal__cli_keygen(console, options);
	case CLI_COMMAND_REPORT:
		return sshoal__cli_report(console, options);
	case CLI_COMMAND_COMPLETION:
		return sshoal__cli_completion(console, options);
	case CLI_COMMAND_VERSION:
		return sshoal__cli_version(console);
	case CLI_COMMAND_NONE:
	case CLI_COMMAND_HELP:
		return sshoal__cli_help(console, options->topic);
	}
	return VERDICT_USAGE;
}

/* Output that could not be written is a failure, whatever else went well. */
static int settle(struct console *console, int status)
{
	(void)sshoal__console_flush(console);
	int failure = sshoal__console_failure(console, SSHOAL_STDOUT);
	if (failure == EPIPE && status == VERDICT_OK)
		return VERDICT_SIGNAL + SIGPIPE;
	if (failure && failure != EPIPE && failure != ECANCELED &&
	    status != VERDICT_USAGE)
		return VERDICT_LOCAL;
	return status;
}

static int work(struct console *console, int argc, const char *const *argv)
{
	struct options options;
	sshoal_error error = { .code = 0 };
	char *password = NULL;
	int rc = sshoal__startup_password(&password);
	if (rc)
		return sshoal__cli_fail(console, rc, sshoal_error_text(rc));
	int status;
	rc = sshoal__options_parse(&options, argc, argv, &error);
	if (rc) {
		status = sshoal__cli_fail(console, rc, error.text);
	} else {
		status = do_command(console, &options, password);
		sshoal__options_fini(&options);
	}
	sshoal_secret_free(password);
	return status;
}

int main(int argc, char **argv)
{
	sshoal_error error = { .code = 0 };
	int rc = sshoal__startup(&error);
	struct console *console = malloc(sizeof *console);
	if (!console)
		return VERDICT_LOCAL;
	sshoal__console_init(console, STDOUT_FILENO, STDERR_FILENO);
	int status;
	if (rc)
		status = sshoal__cli_fail(console, rc, error.text);
	else
		status = work(console, argc, (const char *const *)argv);
	status = settle(console, status);
	free(console);
	return status;
}
