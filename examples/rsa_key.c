/* SPDX-License-Identifier: MIT */
/*
 * Logs in with an RSA key and runs commands on one connection: usage: rsa_key
 * HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE COMMAND...
 */
#include <stdio.h>
#include <stdlib.h>

#include <sshoal.h>

int main(int argc, char **argv)
{
	if (argc < 7)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.key_file = argv[4];
	options.known_hosts_file = argv[5];
	sshoal_client *client = NULL;
	sshoal_error error;
	int rc = sshoal_client_open(&client, &options, &error);
	for (int i = 6; rc == 0 && i < argc; i++) {
		sshoal_output output;
		rc = sshoal_client_run(client, argv[i], NULL, &output, &error);
		(void)fwrite(output.stdout_data, 1, output.stdout_size, stdout);
		(void)fwrite(output.stderr_data, 1, output.stderr_size, stderr);
		sshoal_output_fini(&output);
	}
	if (rc)
		(void)fprintf(stderr, "rsa_key: %s\n", error.text);
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
