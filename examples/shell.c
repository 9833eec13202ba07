/* SPDX-License-Identifier: MIT */
/*
 * A shell on a terminal, whose size changes.
 *
 * usage: shell HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

/* The user's own shell shows what it likes and when it likes: colours, a prompt
 * drawn anew when the size changes, zero bytes. A plain sh with a prompt of
 * ours can be read by a program. What is typed is shown, too: the quotes in it
 * are there so that it is not taken for the prompt. */
#define PLAIN "exec env PS1='rea''dy> ' sh\n"
#define PROMPT "ready> "
#define LIMIT_MS 60000

/* Types a line and reads up to the next prompt or the end. At a prompt, and
 * not earlier, the shell has finished with the terminal, of which it may set
 * the size, too. No letter of the prompt but 'r' begins it anew. */
static int type(sshoal_command *shell, const char *line, bool show)
{
	int64_t n = sshoal_command_write(shell, line, strlen(line), -1);
	const char *next = PROMPT;
	while (n > 0 && *next != '\0') {
		char c = '\0';
		n = sshoal_command_read(shell, SSHOAL_STDOUT, &c, 1, LIMIT_MS);
		if (n > 0 && show && c != '\r')
			(void)putchar(c);
		if (c != *next)
			next = PROMPT;
		if (c == *next)
			next++;
	}
	return n < 0 ? (int)n : 0;
}

/* Asks for the size of the terminal, changes it, asks again and leaves. */
static int use(sshoal_command *shell)
{
	sshoal_outcome outcome = { .exit_status = -1 };
	int rc = type(shell, PLAIN, false);
	if (rc == 0)
		rc = type(shell, "stty size\n", true);
	if (rc == 0)
		rc = sshoal_command_resize(shell, 132, 50);
	if (rc == 0)
		rc = type(shell, "stty size\n", true);
	if (rc == 0)
		rc = type(shell, "exit 7\n", true);
	if (rc == 0)
		rc = sshoal_command_wait(shell, &outcome, LIMIT_MS);
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
