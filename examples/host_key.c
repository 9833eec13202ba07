/* SPDX-License-Identifier: MIT */
/*
 * A program's own decision on hosts that are not known: it shows the
 * fingerprint and takes the one it was told of, which is then known.
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
	(void)printf("%s has an unknown key, %s %s: %s\n", key->host, key->type,
		     key->fingerprint,
		     same ? "the expected one" : "another one");
	return same ? SSHOAL_HOST_KEY_ACCEPT_AND_ADD : SSHOAL_HOST_KEY_REFUSE;
}

/* Opens and closes; 0 when that ended as it was to. */
static int try_open(const sshoal_client_options *options, int expected)
{
	sshoal_client *client = NULL;
	sshoal_error error = { .text = "opened" };
	int rc = sshoal_client_open(&client, options, &error);
	sshoal_client_close(client);
	if (rc == expected)
		(void)printf("%s\n", rc ? sshoal_error_text(rc) : "opened");
	else
		(void)fprintf(stderr, "host_key: %s\n", error.text);
	return rc == expected ? 0 : 1;
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
	if (try_open(&options, SSHOAL_EHOSTKEY_UNKNOWN))
		return 1;
	options.data = argv[6];
	if (try_open(&options, 0))
		return 1;
	/* Nobody is asked about a key that is known. */
	options.host_key = NULL;
	return try_open(&options, 0);
}
