/* SPDX-License-Identifier: MIT */
/*
 * Makes a key pair, installs its public key on a host by a login with a
 * password, and proves it by a login with the key alone.
 *
 * usage: install_key HOST PORT USER KNOWN-HOSTS-FILE NEW-KEY-FILE
 *        and the password in $SSHOAL_PASSWORD
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

/* Appends a line that it reads, unless it is there already. */
static const char install[] =
	"umask 077; mkdir -p ~/.ssh && cd ~/.ssh && touch authorized_keys && "
	"read -r line && { grep -qxF \"$line\" authorized_keys || "
	"printf '%s\\n' \"$line\" >>authorized_keys; }";

static int run(const sshoal_client_options *options, const char *command,
	       const char *input, sshoal_error *error)
{
	sshoal_client *client = NULL;
	int rc = sshoal_client_open(&client, options, error);
	if (rc)
		return rc;
	sshoal_command_options how = SSHOAL_COMMAND_OPTIONS_INIT;
	how.stdin_data = input;
	how.stdin_size = input ? strlen(input) : 0;
	sshoal_output output;
	rc = sshoal_client_run(client, command, &how, &output, error);
	(void)fwrite(output.stdout_data, 1, output.stdout_size, stdout);
	if (rc == 0 && output.exit_status != 0) {
		(void)snprintf(
			error->text, sizeof error->text, "exit status %lld: %s",
			(long long)output.exit_status, output.stderr_data);
		rc = SSHOAL_EIO;
	}
	sshoal_output_fini(&output);
	sshoal_client_close(client);
	return rc;
}

/* The line for authorized_keys, with its newline; NULL without memory. */
static char *line_of(const sshoal_key *key)
{
	char *line = NULL;
	if (sshoal_key_public_line_with_comment(key, "made by install_key",
						&line))
		return NULL;
	size_t n = strlen(line);
	char *ended = realloc(line, n + 2);
	if (ended)
		memcpy(ended + n, "\n", 2);
	else
		free(line);
	return ended;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.known_hosts_file = argv[4];
	options.password = getenv("SSHOAL_PASSWORD");
	sshoal_key *key = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_key_generate(&key, SSHOAL_KEY_RSA, 3072, &error);
	if (rc == 0)
		rc = sshoal_key_save_file(key, argv[5], NULL, &error);
	char *line = rc ? NULL : line_of(key);
	if (rc == 0 && !line) {
		rc = SSHOAL_ENOMEM;
		(void)snprintf(error.text, sizeof error.text, "%s",
			       sshoal_error_text(rc));
	}
	if (rc == 0)
		rc = run(&options, install, line, &error);
	/* From here on the key alone. */
	options.password = NULL;
	options.key_file = argv[5];
	if (rc == 0)
		rc = run(&options, "echo logged in by the key", NULL, &error);
	if (rc)
		(void)fprintf(stderr, "install_key: %s\n", error.text);
	free(line);
	sshoal_key_free(key);
	return rc ? 1 : 0;
}
