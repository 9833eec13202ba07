/* SPDX-License-Identifier: MIT */
/*
 * A shell on a terminal, whose size changes.
 *
 * usage: shell HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

/* What is typed while a shell sets its terminal up may get lost: then it is
 * typed again. */
#define TRIES 30
#define PATIENCE_MS 2000

/* Types a line until the shell has said the word that is wanted; a terminal
 * shows what is typed, too. */
static int ask(sshoal_command *shell, const char *line, const char *word)
{
	char seen[16384] = "";
	size_t n = 0;
	int64_t got = SSHOAL_ETIMEOUT;
	for (int i = 0; i < TRIES && got == SSHOAL_ETIMEOUT; i++) {
		got = sshoal_command_write(shell, line, strlen(line), -1);
		while (got > 0 && !strstr(seen, word) && n < sizeof seen - 1) {
			got = sshoal_command_read(shell, SSHOAL_STDOUT,
						  seen + n, sizeof seen - 1 - n,
						  PATIENCE_MS);
			n += got > 0 ? (size_t)got : 0;
			seen[n] = '\0';
		}
	}
	(void)printf("%s: %s\n", word,
		     strstr(seen, word) ? "seen" : "not seen");
	return got < 0 ? (int)got : 0;
}

static int leave(sshoal_command *shell, sshoal_outcome *outcome)
{
	int rc = SSHOAL_ETIMEOUT;
	for (int i = 0; i < TRIES && rc == SSHOAL_ETIMEOUT; i++) {
		int64_t n = sshoal_command_write(shell, "exit 7\n", 7, -1);
		rc = n < 0 ? (int)n :
			     sshoal_command_wait(shell, outcome, PATIENCE_MS);
	}
	return rc;
}

/* Asks for the size of the terminal, changes it, asks again and leaves. */
static int use(sshoal_command *shell)
{
	sshoal_outcome outcome = { .exit_status = -1 };
	int rc = ask(shell, "stty size\n", "30 100");
	if (rc == 0)
		rc = sshoal_command_resize(shell, 132, 50);
	if (rc == 0)
		rc = ask(shell, "stty size\n", "50 132");
	if (rc == 0)
		rc = leave(shell, &outcome);
	if (rc)
		(void)fprintf(stderr, "shell: %s\n",
			      sshoal_command_error_text(shell));
	else
		(void)printf("exit status %lld\n",
			     (long long)outcome.exit_status);
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
	sshoal_command_options how = SSHOAL_COMMAND_OPTIONS_INIT;
	how.columns = 100;
	how.rows = 30;
	sshoal_client *client = NULL;
	sshoal_command *shell = NULL;
	sshoal_error error;
	int rc = sshoal_client_open(&client, &options, &error);
	if (rc == 0)
		rc = sshoal_shell_open(&shell, client, &how, &error);
	if (rc)
		(void)fprintf(stderr, "shell: %s\n", error.text);
	else
		rc = use(shell);
	sshoal_command_free(shell);
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
