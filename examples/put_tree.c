/* SPDX-License-Identifier: MIT */
/*
 * Puts a directory with everything in it, tells of each file what became of it
 * and shows on a terminal how far it is. Files that are there already, of the
 * same size and time, are left alone.
 *
 * usage: put_tree HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE DIRECTORY THERE
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sshoal.h>

/* Called when a file is done with. Other than 0 would end the transfer. */
static int on_file(const sshoal_transfer_file *file, void *data)
{
	(void)data;
	if (file->code || file->left_out)
		(void)fprintf(stderr, "%s: %s\n", file->local, file->text);
	else
		(void)printf("%s, %llu bytes: %s\n", file->remote,
			     (unsigned long long)file->size_bytes,
			     file->changed ? "put" : "there already");
	return 0;
}

/* Called at most ten times a second. */
static int on_progress(const sshoal_transfer_progress *progress, void *data)
{
	(void)data;
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "%llu of %llu bytes\r",
			      (unsigned long long)progress->bytes,
			      (unsigned long long)progress->total_bytes);
	return 0;
}

static int put(sshoal_client *client, const char *directory, const char *there,
	       sshoal_error *error)
{
	sshoal_sftp *sftp = NULL;
	sshoal_transfer_summary summary = { .files = 0 };
	sshoal_transfer_options options = SSHOAL_TRANSFER_OPTIONS_INIT;
	options.recursive = 1;
	options.skip_unchanged = 1;
	options.file = on_file;
	options.progress = on_progress;
	options.summary = &summary;
	int rc = sshoal_sftp_open(&sftp, client, error);
	if (rc)
		return rc;
	rc = sshoal_sftp_put(sftp, directory, there, &options, error);
	(void)printf("%llu there, %llu of them changed, %llu failed\n",
		     (unsigned long long)summary.files,
		     (unsigned long long)summary.changed,
		     (unsigned long long)summary.failed);
	sshoal_sftp_close(sftp);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc != 8)
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
	if (rc == 0)
		rc = put(client, argv[6], argv[7], &error);
	if (rc)
		(void)fprintf(stderr, "put_tree: %s\n", error.text);
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
