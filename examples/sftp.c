/* SPDX-License-Identifier: MIT */
/*
 * Logs in with an RSA key, makes a directory there, puts a file into it, lists
 * it, gets the file back under another name here, and removes what it made.
 *
 * usage: sftp HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE FILE COPY DIRECTORY
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

/* Takes the text of calls that have none of their own. */
static int with_text(int rc, const sshoal_sftp *sftp, sshoal_error *error)
{
	if (rc)
		(void)snprintf(error->text, sizeof error->text, "%s",
			       sshoal_sftp_error_text(sftp));
	return rc;
}

/* Names come from the server and are made harmless for a terminal. */
static int list(sshoal_sftp *sftp, const char *directory)
{
	sshoal_listing *listing = NULL;
	const sshoal_entry *entry = NULL;
	int rc = sshoal_sftp_list(&listing, sftp, directory);
	if (rc == 0)
		rc = sshoal_listing_next(listing, &entry);
	while (rc == 0 && entry) {
		char name[1024];
		(void)sshoal_text_escape(name, sizeof name, entry->name,
					 strlen(entry->name));
		(void)printf("%s: %llu bytes\n", name,
			     (unsigned long long)entry->attributes.size_bytes);
		rc = sshoal_listing_next(listing, &entry);
	}
	sshoal_listing_close(listing);
	return rc;
}

static int use(sshoal_sftp *sftp, const char *file, const char *copy,
	       const char *directory, sshoal_error *error)
{
	char there[4096];
	(void)snprintf(there, sizeof there, "%s/example", directory);
	int rc = with_text(sshoal_sftp_mkdir(sftp, directory, 0755), sftp,
			   error);
	if (rc)
		return rc;
	rc = sshoal_sftp_put(sftp, file, there, NULL, error);
	if (rc == 0)
		rc = with_text(list(sftp, directory), sftp, error);
	if (rc == 0)
		rc = sshoal_sftp_get(sftp, there, copy, NULL, error);
	if (rc == 0)
		rc = with_text(sshoal_sftp_remove(sftp, there), sftp, error);
	if (rc == 0)
		rc = with_text(sshoal_sftp_rmdir(sftp, directory), sftp, error);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc != 9)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.key_file = argv[4];
	options.known_hosts_file = argv[5];
	sshoal_client *client = NULL;
	sshoal_sftp *sftp = NULL;
	sshoal_error error;
	int rc = sshoal_client_open(&client, &options, &error);
	if (rc == 0)
		rc = sshoal_sftp_open(&sftp, client, &error);
	if (rc == 0)
		rc = use(sftp, argv[6], argv[7], argv[8], &error);
	(void)(rc ? fprintf(stderr, "sftp: %s\n", error.text) :
		    printf("got it back, and removed it there\n"));
	sshoal_sftp_close(sftp);
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
