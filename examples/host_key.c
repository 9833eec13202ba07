/* SPDX-License-Identifier: MIT */
/*
 * A program's own decision on hosts that are not known: it takes the one whose
 * fingerprint it was told, which is then known.
 *
 * usage: host_key HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE FINGERPRINT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

static int on_host_key(const sshoal_host_key *key, void *data)
{
	const char *expected = data;
	int same = strcmp(key->fingerprint, expected) == 0;
	(void)printf("%s has an unknown %s key: %s\n", key->host, key->type,
		     same ? "the expected one" : "another one");
	return same ? SSHOAL_HOST_KEY_ACCEPT_AND_ADD : SSHOAL_HOST_KEY_REFUSE;
}

static int try_open(const sshoal_client_options *options)
{
	sshoal_client *client = NULL;
	sshoal_error error;
	int rc = sshoal_client_open(&client, options, &error);
	(void)printf("%s\n", rc == 0 ? "opened" : sshoal_error_text(rc));
	sshoal_client_close(client);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc != 7)
		return 2;
	char none[] = "SHA256:none";
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.key_file = argv[4];
	options.known_hosts_file = argv[5];
	options.host_key = on_host_key;
	options.data = none;
	int refused = try_open(&options);
	options.data = argv[6];
	int rc = try_open(&options);
	/* Nobody is asked about a key that is known. */
	options.host_key = NULL;
	if (rc == 0)
		rc = try_open(&options);
	return rc == 0 && refused == SSHOAL_EHOSTKEY_UNKNOWN ? 0 : 1;
}
