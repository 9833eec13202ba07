/* SPDX-License-Identifier: MIT */
/*
 * Logs in with a password and runs a command: usage: password HOST PORT USER
 * KNOWN-HOSTS-FILE COMMAND, and the password in $SSHOAL_PASSWORD.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sshoal.h>

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
	sshoal_client *client = NULL;
	sshoal_output output = { .exit_status = -1 };
	sshoal_error error;
	int rc = sshoal_client_open(&client, &options, &error);
	if (rc == 0)
		rc = sshoal_client_run(client, argv[5], NULL, &output, &error);
	if (rc) {
		(void)fprintf(stderr, "password: %s\n", error.text);
	} else {
		(void)fwrite(output.stdout_data, 1, output.stdout_size, stdout);
		(void)fwrite(output.stderr_data, 1, output.stderr_size, stderr);
	}
	sshoal_output_fini(&output);
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
