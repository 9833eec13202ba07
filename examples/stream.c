/* SPDX-License-Identifier: MIT */
/*
 * Writes to a command and reads both of its streams as they come.
 *
 * usage: stream HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

static int say(sshoal_command *command, const char *words)
{
	int64_t n = sshoal_command_write(command, words, strlen(words), -1);
	return n < 0 ? (int)n : 0;
}

/* Prints what comes on either stream, until both have ended. */
static int print_all(sshoal_command *command)
{
	for (;;) {
		char bytes[4096];
		int stream = 0;
		int64_t n = sshoal_command_read_any(command, &stream, bytes,
						    sizeof bytes, -1);
		if (n <= 0)
			return (int)n;
		(void)printf("%s: %.*s",
			     stream == SSHOAL_STDOUT ? "out" : "err", (int)n,
			     bytes);
	}
}

static int use(sshoal_command *command)
{
	int rc = say(command, "pear\napple\nfig\n");
	if (rc == 0)
		rc = sshoal_command_close_stdin(command);
	if (rc == 0)
		rc = print_all(command);
	sshoal_outcome outcome = { .exit_status = -1 };
	if (rc == 0)
		rc = sshoal_command_wait(command, &outcome, -1);
	if (rc == 0)
		(void)printf("exit status %lld\n",
			     (long long)outcome.exit_status);
	else
		(void)fprintf(stderr, "stream: %s\n",
			      sshoal_command_error_text(command));
	return rc;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.key_file = argv[4];
	options.known_hosts_file = argv[5];
	sshoal_client *client = NULL;
	sshoal_command *command = NULL;
	sshoal_error error;
	int rc = sshoal_client_open(&client, &options, &error);
	if (rc == 0)
		rc = sshoal_command_start(&command, client,
					  "sort; echo sorted >&2; exit 3", NULL,
					  &error);
	if (rc)
		(void)fprintf(stderr, "stream: %s\n", error.text);
	else
		rc = use(command);
	sshoal_command_free(command);
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
